"""Work of other layers that the queue's workers do beside the steps; handed in by panic/.

An errand is a task and a question: what is due now? The dealer asks once a second and sends one
message for each answer. As with steps, a message may be lost or repeated: the row decides.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True)
class Errand:
    """`task`: the dotted name of a function of one argument; `due`: the arguments it is due with."""

    task: str
    due: Callable[[datetime], Sequence[int]]


_errands: dict[str, Errand] = {}


def hand_in(task: str, due: Callable[[datetime], Sequence[int]]) -> None:
    _errands[task] = Errand(task, due)


def due(at: datetime) -> list[tuple[str, int]]:
    """Which tasks to send with which argument."""
    return [(one.task, key) for one in _errands.values() for key in one.due(at)]
