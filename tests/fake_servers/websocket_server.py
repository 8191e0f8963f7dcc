"""The server's end of a WebSocket, for fake servers that have one beside their HTTP."""

from __future__ import annotations

import asyncio

from websockets.protocol import State
from websockets.server import ServerProtocol

from tests.fake_servers.http_server import Request, Response


class Socket:
    """Says what it is told to; what the client says is read and passed over."""

    def __init__(self, request: Request) -> None:
        self.protocol = ServerProtocol()
        self.writer: asyncio.StreamWriter | None = None
        self.early: list[str | bytes] = []
        lines = [f"{name}: {value}" for name, value in request.headers.items()]
        head = "\r\n".join([f"GET {request.path} HTTP/1.1", *lines, "", ""])
        self.protocol.receive_data(head.encode())
        (asked,) = self.protocol.events_received()
        self.protocol.send_response(self.protocol.accept(asked))  # type: ignore[arg-type]

    def say(self, words: str | bytes) -> None:
        if self.writer is None:
            self.early.append(words)
        elif self.protocol.state is State.OPEN:
            if isinstance(words, str):
                self.protocol.send_text(words.encode())
            else:
                self.protocol.send_binary(words)
            self._flush()

    async def talk(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.writer = writer
        self._flush()
        for words in self.early:
            self.say(words)
        while data := await reader.read(65_536):
            self.protocol.receive_data(data)
            self.protocol.events_received()
            self._flush()
            if self.protocol.close_expected():  # the server is the one to close the connection
                return

    def _flush(self) -> None:
        assert self.writer is not None
        for data in self.protocol.data_to_send():
            if data:
                self.writer.write(data)


def upgraded(request: Request) -> tuple[Socket, Response]:
    """The socket that a request asks for, and the answer that opens it."""
    socket = Socket(request)
    return socket, Response(take_over=socket.talk)
