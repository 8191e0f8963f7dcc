"""Hundreds of WebSockets in one process, which behave as a display does but render nothing.

A socket costs a few microseconds a frame, so that it does not dominate a measure. It acknowledges
as static/js/live/connect.js does: at once after a pause, then every second or 16 frames. Times are `time.monotonic()`, which all processes of a machine share.
"""

from __future__ import annotations

import asyncio
import socket
import threading
import time
from collections.abc import Callable, Coroutine, Sequence
from dataclasses import dataclass, field
from typing import Any, TypeVar
from urllib.parse import urlsplit

from .rows import NotMeasured

ACK_FRAMES = 16
ACK_SECONDS = 1.0
MAX_AT_ONCE = 40  # a server's queue of new connections may be as short as 50
TIMEOUT_SECONDS = 30.0
_TEXT, _CLOSE, _PING = 0x81, 0x88, 0x89
_CURSOR = len('{"type":"event","cursor":"')
_KIND = len('{"type":"')
_PONG = b'{"type":"pong"}'
T = TypeVar("T")
_HANDSHAKE = (
    "GET {path} HTTP/1.1\r\nHost: {host}\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
    "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n\r\n"
)


def masked(first: int, payload: bytes) -> bytes:
    """A client's frame; the mask is zero, so the payload is unchanged."""
    size = len(payload)
    length = bytes((0x80 | size,)) if size < 126 else b"\xfe" + size.to_bytes(2, "big")
    return bytes((first,)) + length + b"\0\0\0\0" + payload


@dataclass(slots=True)
class Expectation:
    """`events` events that are expected at each of `clients` clients."""

    clients: int
    events: int
    last: list[float] = field(default_factory=list)  # when the last client received the n-th event
    received: list[int] = field(default_factory=list)
    over: asyncio.Event = field(default_factory=asyncio.Event)

    def __post_init__(self) -> None:
        self.last = [0.0] * self.events
        self.received = [0] * self.events

    def record(self, number: int, at: float) -> None:
        if number >= self.events:
            return
        self.received[number] += 1
        self.last[number] = at
        if number == self.events - 1 and self.received[number] == self.clients:
            self.over.set()


class SocketClient(asyncio.Protocol):
    """One socket."""

    def __init__(self, address: str, *, acknowledges: bool) -> None:
        self._address = urlsplit(address)
        self._acknowledges = acknowledges
        self._rest = b""
        self._open = False
        self._unacked = 0
        self._timer: asyncio.TimerHandle | None = None
        self.transport: asyncio.Transport | None = None
        self.welcomed: asyncio.Future[bytes] = asyncio.get_running_loop().create_future()
        self.cursor = b""
        self.gap = ""  # what was wrong with the order of events
        self.count = 0
        self.expectation: Expectation | None = None

    # Receiving

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self.transport = transport
        transport.get_extra_info("socket").setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        path = f"{self._address.path}?{self._address.query}"
        transport.write(_HANDSHAKE.format(path=path, host=self._address.netloc).encode())

    def connection_lost(self, error: Exception | None) -> None:
        if self._timer is not None:
            self._timer.cancel()
        if not self.welcomed.done():
            self.welcomed.set_exception(
                NotMeasured(f"{self._address.path}: the connection was lost")
            )

    def data_received(self, data: bytes) -> None:
        now = time.monotonic()
        data = self._rest + data if self._rest else data
        at = 0
        if not self._open:
            head, found, _ = data.partition(b"\r\n\r\n")
            if not found:
                self._rest = data
                return
            self._open = b" 101 " in head.partition(b"\r\n")[0]
            at = len(head) + 4
        have = len(data)
        while have - at >= 2:
            size, start = data[at + 1], at + 2
            if size == 126:
                size, start = int.from_bytes(data[start : start + 2], "big"), start + 2
            elif size == 127:
                size, start = int.from_bytes(data[start : start + 8], "big"), start + 8
            if start + size > have:
                break
            self._frame(data[at], data, start, start + size, now)
            at = start + size
        self._rest = data[at:]

    def _frame(self, first: int, data: bytes, start: int, end: int, now: float) -> None:
        kind = data[start + _KIND : start + _KIND + 2]
        if first == _TEXT and kind == b"ev":
            self._event(data[start + _CURSOR : data.index(b'"', start + _CURSOR)], now)
        elif first == _TEXT and kind == b"pi":
            self.send(_PONG)
        elif first == _TEXT and kind == b"we":
            self._welcome(data[start:end])
        elif first == _PING:
            self._write(masked(0x8A, data[start:end]))
        elif first == _CLOSE:
            self.gap = self.gap or f"closed with {int.from_bytes(data[start : start + 2], 'big')}"

    def _welcome(self, text: bytes) -> None:
        begin = text.index(b'"cursor":"') + 10
        self.cursor = text[begin : text.index(b'"', begin)]
        if not self.welcomed.done():
            self.welcomed.set_result(text)

    def _event(self, cursor: bytes, now: float) -> None:
        if b"~" not in cursor and self.cursor:  # one topic: each number is one more than the last
            number = int(cursor[cursor.index(b":") + 1 :])
            if number != int(self.cursor[self.cursor.index(b":") + 1 :]) + 1:
                self.gap = self.gap or f"{cursor!r} came after {self.cursor!r}"
        self.cursor = cursor
        if self.expectation is not None:
            self.expectation.record(self.count, now)
        self.count += 1
        if self._acknowledges:
            self._acknowledge()

    # Sending

    def _acknowledge(self, *, due: bool = False) -> None:
        if not due:
            self._unacked += 1
            if self._unacked < ACK_FRAMES and self._timer is not None:
                return
        if self._timer is not None:
            self._timer.cancel()
        loop = asyncio.get_running_loop()
        self._timer = loop.call_later(ACK_SECONDS, self._tick) if self._unacked else None
        self._unacked = 0
        self.send(b'{"type":"ack","cursor":"%s"}' % self.cursor)

    def _tick(self) -> None:
        self._timer = None
        if self._unacked:
            self._acknowledge(due=True)

    def send(self, payload: bytes) -> None:
        self._write(masked(_TEXT, payload))

    def _write(self, data: bytes) -> None:
        if self.transport is not None and not self.transport.is_closing():
            self.transport.write(data)


class SocketGroup:
    """Connected sockets that have got their welcome."""

    def __init__(self, clients: Sequence[SocketClient]) -> None:
        self.clients = clients

    @classmethod
    async def connected(
        cls, addresses: Sequence[str], *, acknowledges: bool, at_once: int
    ) -> SocketGroup:
        """One socket at each address, `at_once` at a time."""
        clients = [SocketClient(address, acknowledges=acknowledges) for address in addresses]
        for first in range(0, len(clients), at_once):
            async with asyncio.timeout(TIMEOUT_SECONDS):
                await asyncio.gather(
                    *(_connect(client) for client in clients[first : first + at_once])
                )
        return cls(clients)

    @classmethod
    async def reconnected(cls, addresses: Sequence[str], events: int) -> tuple[SocketGroup, float]:
        """All at once, with cursors; returns when each has received `events` events, with the time
        at which the last one had."""
        group = cls([SocketClient(address, acknowledges=True) for address in addresses])
        expectation = await group.expect(events)
        async with asyncio.timeout(TIMEOUT_SECONDS):
            welcomes = await asyncio.gather(*(_connect(client) for client in group.clients))
        if begun_anew := sum(b'"recovered":true' not in one for one in welcomes):
            raise NotMeasured(f"{begun_anew} of {len(addresses)} sockets had to begin anew")
        return group, (await await_events(expectation, group))[-1]

    async def expect(self, events: int) -> Expectation:
        """Record the next `events` events; acknowledging goes on as before."""
        expectation = Expectation(len(self.clients), events)
        for client in self.clients:
            client.count, client.expectation = 0, expectation
        return expectation

    async def cut(self) -> None:
        """Abort every connection at once."""
        for client in self.clients:
            if client.transport is not None:
                client.transport.abort()

    def check_gaps(self) -> None:
        """Raises NotMeasured when a socket has missed an event."""
        gaps = [client.gap for client in self.clients if client.gap]
        if gaps:
            raise NotMeasured(f"{len(gaps)} sockets missed events: {gaps[0]}")


async def _connect(client: SocketClient) -> bytes:
    loop = asyncio.get_running_loop()
    host, _, port = client._address.netloc.partition(":")
    await loop.create_connection(lambda: client, host, int(port))
    return await client.welcomed


async def await_events(expectation: Expectation, group: SocketGroup) -> list[float]:
    """When the last client received each event."""
    try:
        await asyncio.wait_for(expectation.over.wait(), TIMEOUT_SECONDS)
    except TimeoutError:
        missing = expectation.clients - expectation.received[-1]
        group.check_gaps()
        raise NotMeasured(
            f"{missing} of {expectation.clients} sockets did not receive all events"
        ) from None
    group.check_gaps()
    return expectation.last


class SocketLoop:
    """An event loop in a thread of its own, so that measures can be synchronous."""

    def __init__(self) -> None:
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, daemon=True)
        self._thread.start()
        self._groups: list[SocketGroup] = []

    def run(self, work: Coroutine[Any, Any, T]) -> T:
        return asyncio.run_coroutine_threadsafe(work, self._loop).result()

    def connect(
        self, addresses: Sequence[str], *, acknowledges: bool, at_once: int = MAX_AT_ONCE
    ) -> SocketGroup:
        connected = SocketGroup.connected(addresses, acknowledges=acknowledges, at_once=at_once)
        self._groups.append(self.run(connected))
        return self._groups[-1]

    def measure_delays(
        self,
        group: SocketGroup,
        publish: Callable[[int, float], Sequence[float]],
        events: int,
        every: float,
    ) -> list[float]:
        """Milliseconds from each time that `publish(events, every)` returns to the last client's."""
        expectation = self.run(group.expect(events))
        began = publish(events, every)
        ended = self.run(await_events(expectation, group))
        return [(end - begin) * 1000 for begin, end in zip(began, ended, strict=True)]

    def __enter__(self) -> SocketLoop:
        return self

    def __exit__(self, *_: object) -> None:
        """Cut every connection and end the loop."""
        for group in self._groups:
            self.run(group.cut())
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()
