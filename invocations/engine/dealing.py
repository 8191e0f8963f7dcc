"""Dealing out due rows as queue messages, the moment they are due.

The invocation's row is the queue: its state and due time say what is to be done, so nothing has to
be enqueued, acknowledged or redelivered. A message says "look at row N" and may be lost or
repeated; the claim decides.
"""

from __future__ import annotations

import logging
import time
import uuid
from pathlib import Path

from django.conf import settings
from django.db import DatabaseError, connection
from django.utils import timezone
from django_q.signing import SignedPackage

from invocations.models import Invocation, WorkerHeartbeat
from realtime.wakeup import Listener

from . import errands, owners, sweep
from .clock import Clock

logger = logging.getLogger(__name__)

Message = tuple[str, str]  # how to acknowledge it, and the signed task

LONGEST_WAIT = 0.5  # seconds; django-q2 looks at its stop signal in between
SWEEP_EVERY = 1.0
CANARY_EVERY = 2.0
HEARTBEAT_EVERY = 10.0
TIDY_EVERY = 3600.0
OFFER_AGAIN = 1.0  # a row that nobody took is offered once more after this long
BATCH = 16

CANARY = "canary"
ROW = "row"


class Dealer:
    """Lives in the pusher process of a cluster."""

    def __init__(self) -> None:
        self._listener = Listener("work")
        self._offered: dict[int, float] = {}
        self._swept = self._sang = 0.0
        self._tidied = time.monotonic()
        self._clock = Clock()
        owners.forget_dead()
        sweep.repair(timezone.now())

    def close(self) -> None:
        self._listener.close()

    def deal(self) -> list[Message]:
        """Messages for what is due; waits up to `LONGEST_WAIT` for something to become due.

        A database that is away is waited out: the cluster must not give up because of it.
        """
        try:
            return self._sweep_and_deal()
        except DatabaseError:
            logger.warning("The database did not answer.", exc_info=True)
            connection.close()
            time.sleep(LONGEST_WAIT)
            return []

    def _sweep_and_deal(self) -> list[Message]:
        now = time.monotonic()
        if now - self._swept >= SWEEP_EVERY:
            self._swept = now
            self._clock.heed()
            swept = sweep.sweep(timezone.now())
            if swept.to_cancel:
                return [(ROW, _task("invocations.tasks.cancel", t)) for t in swept.to_cancel]
            if found := errands.due(timezone.now()):
                return [(ROW, _task(task, key)) for task, key in found]
        if now - self._tidied >= TIDY_EVERY:
            self._tidied = now
            return [(ROW, _task("invocations.tasks.tidy"))]
        if now - self._sang >= CANARY_EVERY:
            self._sang = now
            return [(CANARY, _task("invocations.tasks.canary"))]
        if due := self._due():
            return due
        self._listener.wait(self._pause())
        return self._due()

    def _due(self) -> list[Message]:
        now = time.monotonic()
        self._offered = {
            pk: since for pk, since in self._offered.items() if now - since < OFFER_AGAIN
        }
        rows = Invocation.objects.due(timezone.now()).exclude(pk__in=self._offered)
        pks = list(rows.values_list("pk", flat=True)[:BATCH])
        self._offered |= dict.fromkeys(pks, now)
        return [(ROW, _task("invocations.tasks.look", pk)) for pk in pks]

    def _pause(self) -> float:
        """Seconds until the next row falls due, at most `LONGEST_WAIT`."""
        coming = (
            Invocation.objects.upcoming(timezone.now()).values_list("due_at", flat=True).first()
        )
        if coming is None:
            return LONGEST_WAIT
        return min(LONGEST_WAIT, max(0.0, (coming - timezone.now()).total_seconds()))


class SignOfLife:
    """What the monitor process leaves when a canary has come all the way round the queue."""

    def __init__(self) -> None:
        self._beaten = 0.0
        self._file = Path(settings.RUN_DIR) / "qcluster.alive"

    def show(self) -> None:
        self._file.touch()
        now = time.monotonic()
        if now - self._beaten < HEARTBEAT_EVERY:
            return
        self._beaten = now
        try:
            WorkerHeartbeat.beat(owners.here(), at=timezone.now())
        except DatabaseError:
            connection.close()


def _task(function: str, *args: object) -> str:
    task_id = uuid.uuid4().hex
    return str(
        SignedPackage.dumps(
            {
                "id": task_id,
                "name": function,
                "func": function,
                "args": args,
                "kwargs": {},
                "started": timezone.now(),
                "ack_failure": True,
            }
        )
    )
