"""How long this machine leaves a process without a turn: what its times are worth."""

from __future__ import annotations

import threading
import time

TURN = 0.02


class Hiccups(threading.Thread):
    """Sleeps for a moment, again and again, and remembers the longest it overslept."""

    def __init__(self) -> None:
        super().__init__(daemon=True)
        self.longest = 0.0
        self._over = threading.Event()

    def run(self) -> None:
        before = time.monotonic()
        while not self._over.wait(TURN):
            now = time.monotonic()
            self.longest = max(self.longest, now - before - TURN)
            before = now

    def __enter__(self) -> Hiccups:
        self.start()
        return self

    def __exit__(self, *details: object) -> None:
        self._over.set()
        self.join()
