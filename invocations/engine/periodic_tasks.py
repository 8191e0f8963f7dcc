"""Work of other layers that the queue's workers do beside the steps; registered by panic/.

The dispatcher asks once a second what is due and sends one message for each answer. As with steps,
a message may be lost or repeated: the row decides.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime

from django.db import Error as DatabaseError

logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class PeriodicTask:
    """`task`: the dotted name of a function of one argument; `due`: the arguments it is due with;
    `seconds`: how long after it was asked it is asked again, by this process."""

    task: str
    due: Callable[[datetime], Sequence[int]]
    seconds: float = 0.0


_tasks: dict[str, PeriodicTask] = {}
_asked: dict[str, float] = {}


def register(task: str, due: Callable[[datetime], Sequence[int]], *, seconds: float = 0.0) -> None:
    _tasks[task] = PeriodicTask(task, due, seconds)


def due_tasks(at: datetime) -> list[tuple[str, int]]:
    """Which tasks to send with which argument."""
    asked = [one for one in _tasks.values() if _is_asked(one)]
    return [(one.task, key) for one in asked for key in _due_keys(one, at)]


def _due_keys(task: PeriodicTask, at: datetime) -> Sequence[int]:
    try:
        return task.due(at)
    except DatabaseError:
        raise
    except Exception:  # a border: what is wrong with one thing must not keep steps from workers
        logger.exception("Nobody knows whether %s is due.", task.task)
        return ()


def _is_asked(task: PeriodicTask) -> bool:
    now = time.monotonic()
    if task.seconds and now - _asked.get(task.task, float("-inf")) < task.seconds:
        return False
    _asked[task.task] = now
    return True
