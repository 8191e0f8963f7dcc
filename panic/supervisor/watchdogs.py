"""Who is alive but does nothing: a web server that does not answer, a queue that stands still."""

from __future__ import annotations

import contextlib
import selectors
import socket
import time
from pathlib import Path

PROBE_EVERY = 5.0
PROBE_TIMEOUT = 4.0
PROBE_FIRST = 0.25  # until it has answered once
FAILURES = 3
FIRST_ANSWER = 60.0
FIRST_SIGN = 60.0
SIGN_EVERY = 8.0


class WebProbe:
    """Asks `/healthz` without waiting for it; three silences in a row are a failure."""

    def __init__(self, selector: selectors.BaseSelector, address: tuple[str, int]) -> None:
        self.answered_at = 0.0
        self._selector = selector
        self._address = address
        self._socket: socket.socket | None = None
        self._asked = 0.0
        self._next = 0.0
        self._failures = 0
        self._since = time.monotonic()

    def begin(self) -> None:
        """A new process has started: its record is clean."""
        self._close()
        self._failures = 0
        self.answered_at = 0.0
        self._since = time.monotonic()
        self._next = self._since + PROBE_FIRST

    def tick(self, now: float) -> None:
        if self._socket is None:
            if now >= self._next:
                self._ask(now)
        elif now - self._asked > PROBE_TIMEOUT:
            self._failed(now)

    def wake_at(self) -> float:
        return self._next if self._socket is None else self._asked + PROBE_TIMEOUT

    def dead(self, now: float) -> bool:
        if not self.answered_at:
            return now - self._since > FIRST_ANSWER
        return self._failures >= FAILURES

    def ready(self) -> None:
        """The selector says that something happened on the probe's socket."""
        if self._socket is None:
            return
        try:
            if self._selector.get_key(self._socket).events & selectors.EVENT_WRITE:
                self._socket.sendall(b"GET /healthz HTTP/1.0\r\nHost: localhost\r\n\r\n")
                self._selector.modify(self._socket, selectors.EVENT_READ, self.ready)
                return
            answer = self._socket.recv(64)
        except OSError:
            answer = b""
        now = time.monotonic()
        if not answer.startswith(b"HTTP/1."):
            self._failed(now)
            return
        self._close()
        self._failures = 0
        self.answered_at = self.answered_at or now
        self._next = now + PROBE_EVERY

    def _ask(self, now: float) -> None:
        family = socket.AF_INET6 if ":" in self._address[0] else socket.AF_INET
        self._asked = now
        self._socket = socket.socket(family, socket.SOCK_STREAM | socket.SOCK_NONBLOCK)
        with contextlib.suppress(OSError):
            self._socket.connect_ex(self._address)
        self._selector.register(self._socket, selectors.EVENT_WRITE, self.ready)

    def _failed(self, now: float) -> None:
        self._close()
        self._failures += 1
        self._next = now + (PROBE_EVERY if self.answered_at else PROBE_FIRST)

    def _close(self) -> None:
        if self._socket is not None:
            with contextlib.suppress(KeyError, ValueError):
                self._selector.unregister(self._socket)
            self._socket.close()
            self._socket = None


class SignOfLife:
    """A file whose time changes as long as a canary gets through the whole queue.

    Only changes are counted, on the monotonic clock: neither a sleeping laptop nor a corrected
    clock looks like a queue that stands still.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._mtime = 0
        self._seen = False
        self._changed = time.monotonic()

    def begin(self) -> None:
        self._mtime = self._read()
        self._seen = False
        self._changed = time.monotonic()

    def lost(self, now: float) -> bool:
        mtime = self._read()
        if mtime != self._mtime:
            self._mtime, self._changed, self._seen = mtime, now, True
        return now - self._changed > (SIGN_EVERY if self._seen else FIRST_SIGN)

    def _read(self) -> int:
        try:
            return self._path.stat().st_mtime_ns
        except OSError:
            return 0
