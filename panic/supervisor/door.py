"""The model host's door: a socket that is there from the start, with nobody behind it until a knock."""

from __future__ import annotations

import contextlib
import selectors
import socket
import sys
import time
from collections.abc import Callable
from pathlib import Path

from .child import Child


class ModelDoor:
    """Starts the model host when somebody connects, and again when somebody does after it ended."""

    def __init__(
        self,
        selector: selectors.BaseSelector,
        listener: socket.socket,
        manage: str,
        start: Callable[[Child], None],
    ) -> None:
        self._selector = selector
        self._socket = listener
        self._start = start
        self._watched = False
        number = listener.fileno()
        self.host = Child(
            "models",
            [sys.executable, manage, "modelhost"],
            environment=lambda: {"PANIC_LISTEN_FD": str(number)},
            pass_fds=[number],
        )

    def tick(self, now: float) -> None:
        """Listen for knocks while nobody is there and the pause after an early death is over."""
        if not self._watched and not self.host.running and now >= self.host.start_at:
            self._selector.register(self._socket, selectors.EVENT_READ, self._knocked)
            self._watched = True

    def wake_at(self) -> float:
        waiting = not self._watched and not self.host.running
        return self.host.start_at if waiting else time.monotonic() + 60

    def close(self) -> None:
        self._unwatch()
        path = self._socket.getsockname()
        self._socket.close()
        with contextlib.suppress(OSError):
            Path(path).unlink()

    def _knocked(self) -> None:
        self._unwatch()  # from here on the host itself answers
        self._start(self.host)

    def _unwatch(self) -> None:
        if self._watched:
            self._selector.unregister(self._socket)
            self._watched = False
