"""Sockets that stay, as the browser's script does: acknowledge, answer pings, come back by cursor."""

from __future__ import annotations

import json
import threading
import time
from contextlib import suppress
from typing import Any
from urllib.parse import urlencode

from websockets.exceptions import WebSocketException
from websockets.sync.client import ClientConnection, connect

BEGIN_ANEW = 4410
RETRY_SECONDS = 0.2


class Follower:
    """One socket: which steps it was told were completed, in the order in which it was told."""

    def __init__(self, url: str, *, cursor: str = "") -> None:
        self.completed: list[int] = []
        self.closes: list[int] = []
        self.stopped = threading.Event()
        self.resyncs = 0
        self.connected = threading.Event()
        self._url = url
        self.cursor = cursor
        self._leaving = threading.Event()
        self._socket: ClientConnection | None = None
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._thread.start()

    def leave(self) -> None:
        self._leaving.set()
        if self._socket is not None:
            with suppress(OSError, WebSocketException):
                self._socket.close()
        self._thread.join(10)

    def gaps(self) -> list[tuple[int, int]]:
        """Where a step was left out, repeated, or came before its time."""
        pairs = zip(self.completed, self.completed[1:], strict=False)
        return [(a, b) for a, b in pairs if b != a + 1]

    def _run(self) -> None:
        while not self._leaving.is_set():
            query = f"?{urlencode({'cursor': self.cursor})}" if self.cursor else ""
            with (
                suppress(OSError, WebSocketException),
                connect(self._url + query, open_timeout=60, close_timeout=1) as socket,
            ):
                self._socket = socket
                self._follow(socket)
            time.sleep(RETRY_SECONDS)

    def _follow(self, socket: ClientConnection) -> None:
        try:
            for text in socket:
                self._receive(socket, json.loads(text))
        finally:
            self.closes.append(socket.close_code or 0)
            if socket.close_code == BEGIN_ANEW:
                self.cursor = ""

    def _receive(self, socket: ClientConnection, frame: dict[str, Any]) -> None:
        if frame["type"] == "ping":
            socket.send('{"type":"pong"}')
            return
        if frame["type"] == "welcome":
            self.resyncs += bool(self.cursor) and not frame["recovered"]
            self.connected.set()
        if frame.get("event") == "run.stopped":
            self.stopped.set()
        if frame.get("event") == "invocation.completed":
            self.completed.append(frame["data"]["sequence"])
        self.cursor = frame["cursor"]
        socket.send(json.dumps({"type": "ack", "cursor": self.cursor}))
