"""How long a process has said nothing, and whether that is because others have the processor.

A nice process beside busy ones gets a two-hundredth of a core: then a picture takes minutes, and nothing hangs.
"""

from __future__ import annotations

import os
from pathlib import Path

START_SECONDS = 60.0  # until its first word: a busy machine takes its time
STARVED = 0.25  # of the silence: who got less of the processor, and wants it, is kept waiting
# Times the seconds after which a silent process has stalled: nothing is waited for longer
MOST = 15
GRACE_SECONDS = 5.0  # since it was last seen to wait for the processor


class SilenceWatch:
    """Of one process, from its start at `now` on (a monotonic clock, in seconds)."""

    def __init__(self, pid: int, stall_seconds: float, now: float) -> None:
        self._pid, self._stall = pid, stall_seconds
        self._heard = now + max(0.0, START_SECONDS - stall_seconds)
        self._used = 0.0
        self._starved = float("-inf")

    def hear(self, now: float) -> None:
        """It has said something."""
        self._heard = now
        self._used = self._look()[1]

    def is_stalled(self, now: float) -> bool:
        """Asked several times in a second."""
        silent = now - self._heard
        if self._stall / 2 < silent < MOST * self._stall and self._starves():
            self._starved = now
        return silent > self._stall and now - self._starved > GRACE_SECONDS

    def _starves(self) -> bool:
        wants, used = self._look()
        return wants and used - self._used < STARVED * self._stall

    def _look(self) -> tuple[bool, float]:
        """Whether it wants the processor, and how many seconds it had of it; no and none where the system does
        not say so."""
        try:
            told = Path(f"/proc/{self._pid}/stat").read_text().rpartition(")")[2].split()
        except OSError:
            return False, 0.0
        ticks = int(told[11]) + int(told[12])  # in its own code and in the kernel's
        return told[0] == "R", ticks / os.sysconf("SC_CLK_TCK")
