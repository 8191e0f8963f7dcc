"""Which steps of a run hang where on one display. Pure: sequences and states in, places out."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Protocol, TypeVar

LOOK_BACK = 12  # how many of its own steps a single screen searches for one that can be shown


class Step(Protocol):
    """As much of an invocation as matters here."""

    sequence: int
    state: str
    attempts_made: int


S = TypeVar("S", bound=Step)


class Layout(Protocol):
    """How a display chooses. `candidates`: sequences that may hang there while `latest` is the
    newest of the run."""

    @property
    def cells(self) -> int: ...

    @property
    def aid(self) -> str:
        """What an empty screen shows to whoever hangs the show; empty = each cell its number."""
        ...

    @property
    def summary(self) -> str: ...

    def cell_of(self, sequence: int) -> int | None: ...

    def shows(self, step: Step) -> bool: ...

    def candidates(self, latest: int) -> list[int]: ...


@dataclass(frozen=True, slots=True)
class Grid:
    """Every step, in the cell sequence mod cells."""

    rows: int
    columns: int

    @property
    def cells(self) -> int:
        return self.rows * self.columns

    @property
    def aid(self) -> str:
        return ""

    @property
    def summary(self) -> str:
        return f"{self.rows} by {self.columns}"

    def cell_of(self, sequence: int) -> int | None:
        return sequence % self.cells

    def shows(self, step: Step) -> bool:
        return True

    def candidates(self, latest: int) -> list[int]:
        return list(range(max(0, latest - self.cells + 1), latest + 1))


@dataclass(frozen=True, slots=True)
class Single:
    """One step at a time: those whose sequence mod stride is one of the offsets, and the first of
    every run, so that all screens begin together."""

    stride: int
    offsets: tuple[int, ...]
    show_invoking: bool = False

    @property
    def cells(self) -> int:
        return 1

    @property
    def aid(self) -> str:
        return f"{'+'.join(map(str, self.offsets))}/{self.stride}"

    @property
    def summary(self) -> str:
        return f"{', '.join(map(str, self.offsets))} of {self.stride}"

    def cell_of(self, sequence: int) -> int | None:
        return 0 if sequence == 0 or sequence % self.stride in self.offsets else None

    def shows(self, step: Step) -> bool:
        """What is finished stays until the next is; work under way only where that is wanted. What
        was stopped takes no picture off the wall."""
        if step.state == "completed" or (step.sequence == 0 and step.state != "cancelled"):
            return True
        begun = step.state in ("invoking", "failed")
        again = step.state == "ready" and step.attempts_made > 0
        return self.show_invoking and (begun or again)

    def candidates(self, latest: int) -> list[int]:
        found: list[int] = []
        sequence = latest
        while sequence > 0 and len(found) < LOOK_BACK:
            if sequence % self.stride in self.offsets:
                found.append(sequence)
            sequence -= 1
        return [0, *reversed(found)]


def hang(layout: Layout, steps: Iterable[S]) -> list[S | None]:
    """For each cell the newest of `steps` that is shown there."""
    places: list[S | None] = [None] * layout.cells
    for step in sorted(steps, key=lambda step: step.sequence):
        cell = layout.cell_of(step.sequence)
        if cell is not None and layout.shows(step):
            places[cell] = step
    return places


def of(
    kind: str, *, rows: int, columns: int, stride: int, offsets: Sequence[int], show_invoking: bool
) -> Layout:
    """The layout of these fields; a board shows what a single screen of its offset would."""
    if kind == "grid":
        return Grid(max(1, rows), max(1, columns))
    return Single(max(1, stride), tuple(offsets) or (0,), show_invoking)
