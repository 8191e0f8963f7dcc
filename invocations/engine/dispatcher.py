"""Due rows become queue messages, the moment they are due; and the broker that delivers them.

The invocation's row is the queue: its state and due time say what is to be done, so nothing has to
be enqueued, acknowledged or redelivered. A message says "look at row N" and may be lost or
repeated; the claim decides.
"""

from __future__ import annotations

import logging
import time
import uuid
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from django.conf import settings
from django.db import Error as DatabaseError
from django.db import connection
from django.utils import timezone
from django_q.brokers.orm import ORM
from django_q.conf import Conf
from django_q.signing import SignedPackage

from invocations.models import Invocation, WorkerHeartbeat
from realtime import wakeup
from realtime.wakeup import WakeUpListener

from . import claims, periodic_tasks, sweep, worker_locks

logger = logging.getLogger(__name__)

Message = tuple[str, str]  # how to acknowledge it, and the signed task

MAX_WAIT_SECONDS = 0.5  # seconds; django-q2 looks at its stop signal in between
SWEEP_SECONDS = 1.0
CANARY_SECONDS = 2.0
CLUSTER_HEARTBEAT_SECONDS = 10.0
TIDY_SECONDS = 3600.0
DISPATCH_AGAIN_SECONDS = 1.0  # a row that nobody took is offered once more after this long
BATCH = 16

CANARY = "canary"
ROW = "row"


class Dispatcher:
    """Lives in the pusher process of a cluster."""

    def __init__(self) -> None:
        self._listener = WakeUpListener("work")
        self._offered: dict[int, float] = {}
        self._swept = self._canary_sent = 0.0
        self._tidied = time.monotonic()
        self._clock = sweep.Clock()
        self._repaired = False
        worker_locks.remove_dead_locks()

    def close(self) -> None:
        self._listener.close()

    def next_messages(self) -> list[Message]:
        """Messages for what is due; waits up to `MAX_WAIT_SECONDS` for something to become due.

        A database that is away is waited out: the cluster must not give up because of it, nor be
        taken for one that stands still, because running calls would end with it.
        """
        try:
            return self._sweep_and_dispatch()
        except DatabaseError:
            logger.warning("The database did not answer.", exc_info=True)
            connection.close()
            time.sleep(MAX_WAIT_SECONDS)
            return self._canary_if_due(time.monotonic())

    def _sweep_and_dispatch(self) -> list[Message]:
        now = time.monotonic()
        if not self._repaired:
            sweep.repair(timezone.now())
            self._repaired = True
        if canary := self._canary_if_due(now):  # first: what follows may take long
            return canary
        if now - self._swept >= SWEEP_SECONDS:
            self._clock.adjust()
            swept = sweep.sweep(timezone.now())
            self._swept = time.monotonic()
            if swept.to_cancel:
                return [(ROW, _task("invocations.tasks.cancel", t)) for t in swept.to_cancel]
            if found := periodic_tasks.due_tasks(timezone.now()):
                return [(ROW, _task(task, key)) for task, key in found]
        if now - self._tidied >= TIDY_SECONDS:
            self._tidied = now
            return [(ROW, _task("invocations.tasks.tidy"))]
        if first := self._due():
            return first
        named = {payload for _, payload in self._listener.wait(self._pause()) if payload.isdigit()}
        new = [pk for pk in sorted(map(int, named)) if pk not in self._offered]
        return (
            self._offer(new) if new else self._due()
        )  # what else is due is found in the next turn

    def _canary_if_due(self, now: float) -> list[Message]:
        if now - self._canary_sent < CANARY_SECONDS:
            return []
        self._canary_sent = now
        return [(CANARY, _task("invocations.tasks.canary"))]

    def _due(self) -> list[Message]:
        now = time.monotonic()
        self._offered = {
            pk: since for pk, since in self._offered.items() if now - since < DISPATCH_AGAIN_SECONDS
        }
        due = Invocation.objects.due(timezone.now()).offered(claims.local_offer())
        rows = due.exclude(pk__in=self._offered)
        return self._offer(list(rows.values_list("pk", flat=True)[:BATCH]))

    def _offer(self, pks: Sequence[int]) -> list[Message]:
        self._offered |= dict.fromkeys(pks, time.monotonic())
        return [(ROW, _task("invocations.tasks.look", pk)) for pk in pks]

    def _pause(self) -> float:
        """Seconds until the next row falls due, at most `MAX_WAIT_SECONDS`."""
        coming = (
            Invocation.objects.upcoming(timezone.now()).values_list("due_at", flat=True).first()
        )
        if coming is None:
            return MAX_WAIT_SECONDS
        return min(MAX_WAIT_SECONDS, max(0.0, (coming - timezone.now()).total_seconds()))


class ClusterHeartbeat:
    """What a worker leaves when a canary has come all the way round the queue."""

    def __init__(self) -> None:
        self._beaten = 0.0
        self._file = Path(settings.RUN_DIR) / "qcluster.alive"

    def show(self) -> None:
        self._file.touch()
        now = time.monotonic()
        if now - self._beaten < CLUSTER_HEARTBEAT_SECONDS:
            return
        self._beaten = now
        try:
            WorkerHeartbeat.beat(worker_locks.host_name(), at=timezone.now())
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


ORDINARY_TASKS_SECONDS = 1.0  # they are few, and enqueuing one wakes the dispatcher as well


class RowBroker(ORM):  # type: ignore[misc]
    """Made before the fork, used after it: what belongs to one process is made at its first use."""

    _dispatcher: Dispatcher | None = None
    _heartbeat: ClusterHeartbeat | None = None
    _looked = 0.0

    def enqueue(self, task: str) -> Any:
        key = super().enqueue(task)
        wakeup.notify("work")
        return key

    def dequeue(self) -> list[tuple[Any, str]] | None:
        if self._dispatcher is None:
            self._dispatcher = Dispatcher()
        try:
            ordinary = self._ordinary()  # first: no due step is to wait for it
        except DatabaseError:  # the dispatcher says so, and waits
            ordinary = []
        return ordinary or list(self._dispatcher.next_messages())

    def _ordinary(self) -> list[tuple[Any, str]]:
        """Tasks put in with `async_task`; the stock broker sleeps when there are none."""
        now = time.monotonic()
        if now - self._looked < ORDINARY_TASKS_SECONDS:
            return []
        self._looked = now
        waiting = self.get_connection().filter(key=self.list_key, lock__lt=timezone.now())
        return list(super().dequeue() or []) if waiting[: Conf.BULK].exists() else []

    def acknowledge(self, task_id: Any) -> Any:
        if task_id == ROW:
            return None
        if task_id == CANARY:
            if self._heartbeat is None:
                self._heartbeat = ClusterHeartbeat()
            return self._heartbeat.show()
        return super().acknowledge(task_id)

    def fail(self, task_id: Any) -> None:
        if task_id not in (ROW, CANARY):
            super().fail(task_id)
