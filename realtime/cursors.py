"""The position of a reader in a topic, and in several topics."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass

from django.utils.translation import gettext as _

_TEXT = re.compile(r"([0-9A-Za-z_-]{1,32}):(0|[1-9][0-9]{0,17})", re.ASCII)


class Resync(Exception):
    """What came after this cursor cannot be read without a gap: take a fresh snapshot."""


@dataclass(frozen=True, slots=True)
class Cursor:
    """Everything up to and including event `seq` of a topic was seen.

    `epoch` names the life of the numbering: a topic that was lost or restored from a backup counts
    again under another epoch, so that an old cursor can never be mistaken for a new one.
    """

    epoch: str
    seq: int

    def __str__(self) -> str:
        return f"{self.epoch}:{self.seq}"

    @classmethod
    def parse(cls, text: str) -> Cursor:
        """The cursor this text stands for; `Resync` where it stands for none."""
        match = _TEXT.fullmatch(text)
        if match is None:
            raise Resync(_("This is no cursor."))
        return cls(match[1], int(match[2]))


@dataclass(frozen=True, slots=True)
class Positions:
    """One position in each of the topics a feed follows, in the feed's order of topics."""

    cursors: tuple[Cursor, ...]

    def __str__(self) -> str:
        return "~".join(map(str, self.cursors))

    @classmethod
    def parse(cls, text: str) -> Positions:
        return cls(tuple(Cursor.parse(part) for part in text.split("~", 8)))

    def same_epochs(self, other: Positions) -> bool:
        return [one.epoch for one in self.cursors] == [one.epoch for one in other.cursors]

    def reaches(self, other: Positions) -> bool:
        """Whether a reader here has seen everything that one at `other` has; of equal epochs."""
        pairs = zip(self.cursors, other.cursors, strict=True)
        return all(mine.seq >= theirs.seq for mine, theirs in pairs)

    def distance(self, other: Positions) -> int:
        """How many events lie between here and `other`, which is further on."""
        pairs = zip(self.cursors, other.cursors, strict=True)
        return sum(max(0, theirs.seq - mine.seq) for mine, theirs in pairs)

    def earliest(self, other: Positions) -> Positions:
        return self._combined(min, other)

    def latest(self, other: Positions) -> Positions:
        return self._combined(max, other)

    def _combined(self, choose: Callable[[int, int], int], other: Positions) -> Positions:
        pairs = zip(self.cursors, other.cursors, strict=True)
        return Positions(tuple(Cursor(a.epoch, choose(a.seq, b.seq)) for a, b in pairs))

    def with_seq(self, index: int, seq: int) -> Positions:
        """The same with the position in one topic set to `seq`."""
        cursors = list(self.cursors)
        cursors[index] = Cursor(cursors[index].epoch, seq)
        return Positions(tuple(cursors))
