"""The state machines of films and of their tasks: one table each, used by pages, API and workers."""

from __future__ import annotations

from collections.abc import Mapping

from django.db import models

from invocations.states import IllegalMove


class FilmState(models.TextChoices):
    QUEUED = "queued"
    RUNNING = "running"
    PAUSED = "paused"
    WAITING_APPROVAL = "waiting_approval"
    COMPLETED = "completed"
    FAILED = "failed"
    CANCELLED = "cancelled"


class TaskState(models.TextChoices):
    WAITING = "waiting"  # for other tasks
    READY = "ready"
    RUNNING = "running"
    COMPLETED = "completed"
    FAILED = "failed"
    CANCELLED = "cancelled"


USUAL_PRIORITY, MAX_PRIORITY = 50, 100  # the highest first


FILM_MOVES: Mapping[FilmState, frozenset[FilmState]] = {
    FilmState.QUEUED: frozenset(
        {FilmState.RUNNING, FilmState.PAUSED, FilmState.FAILED, FilmState.CANCELLED}
    ),
    FilmState.RUNNING: frozenset(
        {
            FilmState.PAUSED,
            FilmState.WAITING_APPROVAL,
            FilmState.COMPLETED,
            FilmState.FAILED,
            FilmState.CANCELLED,
        }
    ),
    FilmState.PAUSED: frozenset(
        {
            FilmState.QUEUED,
            FilmState.WAITING_APPROVAL,  # the task that was running was the last one
            FilmState.COMPLETED,
            FilmState.FAILED,
            FilmState.CANCELLED,
        }
    ),
    FilmState.WAITING_APPROVAL: frozenset({FilmState.QUEUED, FilmState.CANCELLED}),
    FilmState.COMPLETED: frozenset(),
    FilmState.FAILED: frozenset({FilmState.QUEUED}),  # retried
    FilmState.CANCELLED: frozenset({FilmState.QUEUED}),
}

TASK_MOVES: Mapping[TaskState, frozenset[TaskState]] = {
    TaskState.WAITING: frozenset({TaskState.READY, TaskState.CANCELLED}),
    TaskState.READY: frozenset({TaskState.RUNNING, TaskState.WAITING, TaskState.CANCELLED}),
    TaskState.RUNNING: frozenset(
        {
            TaskState.READY,  # lost, handed back or tried again
            TaskState.WAITING,  # a file that it needs is gone and is made again
            TaskState.COMPLETED,
            TaskState.FAILED,
            TaskState.CANCELLED,
        }
    ),
    TaskState.COMPLETED: frozenset({TaskState.WAITING}),  # what it made is gone and is needed
    TaskState.FAILED: frozenset({TaskState.WAITING}),
    TaskState.CANCELLED: frozenset({TaskState.WAITING}),
}

OPEN_FILMS = (
    FilmState.QUEUED,
    FilmState.RUNNING,
    FilmState.PAUSED,
    FilmState.WAITING_APPROVAL,
)
WORKED_ON = (FilmState.QUEUED, FilmState.RUNNING)
ENDED_FILMS = (FilmState.COMPLETED, FilmState.FAILED, FilmState.CANCELLED)
OPEN_TASKS = (TaskState.WAITING, TaskState.READY, TaskState.RUNNING)


def check_film_move(old: str, new: FilmState) -> None:
    """Raises IllegalMove where the table has no such arrow."""
    allowed = FILM_MOVES[FilmState(old)]
    if new not in allowed:
        raise IllegalMove("film", old, new, frozenset(str(state) for state in allowed))


def task_sources(new: TaskState) -> list[TaskState]:
    """The states from which a task may become `new`."""
    return [old for old, following in TASK_MOVES.items() if new in following]
