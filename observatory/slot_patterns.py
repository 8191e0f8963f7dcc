"""What a whole run has fallen into: each slot is compared with its own outputs, lap by lap.

Two slots that write differ by what they are for, and so do the sizes of their pictures: a caption and a story in turn
are no circle of two.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from . import outputs, patterns
from .outputs import TextOutput
from .patterns import Cycle


@dataclass(frozen=True, slots=True)
class WeighedPicture:
    """`size`: compressed, in bytes."""

    sequence: int
    slot: int
    size: int


def frozen_since(texts: Sequence[TextOutput]) -> int | None:
    """The step since which every slot that writes has repeated its own."""
    since = []
    for written in outputs.by_slot(texts).values():
        at = patterns.frozen_at([one.text for one in written])
        if at is None:
            return None
        since.append(written[at].sequence)
    return max(since, default=None)


def cycle_since(texts: Sequence[TextOutput]) -> Cycle | None:
    """Of texts with vectors: how many of the run there are in a round, and the step that the first round begins with."""
    written = outputs.by_slot(texts)
    for own in written.values():
        if found := patterns.cycle_of(tuple(outputs.vectors_of(own))):
            return Cycle(found.period * len(written), own[found.since].sequence)
    return None


def flat_since(pictures: Iterable[WeighedPicture], *, fresh_since: int = 0) -> int | None:
    """The step since which the pictures of a slot hold hardly anything, where enough of them are of that step or later."""
    by_slot: defaultdict[int, list[WeighedPicture]] = defaultdict(list)
    for one in pictures:
        by_slot[one.slot].append(one)
    for own in by_slot.values():
        fresh = sum(one.sequence >= fresh_since for one in own)
        at = patterns.flat_at([one.size for one in own])
        if at is not None and fresh >= patterns.MIN_FLAT:
            return own[at].sequence
    return None
