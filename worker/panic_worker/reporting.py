"""Tells the server of one attempt while it is under way: renewals with progress, and the log.

A renewal is a question. "No" stops the work; silence does not, so that a server may restart.
"""

from __future__ import annotations

import logging
import sqlite3
import threading
import time

from .api import FarmApi
from .delivery import OutcomeDelivery
from .failures import CallRefused, SecretRefused, ServerAway, StaleAttempt
from .logs import AttemptLog
from .outbox import Outbox
from .stopping import StopCause, StopSignal

logger = logging.getLogger(__name__)

LOG_SECONDS = 2.0
MAX_PHASE = 60


class Reporter:
    """A thread from `start` to `close`; `renew_seconds` lie between two renewals."""

    def __init__(
        self,
        delivery: OutcomeDelivery,
        api: FarmApi,
        outbox: Outbox,
        stop: StopSignal,
        renew_seconds: float,
        deadline_seconds: float = 0.0,
    ) -> None:
        self.log = AttemptLog()
        self.error: SecretRefused | None = None
        self._delivery = delivery
        self._api = api
        self._outbox = outbox
        self._stop = stop
        self._renew_seconds = renew_seconds
        self._deadline = time.monotonic() + deadline_seconds if deadline_seconds else None
        self._deadline_seconds = deadline_seconds
        self._wake = threading.Event()
        self._closed = False
        self._renews = True
        self._progress: dict[str, object] = {"progress": 0.0, "phase": ""}
        self._thread = threading.Thread(target=self._run, name="reporter", daemon=True)

    def start(self) -> None:
        self._thread.start()

    def close(self) -> None:
        """Ends the thread; a renewal that is under way is waited for no longer than a moment."""
        self._closed = True
        self._wake.set()
        self._thread.join(timeout=1.0)

    def add_line(self, text: str) -> None:
        self.log.add(text)
        if self.log.has_chunk:
            self._wake.set()

    def set_progress(
        self, fraction: float, phase: str = "", eta_seconds: float | None = None
    ) -> None:
        """Goes with the next renewal; the newest wins."""
        progress: dict[str, object] = {
            "progress": round(min(1.0, max(0.0, fraction)), 4),
            "phase": phase[:MAX_PHASE],
        }
        if eta_seconds is not None:
            progress["eta_seconds"] = round(max(0.0, eta_seconds), 1)
        self._progress = progress

    def hand_in(self, stop: StopSignal, *, renews: bool = True) -> None:
        """The work is done: its time limit does not count any more, and what the server says from here
        on stops its delivery. Without `renews` the lease is left to end."""
        self._deadline = None
        self._stop = stop
        self._renews = renews

    def keep_log(self, *, at_end: bool = False) -> None:
        """Move what was logged to the outbox. A full disk loses it, and says so on this machine."""
        try:
            for part in self.log.take(at_end=at_end):
                self._outbox.add_log(self._delivery.token, part)
        except (sqlite3.Error, OSError) as error:
            logger.error("a part of a log was lost: %s", error)

    def _run(self) -> None:
        renewed = time.monotonic()
        while not self._closed:
            now = time.monotonic()
            if now >= renewed + self._renew_seconds:
                renewed = now
                if self._renews:
                    self._renew()
            self._check_deadline(now)
            self._send_log()
            self._wake.wait(self._seconds_until(renewed + self._renew_seconds))
            self._wake.clear()

    def _seconds_until(self, due: float) -> float:
        moments = [due, time.monotonic() + LOG_SECONDS]
        if self._deadline is not None:
            moments.append(self._deadline)
        return max(0.0, min(moments) - time.monotonic())

    def _check_deadline(self, now: float) -> None:
        if self._deadline is not None and now >= self._deadline:
            words = f"The work took longer than {self._deadline_seconds:g} s."
            self._stop.request(StopCause.DEADLINE, words)
            self._deadline = None

    def _renew(self) -> None:
        try:
            go_on, reason = self._api.renew(self._delivery.token, self._progress)
            if not go_on:
                self._stop.request(StopCause.CANCELLED, reason or "The server stopped the work.")
        except StaleAttempt as error:
            self._stop.request(StopCause.STALE, str(error))
        except SecretRefused as error:
            self._refused(error)
        except (ServerAway, CallRefused) as error:
            logger.info("a renewal got no answer, so the work goes on: %s", error)

    def _send_log(self) -> None:
        if self._closed:
            return
        self.keep_log()
        try:
            self._delivery.send_logs()
        except StaleAttempt as error:
            self._stop.request(StopCause.STALE, str(error))
        except SecretRefused as error:
            self._refused(error)
        except (ServerAway, sqlite3.Error, OSError) as error:
            logger.info("a part of a log waits: %s", error)

    def _refused(self, error: SecretRefused) -> None:
        self.error = error
        self._stop.request(StopCause.SHUTDOWN, str(error))
