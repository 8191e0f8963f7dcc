"""`panic-worker run`: signs on, claims and begins work, and ends in order.

The main thread waits for signals and ends the rest. One thread claims; each piece of work has one of its
own (`slots`), with a second one that renews its lease (`reporting`).
"""

from __future__ import annotations

import logging
import queue
import sys
import threading
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

from . import __version__
from .api import Claimed, FarmApi, GivenWork
from .attempt import AttemptContext, Leftover, WorkAttempt
from .backoff import Backoff
from .batch import WorkBatch
from .configuration import Configuration
from .connection import ServerConnection
from .failures import CallRefused, ServerAway, WorkerError
from .folder import Enrolment, WorkerFolder
from .handlers.base import Handler
from .outbox import Outbox
from .selftest import (
    HandlerCheck,
    check_handlers,
    handlers_by_model,
    handlers_by_operation,
    offers_of_checks,
    report_of_checks,
)
from .slots import Slots
from .specs import machine_specs

logger = logging.getLogger(__name__)

SIGNAL_SECONDS = 1.0  # that one may stay unnoticed
AWAKE, TESTING, OFFLINE, RESTART = "awake", "testing", "offline", "restart"
CAN_RESTART = sys.platform != "win32"  # there the process could not be replaced by another one


@dataclass(frozen=True, slots=True)
class Timing:
    """Seconds. Handing work back may take `stop`, signing off `sign_off`; together with what ends
    afterwards under 20 s."""

    first_wait: float = 1.0
    most_wait: float = 30.0
    low_disk: float = 25.0  # less than what the server takes for silence
    preview: float = 1.0  # between two of them: the server takes 60 a minute
    held: float = 2.0  # between two claims of a worker that has work and room for more
    stop: float = 12.0
    sign_off: float = 3.0

    def backoff(self) -> Backoff:
        return Backoff(self.first_wait, self.most_wait)


class ProgramEvent(StrEnum):
    """What the main thread waits for; signal handlers send the first three."""

    END = "end"
    SLEEP = "sleep"
    WAKE = "wake"


class Program:
    """One worker. `run` returns when it has ended; `send` tells it to. `restarts`: whether it is to be started anew
    then."""

    def __init__(
        self,
        folder: WorkerFolder,
        enrolment: Enrolment,
        handlers: Sequence[Handler],
        configuration: Configuration,
        timing: Timing | None = None,
    ) -> None:
        self._folder = folder
        self._handlers = handlers
        self._configuration = configuration
        self._timing = timing or Timing()
        self._session = folder.session()
        self._outbox = Outbox(folder.outbox, folder.blobs)
        self._api, self._claims = (
            FarmApi(ServerConnection(enrolment.server, enrolment.secret, self._session))
            for _ in range(2)
        )
        self._slots = Slots(configuration.slots, self._end_with, self._begin_new)
        self._backoff = self._timing.backoff()
        self._events: queue.SimpleQueue[ProgramEvent] = queue.SimpleQueue()
        self._ending = threading.Event()
        self._nudge = threading.Event()
        self._sleeps = False  # by a signal on this machine
        self._is_signed_on = self._gives_next = self._hears_trouble = False
        self._status = ""
        self._renew_seconds = self._idle_seconds = 10.0
        self._checks: Sequence[HandlerCheck] = ()
        self._by_model: dict[str, Handler] = {}
        self._by_operation: dict[str, Handler] = {}
        self._unknown_tokens: set[str] | None = None
        self._error: WorkerError | None = None
        self.restarts = False

    # The main thread

    def send(self, event: ProgramEvent) -> None:
        """May be called by a signal handler, and by any thread."""
        self._events.put(event)

    def run(self) -> None:
        """Until `Event.END`. Raises WorkerError where the worker cannot go on."""
        thread = threading.Thread(target=self._claim_work, name="claims", daemon=True)
        thread.start()
        while (event := self._next_event()) is not ProgramEvent.END:
            self._sleeps = event is ProgramEvent.SLEEP
            logger.info("asked to %s by a signal", event)
            if self._sleeps:  # what a claim may just have brought is free again after signing off
                self._claims.connection.close()
            else:
                self._claims.connection.open()
            self._interrupt()
        self._shut_down(thread)
        if self._error:
            raise self._error

    def _next_event(self) -> ProgramEvent:
        # A signal that comes just before the wait does not end it, and on Windows none does: its
        # handler, which sends the event, runs at the next turn.
        while True:
            try:
                return self._events.get(timeout=SIGNAL_SECONDS)
            except queue.Empty:
                continue

    def _shut_down(self, claims: threading.Thread) -> None:
        logger.info("ending: work is handed back")
        self._ending.set()
        self._claims.connection.close()
        self._slots.close()
        self._interrupt()
        claims.join(timeout=1.0)
        self._slots.wait_until_empty(self._timing.stop)
        self._slots.abandon()
        self._sign_off()
        self._api.connection.close()
        self._slots.wait_until_empty(1.0)
        for handler in self._handlers:
            handler.close()
        self._outbox.close()

    def _sign_off(self) -> None:
        if not self._is_signed_on:
            return
        self._is_signed_on = False
        try:
            self._api.sign_off(self._timing.sign_off)
        except (ServerAway, CallRefused, WorkerError) as error:
            logger.warning("signing off failed, the server will notice by itself: %s", error)

    def _end_with(self, error: WorkerError) -> None:
        self._error = self._error or error
        self.send(ProgramEvent.END)

    def _interrupt(self) -> None:
        """End what the claiming thread waits for, but for the claim itself."""
        self._nudge.set()
        self._slots.nudge()

    # The thread that claims

    def _claim_work(self) -> None:
        try:
            self._folder.clear_scratch()
            self._unknown_tokens = self._outbox.unfinished_tokens()
            self._test_handlers()
            self._sign_on()
            for token in self._outbox.finished_tokens():
                self._slots.begin(Leftover(token, self._context()))
            while not self._ending.is_set():
                self._take_turn()
        except WorkerError as error:
            self._end_with(error)
        except Exception as error:  # the border of the thread: a supervisor starts it anew
            logger.exception("the worker failed")
            self._end_with(WorkerError(f"The worker failed: {type(error).__name__}: {error}"))

    def _test_handlers(self) -> None:
        self._checks = check_handlers(self._handlers, self._folder.scratch)
        self._by_model = handlers_by_model(self._checks)
        self._by_operation = handlers_by_operation(self._checks)
        for check in self._checks:
            if not check.is_ok:
                logger.warning("%s is not offered: %s", check.handler.name, check.sentence)
        offered = [*self._by_model, *self._by_operation]
        if offered:
            logger.info("offers: %s", ", ".join(offered))
        else:
            logger.warning("nothing to offer yet: describe a program in %s", self._folder.commands)

    def _sign_on(self) -> None:
        """Until it succeeds or the program ends."""
        body = {
            "session": self._session,
            "version": __version__,
            "slots": self._slots.total,
            "specs": machine_specs(),
            "offers": offers_of_checks(self._checks),
            "operations": sorted(self._by_operation),
            "self_test": report_of_checks(self._checks),
            **({"can_restart": True} if CAN_RESTART else {}),
        }
        while not self._ending.is_set():
            try:
                signed_on = self._api.sign_on(body)
            except (ServerAway, CallRefused) as error:
                logger.warning("signing on failed and is tried again: %s", error)
                self._pause(self._backoff.next_wait(getattr(error, "retry_after", None)))
                continue
            self._is_signed_on = True
            self._status, self._gives_next = signed_on.status, signed_on.gives_next
            self._hears_trouble = signed_on.hears_trouble
            self._renew_seconds, self._idle_seconds = (
                signed_on.renew_seconds,
                signed_on.idle_seconds,
            )
            logger.info("signed on: %s", signed_on.status)
            return

    def _take_turn(self) -> None:
        """One claim, or whatever keeps from it."""
        if self._sleeps:
            self._sleep_until_woken()
            return
        if not self._slots.wait_for_free() or self._ending.is_set() or self._disk_is_low():
            return
        try:
            claimed = self._claims.claim(self._slots.total, self._slots.tokens())
        except (ServerAway, CallRefused) as error:
            self._claim_failed(error)
            return
        self._backoff.succeeded()
        if claimed.requested_status:
            self._take_status(claimed)
        else:
            self._status = AWAKE
            self._begin(claimed)

    def _claim_failed(self, error: ServerAway | CallRefused) -> None:
        if self._ending.is_set() or self._sleeps:
            return
        logger.warning("a claim failed: %s", error)
        self._pause(self._backoff.next_wait(getattr(error, "retry_after", None)))
        if isinstance(error, CallRefused):  # the server knows no session of this worker
            self._sign_on()

    def _begin(self, claimed: Claimed) -> None:
        tokens = {one.token for one in claimed.assignments}
        if self._unknown_tokens is not None:
            for token in self._unknown_tokens - tokens:  # given away while this program was down
                self._outbox.drop(token)
            self._unknown_tokens = None
        if self._begin_new(claimed.assignments):
            return
        if any(self._slots.is_busy_with(token) for token in tokens):  # repeated by the server
            self._slots.wait_for_change(self._timing.held)
        elif tokens:  # they ended while the answer was under way
            self._pause(self._timing.first_wait)
        else:
            wait = claimed.retry_after
            self._pause(self._idle_seconds if wait is None else wait)

    def _begin_new(self, assignments: Sequence[GivenWork]) -> int:
        """How many were begun; what is under way already is not begun again."""
        finished, together = self._outbox.finished_tokens(), defaultdict(list)
        count = 0
        for one in assignments:
            if one.token in finished:
                count += self._slots.begin(Leftover(one.token, self._context()))
            else:
                together[one.batch or one.token].append(one)
        return count + sum(map(self._begin_together, together.values()))

    def _begin_together(self, assignments: Sequence[GivenWork]) -> int:
        """One, or a batch."""
        first, context = assignments[0], self._context()
        handlers = self._by_operation if first.is_operation else self._by_model
        handler, batch = handlers.get(first.model), None
        if first.batch and handler and handler.takes_batches:
            tokens = [one.token for one in assignments]
            batch = WorkBatch(first.batch, handler, self._folder.scratch, tokens)
        count = 0
        for one in assignments:
            if self._slots.begin(WorkAttempt(one, handler, context, batch)):
                count += 1
            elif batch:
                batch.leave(one.token)
        return count

    def _take_status(self, claimed: Claimed) -> None:
        """Finish what is under way, then confirm by the next claim; or wait, where that was done."""
        status = claimed.requested_status
        if status == self._status:
            wait = claimed.retry_after
            self._pause(self._idle_seconds if wait is None else wait)
            return
        logger.info("the server asks for: %s", status)
        if not self._slots.wait_until_idle():
            return
        if status in (OFFLINE, RESTART):
            self.restarts = status == RESTART
            self.send(ProgramEvent.END)
            self._ending.wait()
            return
        self._status = status
        if status == TESTING:
            self._test_handlers()
            self._sign_on()

    def _sleep_until_woken(self) -> None:
        if not self._slots.wait_until_idle():
            return
        self._sign_off()
        while self._sleeps and not self._ending.is_set():
            self._pause(None)
        if not self._ending.is_set():
            self._sign_on()

    def _takes_next(self) -> bool:
        """Whether a piece of work that ends may be followed by another one at once."""
        if not self._gives_next or self._sleeps or self._ending.is_set():
            return False
        return self._folder.free_bytes() >= self._configuration.min_free_bytes

    def _disk_is_low(self) -> bool:
        free, least = self._folder.free_bytes(), self._configuration.min_free_bytes
        if free >= least:
            return False
        said = f"{free >> 20} MB of disk are free, {least >> 20} wanted"
        logger.warning("no work is claimed: %s", said)
        self._tell_trouble(f"Its disk is full: {said}.")
        self._pause(self._timing.low_disk)
        return True

    def _tell_trouble(self, sentence: str) -> None:
        """So that people read it on the server; what it asks for meanwhile is heard."""
        if not self._hears_trouble:
            return
        try:
            claimed = self._claims.claim(self._slots.total, self._slots.tokens(), sentence)
        except (ServerAway, CallRefused) as error:
            self._claim_failed(error)
            return
        if claimed.requested_status:
            self._take_status(claimed)

    def _pause(self, seconds: float | None) -> None:
        """Ends early at every event."""
        if not self._ending.is_set():
            self._nudge.wait(seconds)
        if not self._ending.is_set():
            self._nudge.clear()

    def _context(self) -> AttemptContext:
        return AttemptContext(
            api=self._api,
            outbox=self._outbox,
            folder=self._folder.scratch,
            new_backoff=self._timing.backoff,
            renew_seconds=self._renew_seconds,
            preview_seconds=self._timing.preview,
            takes_next=self._takes_next,
        )
