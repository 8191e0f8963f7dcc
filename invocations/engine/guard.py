"""The guard of a cluster, in the process of the command: it forks the others and replaces what dies.

django-q2's `Cluster` forks a process for its guard and only waits for it, which takes 13 MB; its
`Sentinel` forks another one, the monitor, for what a worker can do itself when a task has ended: 10 MB.
"""

from __future__ import annotations

import logging
import os
import select
import signal
import threading
import uuid
from typing import Any

from django.db import Error as DatabaseError
from django.db import connection
from django_q.brokers import Broker
from django_q.cluster import Sentinel
from django_q.monitor import save_cached, save_task
from django_q.signals import post_execute
from django_q.worker import worker

from lib.parent_process import end_with_parent

from .cluster import SharedNumber

logger = logging.getLogger(__name__)
IDLE = -1.0  # the timer of a worker that the guard does not count


class ClusterStop:
    """As much of `multiprocessing.Event` as the guard uses. A signal handler may set it while the
    same process waits for it, which would block the other one for ever."""

    def __init__(self) -> None:
        self._reading, self._writing = os.pipe()

    def set(self, *_signal: object) -> None:
        os.write(self._writing, b"\0")  # never read, so that it stays set

    def is_set(self) -> bool:
        return self.wait(0.0)

    def wait(self, seconds: float) -> bool:
        """Whether it is set, at the latest after `seconds`."""
        return bool(select.select([self._reading], [], [], seconds)[0])

    def close(self) -> None:
        os.close(self._reading)
        os.close(self._writing)


class EndedTasks:
    """Where a worker puts a task that has ended: it is closed at once, by the worker itself. Its time is
    not counted meanwhile, as the database may be locked for longer than a task has."""

    def __init__(self, broker: Broker, timer: SharedNumber) -> None:
        self._broker = broker
        self._timer = timer

    def put(self, task: dict[str, Any]) -> None:
        self._timer.value = IDLE
        try:
            self._close(task)
        except DatabaseError:  # the task stays in the queue, and is done once more
            logger.exception("%s was not acknowledged", task["func"])
            connection.close()

    def _close(self, task: dict[str, Any]) -> None:
        """As the stock monitor does."""
        if task.get("cached", False):
            save_cached(task, self._broker)
        else:
            save_task(task, self._broker)
        ack_id = task.pop("ack_id", False)
        if ack_id and (task["success"] or task.get("ack_failure", False)):
            self._broker.acknowledge(ack_id)
        post_execute.send(sender="django_q", task=task)
        if not task["success"]:
            logger.error("%s failed: %s", task["func"], task["result"])


class NoMonitor:
    """In the place of the monitor's process: it lives as long as there are workers.

    Not until the cluster is to stop: the guard may be told so between two of its looks, and would replace it.
    """

    pid = 0

    def __init__(self, pool: list[Any]) -> None:
        self._pool = pool

    def is_alive(self) -> bool:
        return bool(self._pool)


class Guard(Sentinel):  # type: ignore[misc]
    """A sentinel whose workers close their tasks themselves."""

    def spawn_worker(self) -> None:
        timer = SharedNumber("f", IDLE)
        ended = EndedTasks(self.broker, timer)
        self.spawn_process(worker, self.task_queue, ended, timer, self.timeout)

    def spawn_monitor(self) -> NoMonitor:
        return NoMonitor(self.pool)


def guard_cluster() -> None:
    """Run a cluster until SIGTERM or SIGINT; returns when all its processes have ended."""
    os.register_at_fork(after_in_child=_begin_child)
    stop = ClusterStop()
    guard = Guard(stop, threading.Event(), uuid.uuid4(), start=False)
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, stop.set)
    guard.start()


def _begin_child() -> None:
    """Killed alone, the stock guard leaves its processes working on as orphans; and none of them has
    its way to end."""
    signal.signal(signal.SIGTERM, signal.SIG_DFL)
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    end_with_parent()
