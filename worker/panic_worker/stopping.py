"""How work that is under way is told to end, by whoever wants it to."""

from __future__ import annotations

import threading
from collections.abc import Callable
from enum import StrEnum

from .failures import WorkStopped


class StopCause(StrEnum):
    """Why, which decides what the server is told."""

    CANCELLED = "cancelled"  # the server said so
    STALE = "stale"  # it belongs to somebody else: nothing is told
    DEADLINE = "deadline"
    SHUTDOWN = "shutdown"  # this program ends


class StopSignal:
    """Set once; the first cause stays. Callbacks run in the thread that requests the stop."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._callbacks: list[Callable[[], object]] = []
        self._requested = threading.Event()
        self.cause: StopCause | None = None
        self.sentence = ""

    @property
    def is_requested(self) -> bool:
        return self._requested.is_set()

    def request(self, cause: StopCause, sentence: str = "") -> None:
        with self._lock:
            if self.cause is not None:
                return
            self.cause, self.sentence = cause, sentence
            callbacks, self._callbacks = self._callbacks, []
            self._requested.set()
        for callback in callbacks:
            callback()

    def on_request(self, callback: Callable[[], object]) -> None:
        """Call it at the stop, or now where the stop was already."""
        with self._lock:
            if self.cause is None:
                self._callbacks.append(callback)
                return
        callback()

    def wait(self, seconds: float | None) -> bool:
        """Whether the stop came within the time."""
        return self._requested.wait(seconds)

    def check(self) -> None:
        """Raises WorkStopped where the stop was requested."""
        if self.is_requested:
            raise WorkStopped(self.sentence)
