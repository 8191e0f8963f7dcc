"""A small HTTP/1.1 server for fake providers, with a provider's bad manners on request."""

from __future__ import annotations

import asyncio
import json
import os
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field

import h11


@dataclass(frozen=True, slots=True)
class Request:
    method: str
    path: str
    headers: dict[str, str]
    body: bytes

    def json(self) -> dict[str, object]:
        content = json.loads(self.body or b"{}")
        assert isinstance(content, dict)
        return content


Talk = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]


@dataclass(slots=True)
class Response:
    status: int = 200
    body: bytes = b""
    content_type: str = "application/json"
    headers: dict[str, str] = field(default_factory=dict)
    drip: float = 0.0  # seconds between single bytes
    repeat: int = 1  # the body so many times over, to make a huge one cheaply
    drop: bool = False  # close the connection instead of answering
    hang: float = 0.0  # seconds of silence before the answer
    held: asyncio.Event | None = None  # before which there is no answer
    take_over: Talk | None = None  # goes on with the connection itself, after an upgrade


def answer(content: object, status: int = 200, **headers: str) -> Response:
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return Response(status, json.dumps(content).encode(), headers=named)


Handler = Callable[[Request], Awaitable[Response]]


async def serve(handler: Handler, port: int) -> tuple[asyncio.Server, int]:
    """Listen on the loopback; port 0 takes a free one, which is returned."""

    async def connected(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            await _converse(handler, reader, writer)
        except (ConnectionError, h11.RemoteProtocolError, asyncio.IncompleteReadError):
            pass  # the client has left: its right, and sometimes the point of the test
        finally:
            writer.close()

    server = await asyncio.start_server(connected, "127.0.0.1", port)
    return server, server.sockets[0].getsockname()[1]


async def outlive_nobody() -> None:
    """Return when the process that started this one is gone, however it went."""
    parent = os.getppid()
    while os.getppid() == parent:
        await asyncio.sleep(0.5)


async def _converse(
    handler: Handler, reader: asyncio.StreamReader, writer: asyncio.StreamWriter
) -> None:
    connection = h11.Connection(h11.SERVER)
    while True:
        request = await _next_request(connection, reader)
        if request is None:
            return
        response = await handler(request)
        await asyncio.sleep(response.hang)
        if response.held:
            await response.held.wait()
        if response.drop:
            return
        if response.take_over:
            await response.take_over(reader, writer)
            return
        await _send(connection, writer, response)
        if connection.our_state is h11.MUST_CLOSE:
            return
        connection.start_next_cycle()


async def _next_request(connection: h11.Connection, reader: asyncio.StreamReader) -> Request | None:
    head: h11.Request | None = None
    body = bytearray()
    while True:
        event = connection.next_event()
        if event is h11.NEED_DATA:
            connection.receive_data(await reader.read(65_536))
        elif isinstance(event, h11.Request):
            head = event
        elif isinstance(event, h11.Data):
            body += event.data
        elif isinstance(event, h11.EndOfMessage):
            assert head is not None
            headers = {name.decode().lower(): value.decode() for name, value in head.headers}
            return Request(head.method.decode(), head.target.decode(), headers, bytes(body))
        else:
            return None


async def _send(
    connection: h11.Connection, writer: asyncio.StreamWriter, response: Response
) -> None:
    headers = {
        "content-type": response.content_type,
        "content-length": str(len(response.body) * response.repeat),
        **response.headers,
    }
    head = h11.Response(status_code=response.status, headers=list(headers.items()))
    writer.write(connection.send(head) or b"")
    for _ in range(response.repeat):
        step = 1 if response.drip else len(response.body) or 1
        for start in range(0, len(response.body), step):
            data = h11.Data(data=response.body[start : start + step])
            writer.write(connection.send(data) or b"")
            await writer.drain()
            await asyncio.sleep(response.drip)
    writer.write(connection.send(h11.EndOfMessage()) or b"")
    await writer.drain()
