"""The guard of a cluster, in the process of the command: it forks the others and replaces what dies.

django-q2's `Cluster` forks a process for its guard and only waits for it, which takes 13 MB.
"""

from __future__ import annotations

import os
import select
import signal
import threading
import uuid

from django_q.cluster import Sentinel

from .cluster import die_with_parent


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


def guard_cluster() -> None:
    """Run a cluster until SIGTERM or SIGINT; returns when all its processes have ended."""
    os.register_at_fork(after_in_child=_begin_child)
    stop = ClusterStop()
    sentinel = Sentinel(stop, threading.Event(), uuid.uuid4(), start=False)
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, stop.set)
    sentinel.start()


def _begin_child() -> None:
    """Killed alone, the stock guard leaves its processes working on as orphans; and none of them has
    its way to end."""
    signal.signal(signal.SIGTERM, signal.SIG_DFL)
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    die_with_parent()
