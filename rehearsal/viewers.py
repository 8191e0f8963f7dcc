"""Viewers that follow a network over WebSockets, and record what they receive."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager

from websockets.exceptions import WebSocketException
from websockets.sync.client import ClientConnection, connect

RECONNECT_SECONDS = 0.2
RECEIVE_SECONDS = 1.0


class Viewer(threading.Thread):
    """One viewer; reconnects with its cursor whenever the connection is lost."""

    def __init__(self, url: str, token: str) -> None:
        super().__init__(daemon=True)
        self.connections = 0
        self.resyncs = -1  # the first welcome does not count
        self.faults: list[str] = []
        self.position = -1
        self._url, self._token = url, token
        self._cursor = ""
        self._over = threading.Event()

    def run(self) -> None:
        while not self._over.is_set():
            address = f"{self._url}?cursor={self._cursor}" if self._cursor else self._url
            headers = {"Authorization": self._token}
            try:
                with connect(address, additional_headers=headers, proxy=None) as socket:
                    self.connections += 1
                    self._watch(socket)
            except (OSError, WebSocketException):
                self._over.wait(RECONNECT_SECONDS)

    def close(self) -> None:
        self._over.set()
        self.join(10)

    def _watch(self, socket: ClientConnection) -> None:
        while not self._over.is_set():
            try:
                frame = json.loads(socket.recv(timeout=RECEIVE_SECONDS))
            except TimeoutError:
                continue
            if frame["type"] == "ping":
                socket.send(json.dumps({"type": "pong"}))
            elif frame["type"] == "welcome":
                self._handle_welcome(frame["cursor"], recovered=frame["recovered"])
            elif frame["type"] == "event":
                self._handle_event(frame["cursor"])
                socket.send(json.dumps({"type": "ack", "cursor": frame["cursor"]}))

    def _handle_welcome(self, cursor: str, *, recovered: bool) -> None:
        if recovered:
            return  # the missed events follow
        self.resyncs += 1
        self._cursor, self.position = cursor, _number(cursor)

    def _handle_event(self, cursor: str) -> None:
        number = _number(cursor)
        if number != self.position + 1:
            self.faults.append(f"event {number} came after {self.position}")
        self._cursor, self.position = cursor, number


def _number(cursor: str) -> int:
    return int(cursor.rpartition(":")[2])


@contextmanager
def connected_viewers(count: int, url: str, token: str) -> Iterator[list[Viewer]]:
    """`count` viewers, connected until the block ends."""
    watching = [Viewer(url, token) for _ in range(count)]
    for viewer in watching:
        viewer.start()
    try:
        yield watching
    finally:
        for viewer in watching:
            viewer.close()
