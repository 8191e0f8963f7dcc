"""Measures how long this machine does not schedule a process: the accuracy of its times."""

from __future__ import annotations

import threading
import time

INTERVAL_SECONDS = 0.02


class StallMonitor(threading.Thread):
    """Sleeps in short intervals and keeps the longest delay of a wake-up."""

    def __init__(self) -> None:
        super().__init__(daemon=True)
        self.longest = 0.0
        self._over = threading.Event()

    def run(self) -> None:
        before = time.monotonic()
        while not self._over.wait(INTERVAL_SECONDS):
            now = time.monotonic()
            self.longest = max(self.longest, now - before - INTERVAL_SECONDS)
            before = now

    def __enter__(self) -> StallMonitor:
        self.start()
        return self

    def __exit__(self, *details: object) -> None:
        self._over.set()
        self.join()
