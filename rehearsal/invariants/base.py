"""An invariant: a name, the promise it belongs to, and a function that finds where it is broken."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass

from rehearsal.history import History


@dataclass(frozen=True, slots=True)
class Invariant:
    name: str  # as printed in the report report
    promise: int
    broken: Callable[[History], Iterable[str]]
    needs_steady_clock: bool = False


@dataclass(frozen=True, slots=True)
class Violation:
    invariant: Invariant
    sentence: str


def check(history: History, invariants: Sequence[Invariant]) -> Iterator[Violation]:
    """Every violation of an invariant by the history.

    Invariants that compare times are left out where the clock of the stack was changed.
    """
    for invariant in invariants:
        if history.steady_clock or not invariant.needs_steady_clock:
            for sentence in invariant.broken(history):
                yield Violation(invariant, sentence)
