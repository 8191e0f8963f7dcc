"""Token buckets: how often somebody may do something, in the memory of this process.

A bucket holds a minute's turns, or those of the seconds it is made for, and fills up evenly.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable

MINUTE = 60.0
MAX_CALLERS = 10_000  # those whose bucket is full again are forgotten first


class Buckets:
    """When each bucket will be full again."""

    def __init__(
        self, clock: Callable[[], float] = time.monotonic, *, holds_seconds: float = MINUTE
    ) -> None:
        self._clock = clock
        self._holds_seconds = holds_seconds
        self._full_at: dict[str, float] = {}
        self._lock = threading.Lock()

    def take(self, who: str, per_minute: int, calls: int = 1) -> float:
        """Take so many calls out of `who`'s bucket; else the seconds until there are that many, and nothing is
        taken."""
        now, each = self._clock(), calls * MINUTE / per_minute
        with self._lock:
            full_at = max(self._full_at.get(who, now), now) + each
            if full_at - now > self._holds_seconds:
                return full_at - now - self._holds_seconds
            if len(self._full_at) >= MAX_CALLERS and who not in self._full_at:
                self._forget(now)
            self._full_at[who] = full_at
        return 0.0

    def wait(self, who: str, per_minute: int) -> float:
        """The seconds until `who`'s bucket has a call; 0 where it has one. Takes nothing."""
        now = self._clock()
        with self._lock:
            full_at = max(self._full_at.get(who, now), now) + MINUTE / per_minute
        return max(0.0, full_at - now - self._holds_seconds)

    def give_back(self, who: str, per_minute: int, calls: int) -> None:
        """Put so many calls back into `who`'s bucket; it never holds more than when it is full."""
        with self._lock:
            if who in self._full_at:
                self._full_at[who] -= calls * MINUTE / per_minute

    def _forget(self, now: float) -> None:
        self._full_at = {who: at for who, at in self._full_at.items() if at > now}
        if len(self._full_at) >= MAX_CALLERS:
            self._full_at.clear()
