"""Who is alive but does nothing: a web server that does not answer, a queue that stands still."""

from __future__ import annotations

import contextlib
import math
import selectors
import socket
import time
from pathlib import Path

from panic.supervisor.patience import StartPatience

PROBE_SECONDS = 5.0
PROBE_TIMEOUT_SECONDS = 4.0
FIRST_PROBE_SECONDS = 0.25  # until it has answered once
MAX_FAILURES = 3
HEARTBEAT_SECONDS = 8.0


class WebProbe:
    """Asks `/healthz` without waiting for it; not to be told "200" three times in a row is a failure."""

    complaint = "does not answer"

    def __init__(self, selector: selectors.BaseSelector, address: tuple[str, int]) -> None:
        self.answered_at = 0.0
        self._selector = selector
        self._address = address
        self._socket: socket.socket | None = None
        self._asked = 0.0
        self._next = 0.0
        self._failures = 0
        self._patience = StartPatience()

    def begin(self, group: int) -> None:
        """A new process has started: its record is clean."""
        self._close()
        self._failures = 0
        self.answered_at = 0.0
        self._patience.begin(group)
        self._next = time.monotonic() + FIRST_PROBE_SECONDS

    def give_up(self) -> None:
        if not self.answered_at:
            self._patience.was_too_short()

    def tick(self, now: float) -> None:
        if self._socket is None:
            if now >= self._next:
                self._ask(now)
        elif now - self._asked > PROBE_TIMEOUT_SECONDS:
            self._failed(now)

    def wake_at(self) -> float:
        return self._next if self._socket is None else self._asked + PROBE_TIMEOUT_SECONDS

    def is_ready(self) -> bool:
        return bool(self.answered_at)

    def is_lost(self, now: float) -> bool:
        if not self.answered_at:
            return self._patience.is_over(now)
        return self._failures >= MAX_FAILURES

    def _on_socket_event(self) -> None:
        """The selector says that something happened on the probe's socket."""
        if self._socket is None:
            return
        try:
            if self._selector.get_key(self._socket).events & selectors.EVENT_WRITE:
                self._socket.sendall(b"GET /healthz HTTP/1.0\r\nHost: localhost\r\n\r\n")
                self._selector.modify(self._socket, selectors.EVENT_READ, self._on_socket_event)
                return
            answer = self._socket.recv(64)
        except OSError:
            answer = b""
        now = time.monotonic()
        if not answer.startswith((b"HTTP/1.0 200", b"HTTP/1.1 200")):
            self._failed(now)
            return
        self._close()
        self._failures = 0
        if not self.answered_at:
            self.answered_at = now
            self._patience.has_begun_well(now)
        self._next = now + PROBE_SECONDS

    def _ask(self, now: float) -> None:
        family = socket.AF_INET6 if ":" in self._address[0] else socket.AF_INET
        self._asked = now
        self._socket = socket.socket(family, socket.SOCK_STREAM | socket.SOCK_NONBLOCK)
        with contextlib.suppress(OSError):
            self._socket.connect_ex(self._address)
        self._selector.register(self._socket, selectors.EVENT_WRITE, self._on_socket_event)

    def _failed(self, now: float) -> None:
        self._close()
        self._failures += 1
        self._next = now + (PROBE_SECONDS if self.answered_at else FIRST_PROBE_SECONDS)

    def _close(self) -> None:
        if self._socket is not None:
            with contextlib.suppress(KeyError, ValueError):
                self._selector.unregister(self._socket)
            self._socket.close()
            self._socket = None


class Heartbeat:
    """A file whose time changes as long as a canary gets through the whole queue.

    Only changes are counted, on the monotonic clock: neither a sleeping laptop nor a corrected
    clock looks like a queue that stands still.
    """

    complaint = "stands still"

    def __init__(self, path: Path, *, seconds: float = HEARTBEAT_SECONDS) -> None:
        self._path = path
        self._seconds = seconds
        self._mtime = 0
        self._seen = False
        self._changed = time.monotonic()
        self._patience = StartPatience()

    def begin(self, group: int) -> None:
        self._mtime = self._read()
        self._seen = False
        self._changed = time.monotonic()
        self._patience.begin(group)

    def give_up(self) -> None:
        if not self._seen:
            self._patience.was_too_short()

    def tick(self, now: float) -> None:
        mtime = self._read()
        if mtime != self._mtime:
            if not self._seen:
                self._patience.has_begun_well(now)
            self._mtime, self._changed, self._seen = mtime, now, True

    def wake_at(self) -> float:
        return math.inf  # the supervisor's own tick is often enough

    def is_ready(self) -> bool:
        return True  # pages do not wait for it

    def is_lost(self, now: float) -> bool:
        if not self._seen:
            return self._patience.is_over(now)
        return now - self._changed > self._seconds

    def _read(self) -> int:
        try:
            return self._path.stat().st_mtime_ns
        except OSError:
            return 0
