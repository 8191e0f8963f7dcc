"""Carrying out one claimed task: its inputs, its operation, its outcome."""

from __future__ import annotations

import logging
import resource
import shutil
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any

from django.conf import settings
from django.db import Error as DatabaseError
from django.db import connection
from django.utils import timezone

from assets import ingest, retention
from assets.deadlines import extended_deadlines
from assets.errors import AssetError, StorageFull, StorageUnavailable
from assets.models import Asset
from invocations import leases
from invocations.states import Stale
from operations import runner
from operations.contract import OperationOutput, OperationResult
from operations.errors import (
    BadInput,
    BadParameters,
    NoRoom,
    OperationCancelled,
    OperationError,
)
from operations.sentences import CANCELLED

from . import events, intermediates, outcomes, progress, sentences, task_inputs
from .claims import STORING_LEASE, TaskClaim
from .models import Film, TaskAttempt
from .models.film_task import TaskPurpose
from .task_inputs import InputLost, SourceGone

logger = logging.getLogger(__name__)

# As `operations.runner.run`: operation, inputs, parameters, folder, report, cancelled.
Operate = Callable[
    [str, list[Path], dict[str, Any], Path, Callable[[float, str], None], Callable[[], bool]],
    OperationResult,
]
RENEW_SECONDS = 10.0
LOOK_SECONDS = 1.0  # between two looks whether somebody has cancelled it
PROGRESS_SECONDS = 2.0
MAX_FILM_BYTES = 4 * 10**9  # of a finished film
MADE = 0.8  # of a film, once it is written: it is read to its end before it is kept
DEADLINE_FACTOR = 10.0  # beside a ring that is busy a nice process takes so many times as long


class TaskRun:
    """One try of a task in this process's hands."""

    def __init__(self, claim: TaskClaim, must_leave: Callable[[], bool], operate: Operate) -> None:
        self.claim, self.operate = claim, operate
        self._must_leave = must_leave
        self.leaves = False
        self._is_wanted = True
        self._begun = self._looked = self._told = self._renewed = time.monotonic()
        self._used = _processor_seconds()

    @property
    def seconds(self) -> float:
        return time.monotonic() - self._begun

    @property
    def load(self) -> float:
        """How many seconds have passed for each that the processor gave it: 1 where nothing else runs, two hundred
        where all cores have other work, which comes before what is nice."""
        return max(1.0, self.seconds / max(0.01, _processor_seconds() - self._used))

    def report(self, fraction: float, phase: str) -> None:
        """Of the operation; seldom enough for a row and a message."""
        now = time.monotonic()
        if now - self._told < PROGRESS_SECONDS:
            return
        self._told = now
        with suppress(DatabaseError):
            step = self.claim.task.purpose == TaskPurpose.STEP
            self.claim.attempt.note_progress(fraction if step else MADE * fraction, phase)
            tell_progress(self.claim.film.pk)

    def cancelled(self) -> bool:
        """Asked ten times a second: whether nobody wants it any more, or this process has to leave."""
        now = time.monotonic()
        if now - self._looked >= LOOK_SECONDS:
            self._looked = now
            self._look(now)
        return self.leaves or not self._is_wanted

    def check(self) -> None:
        """Raises OperationCancelled where nobody wants it any more."""
        if self.cancelled():
            raise OperationCancelled(CANCELLED)

    def _look(self, now: float) -> None:
        """A database that is away for a moment does not end the work."""
        self.leaves = self.leaves or self._must_leave()
        rows, attempt = TaskAttempt.objects.all(), self.claim.attempt
        try:
            if now - self._renewed >= RENEW_SECONDS:
                self._renewed = now
                answer = leases.renew(
                    rows, [attempt.token], holder=attempt.worker, at=timezone.now()
                )
            else:
                answer = leases.look_for_stops(rows, [attempt.token], holder=attempt.worker)
        except DatabaseError:
            connection.close()
            return
        self._is_wanted = answer.goes_on(attempt.token)


def carry_out(
    claim: TaskClaim,
    *,
    must_leave: Callable[[], bool] = lambda: False,
    operate: Operate = runner.run,
) -> None:
    """To its outcome. `must_leave` is asked all the time: then the task is given back."""
    run = TaskRun(claim, must_leave, operate)
    folder = intermediates.work_folder(claim.film, claim.attempt.token)
    folder.mkdir(parents=True, exist_ok=True)
    try:
        _carry_out(run, folder)
    except Stale:
        logger.info("task %s was not ours any more", claim.task)
    finally:
        shutil.rmtree(folder, ignore_errors=True)
    tell_progress(claim.film.pk)


def _carry_out(run: TaskRun, folder: Path) -> None:
    claim = run.claim
    try:
        _succeed(run, _operated(run, folder))
    except InputLost as lost:
        outcomes.miss(claim, lost.numbers, at=timezone.now())
    except SourceGone as gone:
        outcomes.fail(claim, "source_gone", str(gone), at=timezone.now(), again=False)
    except OperationError as error:
        _fail(run, error)
    except AssetError as error:
        _fail_to_store(claim, error)
    except (DatabaseError, Stale):
        raise
    except Exception:  # the border: one film must not end the process
        logger.exception("film %s: task %s failed", claim.film, claim.task)
        sentence = sentences.UNEXPECTED % {"operation": claim.task.operation}
        outcomes.fail(claim, "error", sentence, at=timezone.now())


def _operated(run: TaskRun, folder: Path) -> OperationResult:
    """Raises OperationError, InputLost or SourceGone."""
    task = run.claim.task
    parameters = {**task.parameters, **_parameters_of_this_machine(task.operation)}
    with task_inputs.opened(run.claim, folder, run.check) as inputs:
        return run.operate(task.operation, inputs, parameters, folder, run.report, run.cancelled)


def _parameters_of_this_machine(operation: str) -> dict[str, Any]:
    """What is no part of the plan, because it is elsewhere on every machine."""
    return {"fonts": [str(settings.DATA_DIR / "fonts")]} if operation == "caption" else {}


def _fail(run: TaskRun, error: OperationError) -> None:
    claim, now = run.claim, timezone.now()
    if isinstance(error, OperationCancelled):
        if run.leaves:  # else whoever cancelled it has closed it
            outcomes.release(claim, at=now)
    elif isinstance(error, NoRoom):
        outcomes.hold(claim, str(error), at=now)
    else:
        again = not isinstance(error, BadInput | BadParameters)
        outcomes.fail(claim, error.code, str(error), at=now, again=again)


def _fail_to_store(claim: TaskClaim, error: AssetError) -> None:
    now = timezone.now()
    if isinstance(error, StorageFull):
        return outcomes.hold(claim, str(error), at=now)
    sentence = sentences.NOT_STORED % {"sentence": error}
    again = isinstance(error, StorageUnavailable)
    return outcomes.fail(claim, error.code, sentence, at=now, again=again)


def _succeed(run: TaskRun, result: OperationResult) -> None:
    """Files first, the row last: what is recorded as made is there."""
    claim, asset = run.claim, None
    if claim.task.purpose == TaskPurpose.STEP:
        outputs = [intermediates.keep(claim.film, one) for one in result.outputs]
    else:
        outputs, asset = [], _stored(claim, result.outputs[0])
    done = outcomes.TaskResult(
        outputs, result.backend, result.degraded, result.details, run.seconds, asset, run.load
    )
    try:
        outcomes.complete(claim, done, at=timezone.now())
    except Stale:
        if asset is not None:
            retention.abandon([asset.pk], at=timezone.now())
        raise


def _stored(claim: TaskClaim, made: OperationOutput) -> Asset:
    """The film as an asset. Takes as long as reading it takes, so the lease is made longer."""
    mine = TaskAttempt.objects.live().of_tokens([claim.attempt.token])
    mine.update(lease_length=STORING_LEASE, lease_until=timezone.now() + STORING_LEASE)
    with extended_deadlines(DEADLINE_FACTOR):
        return ingest.store(made.path, kind="video", max_bytes=MAX_FILM_BYTES)


def _processor_seconds() -> float:
    """Of this process, which does one task at a time, and of its children that have ended."""
    used = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    return sum(one.ru_utime + one.ru_stime for one in used)


def tell_progress(film_pk: int) -> None:
    """To whoever has a page open."""
    film = Film.objects.select_related("owner").filter(pk=film_pk).first()
    if film is not None:
        now = progress.progress_of_film(film)
        events.send_progress(film, now.fraction, now.eta_seconds)
