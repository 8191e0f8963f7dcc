"""One assignment from its inputs to an outcome that the server has."""

from __future__ import annotations

import hashlib
import logging
import shutil
import sqlite3
import time
import traceback
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from .api import FarmApi, GivenWork
from .backoff import Backoff
from .batch import WorkBatch
from .delivery import OutcomeDelivery, failed_outcome
from .failures import CallRefused, ErrorClass, ServerAway, WorkFailed, WorkStopped
from .fetching import fetch_inputs
from .handlers.base import Handler, ResultFile, Work, WorkResult
from .outbox import Outbox, OutboxFile
from .previews import PreviewSender
from .reporting import Reporter
from .stopping import StopCause, StopSignal

logger = logging.getLogger(__name__)

MAX_TEXT = 1_000_000  # characters of an output
MAX_NAME = 60


@dataclass(frozen=True, slots=True)
class AttemptContext:
    """What all attempts of one program share. `folder` holds a folder for each."""

    api: FarmApi
    outbox: Outbox
    folder: Path
    new_backoff: Callable[[], Backoff]
    renew_seconds: float
    preview_seconds: float
    takes_next: Callable[[], bool]


class WorkAttempt:
    """`run` in a thread of its own; `stop` from any other."""

    def __init__(
        self,
        assignment: GivenWork,
        handler: Handler | None,
        context: AttemptContext,
        batch: WorkBatch | None = None,
    ) -> None:
        self.token = assignment.token
        self.place = batch.name if batch else assignment.token
        self.assignment = assignment
        self.stop = StopSignal()
        self.delivery_stop = StopSignal()
        self._handler = handler
        self._batch = batch
        self._context = context
        self._delivery = OutcomeDelivery(
            assignment.token,
            context.api,
            context.outbox,
            context.new_backoff,
            context.takes_next,
        )
        self._reporter = Reporter(
            self._delivery,
            context.api,
            context.outbox,
            self.stop,
            context.renew_seconds,
            assignment.deadline_seconds,
        )
        self._previews = PreviewSender(
            assignment.token, context.api, context.new_backoff(), context.preview_seconds
        )
        name = hashlib.sha256(assignment.token.encode()).hexdigest()[:16]
        self._folder = context.folder / name

    @property
    def following(self) -> Sequence[GivenWork]:
        return self._delivery.following

    def run(self) -> None:
        """Do the work and hand it in. Raises SecretRefused."""
        self._reporter.start()
        outcome, files = self._finished_outcome()
        if outcome is None:
            self._context.outbox.drop(self.token)
            return
        renews = outcome["outcome"] != "released"
        self._reporter.hand_in(self.delivery_stop, renews=renews)
        if self._keep(outcome, files):
            self._delivery.send_all(self.delivery_stop)
        if self._reporter.error:
            raise self._reporter.error

    def clean_up(self) -> None:
        self._reporter.close()
        shutil.rmtree(self._folder, ignore_errors=True)

    def _finished_outcome(self) -> tuple[dict[str, Any] | None, Sequence[OutboxFile]]:
        """The body of `finish` and its files; None where nobody wants to know."""
        begun = time.monotonic()
        try:
            outcome, files = self._outcome_of(self._work())
        except Exception as error:  # the border: one bad handler must not end the worker
            outcome, files = self._outcome_of_error(error), ()
        self._previews.close()
        if self._batch:
            self._batch.leave(self.token)
        if self.stop.cause is StopCause.STALE:
            return None, ()
        if self.stop.cause is StopCause.CANCELLED:
            outcome, files = self._released(), ()
        outcome["seconds"] = round(time.monotonic() - begun, 3)
        return outcome, files

    def _work(self) -> WorkResult:
        if self._handler is None:
            raise WorkFailed(
                ErrorClass.PERMANENT,
                f"This worker does not offer {self.assignment.model}.",
                unfit=True,
            )
        self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        connection, backoff = self._context.api.connection, self._context.new_backoff()
        inputs = fetch_inputs(
            self.assignment.inputs,
            connection,
            self._folder / "inputs",
            self.stop,
            backoff,
            self._context.outbox.recent_file,
        )
        self.stop.check()
        folder = self._folder / "work"
        folder.mkdir(mode=0o700)
        work = Work(
            model=self.assignment.model,
            inputs=inputs,
            folder=folder,
            parameters=self.assignment.parameters,
            key=self.token,
            stop=self.stop,
            progress=self._reporter.set_progress,
            log=self._reporter.add_line,
            watch_preview=self._previews.watch,
        )
        return self._batch.run(work) if self._batch else self._handler.run(work)

    def _outcome_of(self, result: WorkResult) -> tuple[dict[str, Any], Sequence[OutboxFile]]:
        outcome: dict[str, Any] = {
            "outcome": "succeeded",
            "backend": result.backend[:MAX_NAME],
            "degraded": result.degraded,
        }
        given = [ResultFile(result.path, result.content_type)] if result.path else result.files
        files = [_outbox_file(one) for one in given]
        outputs: list[dict[str, str]] = [
            {"type": one.content_type.partition("/")[0], "sha256": one.sha256} for one in files
        ]
        if result.path is None:
            if result.text is None or len(result.text) > MAX_TEXT:
                raise WorkFailed(ErrorClass.PERMANENT, "The work gave no text, or too long a one.")
            outputs.append({"type": "text", "text": result.text})
        return {**outcome, "outputs": outputs}, files

    def _outcome_of_error(self, error: Exception) -> dict[str, Any]:
        if self.stop.cause is StopCause.DEADLINE:
            return self._failed(ErrorClass.TEMPORARY, self.stop.sentence)
        if self.stop.is_requested or isinstance(error, WorkStopped):
            return self._released()
        if isinstance(error, WorkFailed):
            outcome = "unfit" if error.unfit else "failed"
            return self._failed(error.error_class, str(error), error.detail, outcome=outcome)
        if isinstance(error, MemoryError):
            return self._failed(ErrorClass.OUT_OF_MEMORY, "The worker ran out of memory.")
        logger.error("the handler failed", exc_info=error)
        detail = "".join(traceback.format_exception(error))
        sentence = f"The handler failed: {type(error).__name__}."
        return self._failed(ErrorClass.TEMPORARY, sentence, detail)

    def _failed(
        self, error_class: ErrorClass, sentence: str, detail: str = "", outcome: str = "failed"
    ) -> dict[str, Any]:
        self._reporter.add_line(sentence)
        return failed_outcome(error_class, sentence, detail, outcome=outcome)

    def _released(self) -> dict[str, Any]:
        sentence = self.stop.sentence or "The work was handed back."
        return failed_outcome(ErrorClass.TEMPORARY, sentence, outcome="released")

    def _keep(self, outcome: dict[str, Any], files: Sequence[OutboxFile]) -> bool:
        """Whether it is in the outbox; on a full disk a failure is told without one."""
        self._reporter.keep_log(at_end=True)
        try:
            self._context.outbox.finish(self.token, outcome, files)
            return True
        except (sqlite3.Error, OSError) as error:
            logger.error("an outcome could not be kept: %s", error)
        sentence = "The disk of the worker is full."
        body = {**failed_outcome(ErrorClass.TEMPORARY, sentence), "seconds": outcome["seconds"]}
        try:
            self._context.api.finish(self.token, body)
            self._context.outbox.drop(self.token)
        except (ServerAway, CallRefused, sqlite3.Error) as error:
            logger.error("the failure could not be told either: %s", error)
        return False


def _outbox_file(result: ResultFile) -> OutboxFile:
    with result.path.open("rb") as file:
        sha256 = hashlib.file_digest(file, "sha256").hexdigest()
    return OutboxFile(sha256, result.path, result.content_type)


class Leftover:
    """An outcome that an earlier run of the program could not hand in."""

    following: Sequence[GivenWork] = ()

    def __init__(self, token: str, context: AttemptContext) -> None:
        self.token = self.place = token
        self.stop = StopSignal()
        self.delivery_stop = StopSignal()
        self._delivery = OutcomeDelivery(token, context.api, context.outbox, context.new_backoff)
        self._reporter = Reporter(
            self._delivery, context.api, context.outbox, self.delivery_stop, context.renew_seconds
        )

    def run(self) -> None:
        """Hand it in, renewing its lease meanwhile. Raises SecretRefused."""
        self._reporter.start()
        self._delivery.send_all(self.delivery_stop)

    def clean_up(self) -> None:
        self._reporter.close()
