"""Processor time of other processes, from the kernel's own clocks.

Unlike wall time it hardly depends on what else the machine does.
"""

from __future__ import annotations

import contextlib
import sys
import time
from collections.abc import Callable, Iterable

import psutil

FindProcesses = Callable[[], list[int]]
_HAS_CLOCKS = sys.platform.startswith("linux")
_SCHEDULER_CLOCK = 2  # CPUCLOCK_SCHED: all threads of a process, also those that have ended


class ProcessorTime:
    """What some processes have used; one that has ended keeps its share."""

    def __init__(self, find: FindProcesses) -> None:
        self._find = find
        self._seconds: dict[int, float] = {}

    def seconds(self) -> float:
        for pid in self._find():
            with contextlib.suppress(OSError, psutil.Error):
                self._seconds[pid] = processor_seconds(pid)
        return sum(self._seconds.values())


def processor_seconds(pid: int) -> float:
    """Raises OSError or psutil.Error where there is no such process."""
    if _HAS_CLOCKS:  # nanoseconds, as clock_getcpuclockid(3) composes it
        return time.clock_gettime((~pid << 3) | _SCHEDULER_CLOCK)
    times = psutil.Process(pid).cpu_times()
    return float(times.user + times.system)


def tree(pid: int) -> FindProcesses:
    """A process with all that it has started."""

    def find() -> list[int]:
        try:
            root = psutil.Process(pid)
            return [pid, *(child.pid for child in root.children(recursive=True))]
        except psutil.Error:
            return []

    return find


def fixed(pids: Iterable[int]) -> FindProcesses:
    """Always these."""
    known = list(pids)
    return lambda: known


def postgres_backends(database: str) -> FindProcesses:
    """The processes that serve a database's connections; none where the server is elsewhere."""

    def find() -> list[int]:
        return [
            process.pid
            for process in psutil.process_iter(["cmdline"])
            if (line := " ".join(process.info["cmdline"] or [])).startswith("postgres:")
            and f" {database} " in f"{line} "
        ]

    return find
