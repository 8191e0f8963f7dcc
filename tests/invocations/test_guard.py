"""The guard of the queue's processes: how it is stopped, and what all of them have in common."""

from __future__ import annotations

import os
import signal
import threading
import uuid
from collections.abc import Iterator
from datetime import timedelta
from multiprocessing.synchronize import Event
from typing import Any

import pytest
from django.db import OperationalError
from django.utils import timezone
from django_q.conf import Conf
from django_q.models import OrmQ, Task
from django_q.tasks import async_task

from invocations.engine.cluster import SharedNumber
from invocations.engine.dispatcher import RowBroker
from invocations.engine.guard import IDLE, ClusterStop, EndedTasks, Guard


@pytest.fixture
def stop() -> Iterator[ClusterStop]:
    """Set by SIGUSR1."""
    stop = ClusterStop()
    before = signal.signal(signal.SIGUSR1, stop.set)
    yield stop
    signal.signal(signal.SIGUSR1, before)
    stop.close()


def test_a_signal_ends_the_wait_of_the_process_that_handles_it(stop: ClusterStop) -> None:
    assert not stop.is_set()
    threading.Timer(0.2, os.kill, (os.getpid(), signal.SIGUSR1)).start()

    assert stop.wait(60)


def test_it_stays_set_however_often_the_signal_comes(stop: ClusterStop) -> None:
    for _ in range(3):
        os.kill(os.getpid(), signal.SIGUSR1)

    assert stop.is_set()
    assert stop.wait(0)


def ended(**fields: Any) -> dict[str, Any]:
    """A task as a worker puts it when it has run."""
    async_task("invocations.tasks.canary")
    row = OrmQ.objects.get()
    then = timezone.now()
    times = {"started": then, "stopped": then + timedelta(seconds=1)}
    return {**row.task, **times, "ack_id": row.pk, "ack_failure": True, **fields}


@pytest.mark.django_db
def test_a_task_that_has_ended_is_acknowledged_by_its_worker_in_uncounted_time() -> None:
    timer = SharedNumber("f", 15.0)

    EndedTasks(RowBroker(), timer).put(ended(success=True, result=None))

    assert not OrmQ.objects.exists()
    assert not Task.objects.exists()
    assert timer.value == IDLE


@pytest.mark.django_db
def test_a_task_that_has_failed_is_kept_with_its_reason() -> None:
    EndedTasks(RowBroker(), SharedNumber("f", IDLE)).put(
        ended(success=False, result="no disk", sync=True)
    )

    assert not OrmQ.objects.exists()
    assert Task.objects.get().result == "no disk"


@pytest.mark.django_db
def test_a_task_stays_in_the_queue_while_the_database_is_away(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def fail(*_: object) -> None:
        raise OperationalError("no connection")

    monkeypatch.setattr(RowBroker, "acknowledge", fail)
    monkeypatch.setattr("invocations.engine.guard.connection.close", lambda: None)

    EndedTasks(RowBroker(), SharedNumber("f", IDLE)).put(ended(success=True, result=None))

    assert OrmQ.objects.exists()


class Living:
    """A process of the cluster, which lives until the cluster stops its processes."""

    pid = 1

    def __init__(self, stopped: Event) -> None:
        self.timer = SharedNumber("f", IDLE)
        self._stopped = stopped

    def is_alive(self) -> bool:
        return not self._stopped.is_set()


@pytest.mark.django_db
def test_a_cluster_that_is_to_stop_while_its_guard_looks_replaces_nothing(
    stop: ClusterStop,
) -> None:
    guard = Guard(stop, threading.Event(), uuid.uuid4(), broker=RowBroker(), start=False)
    guard.pool, guard.pusher = [Living(guard.event_out)], Living(guard.event_out)
    guard.monitor = guard.spawn_monitor()
    stop.set()

    guard.guard()

    assert guard.reincarnations == 0
    assert guard.status() == Conf.STOPPED
