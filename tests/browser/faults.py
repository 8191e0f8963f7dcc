"""A line that misbehaves: a proxy between a browser and the web process.

What comes from the server is taken apart into WebSocket frames, which can be delayed, overtaken by
the next one, or cut off in the middle; a stalled line is not read any more. With a certificate it
ends TLS, and says so to the server as proxies do.
"""

from __future__ import annotations

import asyncio
import random
import ssl
import threading
from collections.abc import Coroutine
from typing import Any

FORWARDED = b"\r\nX-Forwarded-For: 203.0.113.7\r\nX-Forwarded-Proto: https\r\n\r\n"


class Line:
    """How badly the proxy behaves; may be changed at any time."""

    def __init__(self) -> None:
        self.delay = 0.0  # seconds at most, for each frame
        self.overtake = 0.0  # how likely a frame is to be overtaken by the next one
        self.cut = 0.0  # how likely a frame is to be the last one, and torn
        self.tear = False  # the next frame is the last one: half of it arrives
        self.torn = threading.Event()  # ... and has done so
        self.stall = False  # nothing of the server's arrives any more
        self.refuse_sockets = False  # as some company's proxies do
        self.portal = False  # everything is answered by somebody else's page
        self.portal_status = 200
        self.dead = False  # every connection is closed without an answer
        self.dice = random.Random(7)  # the same misfortune every time


class Proxy:
    """`with Proxy(port_of_the_server) as proxy`: `proxy.url`, `proxy.line`."""

    def __init__(self, target: int, tls: ssl.SSLContext | None = None) -> None:
        self.line = Line()
        self.url = ""
        self.port = 0
        self._target = target
        self._tls = tls
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, daemon=True)
        self._tasks: set[asyncio.Task[Any]] = set()
        self._writers: set[asyncio.StreamWriter] = set()
        self._closing = False

    def __enter__(self) -> Proxy:
        self._thread.start()
        self._server = self._wait(asyncio.start_server(self._accept, "127.0.0.1", 0, ssl=self._tls))
        self.port = self._server.sockets[0].getsockname()[1]
        self.url = f"{'https' if self._tls else 'http'}://127.0.0.1:{self.port}"
        return self

    def __exit__(self, *_: object) -> None:
        self._wait(self._close())
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(5)
        self._loop.close()

    def cut_all(self) -> None:
        """Every connection is gone, without a word."""
        self._loop.call_soon_threadsafe(self._cut_all)

    def _cut_all(self) -> None:
        for writer in tuple(self._writers):
            writer.transport.abort()

    def _wait(self, coroutine: Coroutine[Any, Any, Any]) -> Any:
        return asyncio.run_coroutine_threadsafe(coroutine, self._loop).result(10)

    async def _close(self) -> None:
        """Waits for every task, a connection's that was accepted this moment included."""
        self._closing = True
        self._server.close()
        self._cut_all()
        while tasks := asyncio.all_tasks() - {asyncio.current_task()}:
            for task in self._tasks:
                task.cancel()
            await asyncio.wait(tasks)
        await asyncio.sleep(0)  # the sockets of what was aborted are closed in the loop's next turn

    # One connection

    async def _accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        self._tasks.add(task)
        self._writers.add(writer)
        try:
            if not self._closing:
                await self._serve(reader, writer)
        except (OSError, asyncio.IncompleteReadError, asyncio.CancelledError):
            pass
        finally:
            writer.transport.abort()
            self._writers.discard(writer)
            self._tasks.discard(task)

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        request = await reader.readuntil(b"\r\n\r\n")
        if self.line.dead:
            return
        is_socket = b"upgrade: websocket" in request.lower()
        if self.line.portal or (is_socket and self.line.refuse_sockets):
            writer.write(_page(b"<h1>Welcome to the hotel</h1>", self.line.portal_status))
            await writer.drain()
            return
        if not is_socket:  # one request a connection: simple, and enough
            request = request.replace(b"\r\n\r\n", b"\r\nConnection: close\r\n\r\n")
            request = request.replace(b"Connection: keep-alive\r\n", b"")
        if self._tls:
            request = request.replace(b"\r\n\r\n", FORWARDED, 1)
        inner, outer = await asyncio.open_connection("127.0.0.1", self._target)
        upward = asyncio.ensure_future(_copy(reader, outer))
        try:
            outer.write(request)
            if is_socket:
                writer.write(await inner.readuntil(b"\r\n\r\n"))
                await self._frames(inner, writer)
            else:
                await _copy(inner, writer)
        finally:
            upward.cancel()
            outer.transport.abort()

    async def _frames(self, inner: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        waiting = b""
        while True:
            frame = await _frame(inner)
            while self.line.stall:  # also a frame that was waited for when the line stalled
                await asyncio.sleep(0.02)
            line, dice = self.line, self.line.dice
            if line.delay:
                await asyncio.sleep(dice.random() * line.delay)
            if line.tear or dice.random() < line.cut:
                writer.write(frame[: len(frame) // 2])
                await writer.drain()
                line.torn.set()
                return
            if not waiting and dice.random() < line.overtake:
                waiting = frame
                continue
            writer.write(frame + waiting)
            waiting = b""
            await writer.drain()


async def _frame(reader: asyncio.StreamReader) -> bytes:
    """One whole frame of a server (RFC 6455, 5.2: not masked)."""
    head = await reader.readexactly(2)
    size = head[1] & 0x7F
    if size >= 126:
        more = await reader.readexactly(2 if size == 126 else 8)
        head, size = head + more, int.from_bytes(more, "big")
    return head + await reader.readexactly(size)


async def _copy(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    while data := await reader.read(65_536):
        writer.write(data)
        await writer.drain()


def _page(body: bytes, status: int) -> bytes:
    head = f"HTTP/1.1 {status} Any\r\nContent-Type: text/html\r\nContent-Length: {len(body)}\r\n"
    return head.encode() + b"Connection: close\r\n\r\n" + body
