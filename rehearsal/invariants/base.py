"""An invariant: a name, the promise it belongs to, and a function that finds where it is broken."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass

from rehearsal.history import History


@dataclass(frozen=True, slots=True)
class Invariant:
    name: str  # as it is said on the report card
    promise: int
    broken: Callable[[History], Iterable[str]]
    needs_steady_clock: bool = False


@dataclass(frozen=True, slots=True)
class Violation:
    invariant: Invariant
    sentence: str


def check(history: History, invariants: Sequence[Invariant]) -> Iterator[Violation]:
    """Every place where the history breaks one of them.

    Where the installation's clock was made to jump, times prove nothing: those that compare times
    are left out.
    """
    for invariant in invariants:
        if history.steady_clock or not invariant.needs_steady_clock:
            for sentence in invariant.broken(history):
                yield Violation(invariant, sentence)
