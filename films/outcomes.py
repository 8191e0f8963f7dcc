"""What becomes of a task that was tried. Each is one transaction, and changes nothing where the try is not
the current one any more: then it raises Stale.
"""

from __future__ import annotations

import logging
from collections.abc import Collection, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from django.db import transaction

from assets.models import Asset
from invocations.states import Outcome, Stale
from lib.version import product_version
from notifications.occasions import Occasion

from . import alerts, planning, sentences
from .claims import TaskClaim
from .models import Film, FilmTask, TaskAttempt, TaskPace
from .models.film_task import TaskPurpose
from .states import FilmState, TaskState

logger = logging.getLogger(__name__)

MAX_FAILURES = 3  # tries of a task that may fail before its film does
MAX_LOSSES = 10  # tries that may die with their worker: what decodes runs in a process of its own
RETRY_SECONDS = (5, 30)
NO_ROOM_SECONDS = 30
GIGA = 10**9
GOES_ON = (FilmState.QUEUED, FilmState.RUNNING, FilmState.PAUSED)


@dataclass(frozen=True, slots=True)
class TaskResult:
    """What a try gave. `outputs` are in their places; `asset` is the film, where it made one. `load`: how many
    seconds passed for each that the processor gave it (0: not measured)."""

    outputs: list[dict[str, Any]]
    backend: str
    degraded: str
    details: dict[str, Any]
    seconds: float
    asset: Asset | None = field(default=None)
    load: float = 0.0


def complete(claim: TaskClaim, result: TaskResult, *, at: datetime) -> None:
    with _held(claim) as (film, task):
        claim.attempt.close(
            Outcome.COMPLETED, at=at, backend=result.backend, progress=1.0, load=result.load
        )
        task.move(
            TaskState.COMPLETED,
            outputs=result.outputs,
            backend=result.backend,
            degraded=result.degraded,
            details=result.details,
            seconds=result.seconds,
            error="",
            error_code="",
        )
        if task.work:
            key = task.operation, task.size_class, result.backend
            TaskPace.note(*key, seconds=result.seconds / max(1.0, result.load), work=task.work)
        film.note_bytes(task.bytes)
        planning.go_on(film, task)
        _check_budget(film, at)
        if result.asset is not None and film.state in GOES_ON:
            _finish(film, task, result.asset, at)


def _check_budget(film: Film, at: datetime) -> None:
    """An order is refused where the estimate is over the budget; this is for where that was wrong."""
    film.refresh_from_db(fields=["bytes_used"])
    if film.max_bytes and film.bytes_used > film.max_bytes and film.state in GOES_ON:
        most = round(film.max_bytes / GIGA)
        _fail_film(film, sentences.FILM_TOO_LARGE % {"most": most}, at)


def _finish(film: Film, task: FilmTask, asset: Asset, at: datetime) -> None:
    if task.purpose == TaskPurpose.PREVIEW:
        film.wait_for_approval(asset)
        alerts.tell(film, Occasion.FILM_WAITING, at=at)
    else:
        film.complete(asset, provenance(film), at=at)
        alerts.tell(film, Occasion.FILM_FINISHED, at=at)


def _fail_film(film: Film, sentence: str, at: datetime) -> None:
    film.fail(sentence, at=at)
    alerts.tell(film, Occasion.FILM_FAILED, at=at)


def provenance(film: Film) -> dict[str, Any]:
    """What a film is made of and by: its source, its recipe, and each operation with its backends."""
    done: dict[tuple[str, str, str], int] = {}
    for task in film.tasks.filter(state=TaskState.COMPLETED).in_order():
        key = (task.operation, task.backend, task.degraded)
        done[key] = done.get(key, 0) + 1
    operations = [
        {"operation": operation, "backend": backend, "degraded": degraded, "tasks": count}
        for (operation, backend, degraded), count in done.items()
    ]
    made = {
        "recipe": film.recipe,
        "options": film.options,
        "software": f"PANIC! {product_version()}",
    }
    return {**film.provenance, **made, "operations": operations}


def release(claim: TaskClaim, *, at: datetime, code: str = "") -> None:
    """Give it back: its worker has to leave, or to make room for a run. `code`: why, where that counts."""
    with _held(claim) as (_, task):
        claim.attempt.close(Outcome.HANDED_OVER, at=at, error_code=code)
        task.move(TaskState.READY)


def hold(claim: TaskClaim, sentence: str, *, at: datetime) -> None:
    """There is no room at present: the task is tried again in a while, and nothing has failed."""
    with _held(claim) as (_, task):
        claim.attempt.close(Outcome.FAILED, at=at, error_code="no_room", error=sentence)
        later = at + timedelta(seconds=NO_ROOM_SECONDS)
        task.move(TaskState.READY, due_at=later, error_code="no_room", error=sentence)


def miss(claim: TaskClaim, numbers: Collection[int], *, at: datetime) -> None:
    """Files that these tasks had made are gone: they are done again, and then this one."""
    with _held(claim) as (film, task):
        claim.attempt.close(Outcome.FAILED, at=at, error_code="input_lost")
        task.move(TaskState.WAITING)
        planning.make_again(film, numbers)
        logger.warning("film %s: files of tasks %s are made again", film, sorted(numbers))


def fail(claim: TaskClaim, code: str, sentence: str, *, at: datetime, again: bool = True) -> None:
    """`again`: another try may do better, and is made after a while."""
    with _held(claim) as (film, task):
        claim.attempt.close(Outcome.FAILED, at=at, error_code=code, error=sentence)
        failures = task.failures + 1
        told = {"failures": failures, "error_code": code, "error": sentence}
        if again and failures < MAX_FAILURES:
            wait = RETRY_SECONDS[min(failures, len(RETRY_SECONDS)) - 1]
            task.move(TaskState.READY, due_at=at + timedelta(seconds=wait), **told)
        else:
            _give_up(film, task, sentence, at, **told)


def lose(attempt: TaskAttempt, *, at: datetime) -> None:
    """Its worker is gone, or has not renewed the lease. One that has renewed it to the deadline has failed."""
    claim = TaskClaim(attempt.film, attempt.task, attempt)
    if attempt.deadline_at is not None and attempt.deadline_at <= at:
        fail(claim, "timed_out", sentences.TIMED_OUT, at=at)
        return
    with _held(claim) as (film, task):
        attempt.close(Outcome.LOST, at=at)
        losses = task.losses + 1
        if losses < MAX_LOSSES:
            task.move(TaskState.READY, losses=losses)
        else:
            _give_up(film, task, sentences.QUARANTINED % {"times": losses}, at, losses=losses)


def _give_up(film: Film, task: FilmTask, sentence: str, at: datetime, **fields: Any) -> None:
    task.move(TaskState.FAILED, **fields)
    if film.state in GOES_ON:
        _fail_film(film, sentence, at)


def close_live_attempts(film: Film, *, at: datetime) -> None:
    """Nobody wants their results any more: who holds them is told so, and stops."""
    for attempt in TaskAttempt.objects.live().filter(film=film):
        try:
            attempt.close(Outcome.CANCELLED, at=at)
        except Stale:
            continue


@contextmanager
def _held(claim: TaskClaim) -> Iterator[tuple[Film, FilmTask]]:
    """The rows as they are now, in a transaction that holds the film. Raises Stale where it was deleted."""
    with transaction.atomic():
        try:
            film = Film.lock(claim.film.pk)
            task = FilmTask.objects.get(pk=claim.task.pk)
        except (Film.DoesNotExist, FilmTask.DoesNotExist):
            raise Stale(f"film {claim.film} was deleted") from None
        yield film, task
