"""Sends what the outbox holds of one attempt, in order, each entry until the server has it."""

from __future__ import annotations

import hashlib
import logging
import sqlite3
import threading
from collections.abc import Callable, Sequence
from typing import Any

from .api import FarmApi, GivenWork, offset_of_answer
from .backoff import Backoff
from .failures import CallRefused, ErrorClass, ServerAway, StaleAttempt
from .outbox import BLOB, FINISH, LOG, Outbox, OutboxEntry
from .stopping import StopCause, StopSignal

logger = logging.getLogger(__name__)

KNOWN_OR_STORED = frozenset({200, 201, 204, 208})
PARTLY_STORED = frozenset({202, 206, 308, 409, 416})
TOO_EARLY, MISMATCH = 425, 422
TOO_EARLY_SECONDS = 1.0
MAX_MISMATCHES = 3
MAX_UNASKED = (
    1 << 20
)  # bytes of a file that is sent at first without asking how much of it is there


class OutcomeDelivery:
    """Of one attempt. `new_backoff` gives the waits while the server is away; `takes_next`: whether the worker
    would begin the next step at once. `following`: what the server gave it with its answer to the outcome."""

    def __init__(
        self,
        token: str,
        api: FarmApi,
        outbox: Outbox,
        new_backoff: Callable[[], Backoff],
        takes_next: Callable[[], bool] = lambda: False,
    ) -> None:
        self.token = token
        self.following: Sequence[GivenWork] = ()
        self._takes_next = takes_next
        self._api = api
        self._outbox = outbox
        self._new_backoff = new_backoff
        self._sending = threading.Lock()
        self._mismatches = 0
        self._begun: set[str] = set()  # files of which the server may have a part

    def send_logs(self) -> None:
        """What there is of the log, once; does nothing while the outcome is being sent. Raises
        ServerAway and StaleAttempt."""
        if not self._sending.acquire(blocking=False):
            return
        try:
            while entry := self._outbox.next_entry(self.token, LOG):
                self._send(entry)
                self._outbox.remove(entry)
        finally:
            self._sending.release()

    def send_all(self, stop: StopSignal) -> bool:
        """Everything, until the server has the outcome or no use for it; then nothing of the attempt
        is left in the outbox. False: `stop` came first, and the rest is kept."""
        backoff = self._new_backoff()
        while not stop.is_requested:
            try:
                with self._sending:
                    while not stop.is_requested:
                        entry = self._outbox.next_entry(self.token)
                        if entry is None:
                            self._outbox.drop(self.token)
                            return True
                        self._send(entry)
                        self._outbox.remove(entry)
                        backoff.succeeded()
            except StaleAttempt as error:
                logger.info("attempt %s is somebody else's now: %s", self.token, error)
                self._outbox.drop(self.token)
                return True
            except (ServerAway, sqlite3.Error, OSError) as error:
                logger.warning("an outcome waits to be handed in: %s", error)
                stop.wait(backoff.next_wait(getattr(error, "retry_after", None)))
        return self._ended_by(stop)

    def _ended_by(self, stop: StopSignal) -> bool:
        """Nothing is kept of what nobody wants."""
        if stop.cause in (StopCause.STALE, StopCause.CANCELLED):
            self._outbox.drop(self.token)
            return True
        return False

    def _send(self, entry: OutboxEntry) -> None:
        try:
            if entry.kind == LOG:
                self._api.send_log(self.token, entry.body)
            elif entry.kind == BLOB:
                self._send_blob(entry.body)
            elif entry.kind == FINISH:
                wants = self._takes_next()
                self.following = self._api.finish(self.token, entry.body, takes_next=wants)
        except StaleAttempt:
            raise
        except CallRefused as error:
            self._accept_refusal(entry, error)

    def _accept_refusal(self, entry: OutboxEntry, error: CallRefused) -> None:
        """Never the same again: a part of a log is let go, a success becomes a failure."""
        logger.error("the server refused a %s of %s: %s", entry.kind, self.token, error)
        if entry.kind == LOG or entry.body.get("outcome") not in (None, "succeeded"):
            return
        error_class = ErrorClass.TEMPORARY if error.status == MISMATCH else ErrorClass.PERMANENT
        sentence = f"The server did not accept the output: {error}"
        self._outbox.replace_finish(self.token, failed_outcome(error_class, sentence))

    def _send_blob(self, body: Any) -> None:
        """From where the server has it to the end. Raises CallRefused, also for a file that has
        changed on this disk."""
        sha256, path = body["sha256"], self._outbox.blob_path(body["sha256"])
        size = path.stat().st_size if path.is_file() else -1
        offset, is_first = 0, sha256 not in self._begun
        self._begun.add(sha256)
        if not (is_first and 0 <= size <= MAX_UNASKED):
            state = self._api.blob_state(sha256)
            if state.is_known:
                return
            offset = state.offset if state.offset < size else 0
        if size < 0:
            raise CallRefused(MISMATCH, "", "The file is not on the worker's disk any more.")
        answer = self._api.put_blob(sha256, path, body["content_type"], offset)
        if answer.status in KNOWN_OR_STORED:
            return
        if answer.status == TOO_EARLY:
            wait = TOO_EARLY_SECONDS if answer.retry_after is None else answer.retry_after
            raise ServerAway("Another machine uploads the same file.", wait)
        if answer.status in PARTLY_STORED:
            held = offset_of_answer(answer)
            raise ServerAway(f"The server has {held} of {size} bytes of a file.", 0.0)
        if answer.status == MISMATCH:
            self._judge_mismatch(sha256)
        raise CallRefused(answer.status, "", answer.sentence)

    def _judge_mismatch(self, sha256: str) -> None:
        """Raises ServerAway where sending it again may help."""
        with self._outbox.blob_path(sha256).open("rb") as file:
            is_whole = hashlib.file_digest(file, "sha256").hexdigest() == sha256
        if not is_whole:
            raise CallRefused(MISMATCH, "", "The file was damaged on the worker's disk.")
        self._mismatches += 1
        if self._mismatches < MAX_MISMATCHES:
            raise ServerAway("A file arrived damaged and is sent again.")


def failed_outcome(
    error_class: ErrorClass, sentence: str, detail: str = "", *, outcome: str = "failed"
) -> dict[str, Any]:
    """The body of a `finish` without outputs."""
    error = {"class": str(error_class), "sentence": sentence[:500], "detail": detail[-4000:]}
    return {"outcome": outcome, "outputs": [], "error": error}
