"""Which steps of a run a display shows in which cell. Pure: sequences and states in, cells out."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import ClassVar, Protocol, TypeVar

from django.utils.translation import gettext

MAX_LOOK_BACK = 12  # how many of its own steps a single screen searches for one that can be shown


class LayoutStep(Protocol):
    """As much of an invocation as matters here."""

    sequence: int
    state: str
    attempts_made: int
    output_asset_id: int | None


S = TypeVar("S", bound=LayoutStep)


@dataclass(frozen=True, slots=True)
class Grid:
    """Every step, in the cell sequence mod cells."""

    rows: int
    columns: int
    setup_label: ClassVar[str] = ""  # each empty cell shows its number

    @property
    def cells(self) -> int:
        return self.rows * self.columns

    @property
    def summary(self) -> str:
        return gettext("%(rows)d by %(columns)d") % {"rows": self.rows, "columns": self.columns}

    def cell_of(self, sequence: int) -> int | None:
        return sequence % self.cells

    def shows(self, step: LayoutStep) -> bool:
        return True

    def candidates(self, latest: int) -> list[int]:
        """Sequences that may be shown while `latest` is the newest of the run."""
        return list(range(max(0, latest - self.cells + 1), latest + 1))


@dataclass(frozen=True, slots=True)
class Single:
    """One step at a time: those whose sequence mod stride is one of the offsets, and the first of
    every run, so that all screens begin together."""

    stride: int
    offsets: tuple[int, ...]
    show_invoking: bool = False
    cells: ClassVar[int] = 1

    @property
    def setup_label(self) -> str:
        """What the empty screen shows while the installation is set up."""
        return f"{'+'.join(map(str, self.offsets))}/{self.stride}"

    @property
    def summary(self) -> str:
        numbers = ", ".join(map(str, self.offsets))
        return gettext("%(numbers)s of %(stride)d") % {"numbers": numbers, "stride": self.stride}

    def cell_of(self, sequence: int) -> int | None:
        return 0 if sequence == 0 or sequence % self.stride in self.offsets else None

    def shows(self, step: LayoutStep) -> bool:
        """What is finished stays until the next is; work under way only where that is wanted. What
        was stopped replaces nothing."""
        if step.state == "completed" or (step.sequence == 0 and step.state != "cancelled"):
            return True
        begun = step.state in ("invoking", "failed")
        again = step.state == "ready" and step.attempts_made > 0
        return self.show_invoking and (begun or again)

    def candidates(self, latest: int) -> list[int]:
        found: list[int] = []
        sequence = latest
        while sequence > 0 and len(found) < MAX_LOOK_BACK:
            if sequence % self.stride in self.offsets:
                found.append(sequence)
            sequence -= 1
        return [0, *reversed(found)]


@dataclass(frozen=True, slots=True)
class BoardSteps:
    """The texts among the steps whose sequence mod stride is one of the offsets; of the first step, too,
    only where it is one of them. Work under way, pictures and sounds leave a board as it is."""

    stride: int
    offsets: tuple[int, ...]
    cells: ClassVar[int] = 1
    setup_label: ClassVar[str] = ""

    @property
    def summary(self) -> str:
        numbers = ", ".join(map(str, self.offsets))
        return gettext("%(numbers)s of %(stride)d") % {"numbers": numbers, "stride": self.stride}

    def cell_of(self, sequence: int) -> int | None:
        return 0 if sequence % self.stride in self.offsets else None

    def shows(self, step: LayoutStep) -> bool:
        return step.state == "completed" and step.output_asset_id is None

    def candidates(self, latest: int) -> list[int]:
        mine = (at for at in range(latest, -1, -1) if self.cell_of(at) is not None)
        return list(reversed([*islice(mine, MAX_LOOK_BACK)]))


@dataclass(frozen=True, slots=True)
class NoSteps:
    """Shows none by itself: what is drawn is of the whole run, or a film, which goes on whatever happens."""

    cells: ClassVar[int] = 0
    setup_label: ClassVar[str] = ""
    summary: ClassVar[str] = ""

    def cell_of(self, sequence: int) -> int | None:
        return None

    def shows(self, step: LayoutStep) -> bool:
        return False

    def candidates(self, latest: int) -> list[int]:
        return []


Layout = Grid | Single | BoardSteps | NoSteps


def place_steps(layout: Layout, steps: Iterable[S]) -> list[S | None]:
    """For each cell the newest of `steps` that is shown there."""
    places: list[S | None] = [None] * layout.cells
    for step in sorted(steps, key=lambda step: step.sequence):
        cell = layout.cell_of(step.sequence)
        if cell is not None and layout.shows(step):
            places[cell] = step
    return places


def layout_from_fields(
    kind: str, *, rows: int, columns: int, stride: int, offsets: Sequence[int], show_invoking: bool
) -> Layout:
    if kind == "grid":
        return Grid(max(1, rows), max(1, columns))
    if kind in ("trajectory", "pair", "film"):
        return NoSteps()
    if kind == "vestaboard":
        return BoardSteps(max(1, stride), tuple(offsets) or (0,))
    return Single(max(1, stride), tuple(offsets) or (0,), show_invoking)
