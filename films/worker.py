"""The process that makes films: one for each place on this machine, nice, for as long as there is work.

It is started by the queue (`films/tasks.py`), ends with it, and ends by itself after a quiet time. It
carries out one task at a time; the operation itself is in a child process again (`operations.runner`).
Killed at any moment it costs the task at hand: what was finished stands under its name, and in its row.
"""

from __future__ import annotations

import logging
import signal
import time

from django.db import Error as DatabaseError
from django.db import connection
from django.utils import timezone

from invocations.engine import worker_locks
from operations import runner
from realtime.wakeup import WakeUpListener

from . import claims, intermediates, sweep
from .places import is_a_ring_live
from .planning import WAKE_UP
from .task_run import Operate, carry_out

logger = logging.getLogger(__name__)

QUIET_SECONDS = 20.0  # without work, before the process ends
LOOK_SECONDS = 1.0
SWEEP_SECONDS = 5.0


class FilmWorker:
    """`place` 0 works always, the others only while no ring lives."""

    def __init__(
        self,
        place: int = 0,
        *,
        quiet_seconds: float = QUIET_SECONDS,
        operate: Operate = runner.run,
    ) -> None:
        self._place, self._quiet_seconds, self._operate = place, quiet_seconds, operate
        self.name, self._lock_file = worker_locks.register_worker()
        self._wakeups = WakeUpListener(WAKE_UP)
        self._leaving = False
        self._swept = float("-inf")

    def run(self) -> None:
        """Until there has been nothing to do for a while, or somebody asks it to leave."""
        signal.signal(signal.SIGTERM, self.leave)
        signal.signal(signal.SIGINT, self.leave)
        logger.info("place %s is at work as %s", self._place, self.name)
        busy_at = time.monotonic()
        while not self._leaving and time.monotonic() - busy_at < self._quiet_seconds:
            try:
                if self.work_once():
                    busy_at = time.monotonic()
                    continue
            except DatabaseError:
                logger.warning("The database did not answer.", exc_info=True)
                connection.close()
            if self._place and is_a_ring_live():
                return
            self._wakeups.wait(LOOK_SECONDS)

    def close(self) -> None:
        """It is gone: whatever it held is free."""
        self._wakeups.close()
        self._lock_file.close()

    def leave(self, *_: object) -> None:
        """Give back what is at hand, and end."""
        self._leaving = True

    def work_once(self) -> bool:
        """Carry out a task, if there is one for us."""
        self._sweep_if_due()
        if self._must_yield() or not intermediates.has_room():
            return False
        claim = claims.claim_next_task(worker=self.name, at=timezone.now())
        if claim is None:
            return False
        carry_out(
            claim,
            must_leave=lambda: self._leaving or self._must_yield(),
            operate=self._operate,
        )
        return True

    def _must_yield(self) -> bool:
        return self._place > 0 and is_a_ring_live()

    def _sweep_if_due(self) -> None:
        now = time.monotonic()
        if now - self._swept >= SWEEP_SECONDS:
            self._swept = now
            sweep.sweep(timezone.now())
            sweep.release_films_of_lost_hosts(timezone.now())
