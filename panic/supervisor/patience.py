"""How long a new process may take to its first sign of life.

On a machine that is busy with other things a start takes minutes. Killing a process for that, and beginning
anew, makes it never come up; but one that hangs is to be started again soon.
"""

from __future__ import annotations

import os
import time
from collections.abc import Callable
from pathlib import Path

# For one that does not use the processor: it waits for what will not come
IDLE_START_SECONDS = 60.0
BUSY_START_SECONDS = 120.0  # for one that does; doubled each time that it did not suffice
MAX_START_SECONDS = 480.0
# So long without processor time it is idle; however full a machine is, all get some
IDLE_SECONDS = 20.0
SAMPLE_SECONDS = 5.0
CLOCK_TICKS = os.sysconf("SC_CLK_TCK")


def processor_seconds(group: int) -> float | None:
    """What the processes of this group have used together; None where the system does not say it."""
    used = found = 0
    for file in Path("/proc").glob("[0-9]*/stat"):
        try:
            # The name, in brackets, may hold anything; behind it come state, parent and group.
            fields = file.read_text(errors="replace").rpartition(")")[2].split()
        except OSError:
            continue  # it has ended
        if int(fields[2]) == group:
            found += 1
            used += int(fields[11]) + int(fields[12])
    return used / CLOCK_TICKS if found else None


class StartPatience:
    """The time until the first sign of one child, over all its restarts."""

    def __init__(self, used: Callable[[int], float | None] = processor_seconds) -> None:
        self._used_by = used
        self._busy_seconds = BUSY_START_SECONDS
        self.begin(0)

    def begin(self, group: int) -> None:
        """A new process has started, and leads this group."""
        self._group = group
        self._since = self._busy_at = self._sampled_at = time.monotonic()
        self._used: float | None = None

    def has_begun_well(self, now: float) -> None:
        """The first sign has come."""
        if now - self._since < IDLE_START_SECONDS:
            self._busy_seconds = BUSY_START_SECONDS

    def was_too_short(self) -> None:
        """The process is killed without a sign."""
        self._busy_seconds = min(MAX_START_SECONDS, 2 * self._busy_seconds)

    def is_over(self, now: float) -> bool:
        """To be asked often while there is no sign."""
        age = now - self._since
        if age > IDLE_START_SECONDS - 2 * IDLE_SECONDS and now - self._sampled_at >= SAMPLE_SECONDS:
            self._sample(now)
        if age <= IDLE_START_SECONDS:
            return False
        return age > self._busy_seconds or now - self._busy_at > IDLE_SECONDS

    def _sample(self, now: float) -> None:
        self._sampled_at = now
        used = self._used_by(self._group)
        if used is None or self._used is None or used != self._used:  # None: believed
            self._busy_at = now
        self._used = used
