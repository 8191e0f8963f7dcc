"""The state machines of runs and invocations: one table each, used by API, pages and engine."""

from __future__ import annotations

from collections.abc import Mapping

from django.db import models


class RunState(models.TextChoices):
    RUNNING = "running"
    PAUSED = "paused"
    STOPPED = "stopped"
    FAILED = "failed"
    COMPLETED = "completed"


class InvocationState(models.TextChoices):
    READY = "ready"
    INVOKING = "invoking"
    COMPLETED = "completed"
    FAILED = "failed"
    CANCELLED = "cancelled"


class Outcome(models.TextChoices):
    """How an attempt ended; a live one has none."""

    COMPLETED = "completed"
    FAILED = "failed"  # the platform said no, or gave something that is no output
    CANCELLED = "cancelled"  # stopped, and nothing goes on at the provider
    UNCERTAIN = "uncertain"  # what became of it is not known: the provider may charge it
    LOST = "lost"  # its worker died
    HANDED_OVER = "handed_over"  # its worker was asked to leave and gave it back
    LATE = "late"  # a result arrived when the attempt was no longer the current one


class RetentionClass(models.TextChoices):
    """What becomes of a run or a film that has ended."""

    NORMAL = "normal"  # removed after `RUNS_KEPT_DAYS` or `FILMS_KEPT_DAYS`, where that is set
    KEPT = "kept"


class Reason(models.TextChoices):
    """Why a run ended."""

    PERSON = "stopped_by_person"
    SUPERSEDED = "superseded"
    PANIC = "panic"
    ERROR = "error"
    REFUSED = "refused"
    POISON = "poison"
    LAPS = "lap_limit"
    TIME = "time_limit"
    MONEY = "money_limit"
    CALLS = "call_limit"
    WITHDRAWN = "withdrawn"


RUN_MOVES: Mapping[RunState, frozenset[RunState]] = {
    RunState.RUNNING: frozenset(
        {RunState.PAUSED, RunState.STOPPED, RunState.FAILED, RunState.COMPLETED}
    ),
    RunState.PAUSED: frozenset(
        {RunState.RUNNING, RunState.STOPPED, RunState.FAILED, RunState.COMPLETED}
    ),
    RunState.STOPPED: frozenset(),
    RunState.FAILED: frozenset(),
    RunState.COMPLETED: frozenset(),
}

INVOCATION_MOVES: Mapping[InvocationState, frozenset[InvocationState]] = {
    InvocationState.READY: frozenset(
        {InvocationState.INVOKING, InvocationState.FAILED, InvocationState.CANCELLED}
    ),
    InvocationState.INVOKING: frozenset(
        {
            InvocationState.READY,  # retried, with a failure on record
            InvocationState.COMPLETED,
            InvocationState.FAILED,
            InvocationState.CANCELLED,
        }
    ),
    InvocationState.COMPLETED: frozenset(),
    InvocationState.FAILED: frozenset(),
    InvocationState.CANCELLED: frozenset(),
}

LIVE_RUNS = (RunState.RUNNING, RunState.PAUSED)
OPEN_INVOCATIONS = (InvocationState.READY, InvocationState.INVOKING)


class IllegalMove(Exception):
    """A state does not lead there; `allowed` lists where it does lead."""

    def __init__(self, what: str, old: str, new: str, allowed: frozenset[str]) -> None:
        super().__init__(f"A {old} {what} cannot become {new}.")
        self.allowed = sorted(allowed)


class Stale(Exception):
    """Somebody else moved the row first; there is nothing more to do."""


def check_run_move(old: str, new: RunState) -> None:
    """Raises IllegalMove where the table has no such arrow."""
    allowed = RUN_MOVES[RunState(old)]
    if new not in allowed:
        raise IllegalMove("run", old, new, frozenset(str(state) for state in allowed))


def sources(new: InvocationState) -> list[InvocationState]:
    """The states from which an invocation may move to `new`."""
    return [old for old, following in INVOCATION_MOVES.items() if new in following]
