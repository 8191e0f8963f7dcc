"""Hundreds of sockets in one process: they do what a screen does, but draw nothing.

A socket costs a few microseconds a frame, so that the audience of a measure is not what is measured.
It acknowledges by the rule of static/js/live/connect.js: at once after a silence, then every 250 ms
or 16 frames. Moments are `time.monotonic()`, which all processes of a machine share.
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
ACK_SECONDS = 0.25
WAVE = 40  # a server's queue of new connections may be as short as 50
PATIENCE = 30.0
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
    """A client's frame; the mask is zero, which leaves the payload as it is."""
    size = len(payload)
    length = bytes((0x80 | size,)) if size < 126 else b"\xfe" + size.to_bytes(2, "big")
    return bytes((first,)) + length + b"\0\0\0\0" + payload


@dataclass(slots=True)
class Programme:
    """What an audience is waiting for: `events` events at each of `seats` seats."""

    seats: int
    events: int
    last: list[float] = field(default_factory=list)  # when the last seat heard the n-th event
    heard: list[int] = field(default_factory=list)
    over: asyncio.Event = field(default_factory=asyncio.Event)

    def __post_init__(self) -> None:
        self.last = [0.0] * self.events
        self.heard = [0] * self.events

    def note(self, number: int, at: float) -> None:
        if number >= self.events:
            return
        self.heard[number] += 1
        self.last[number] = at
        if number == self.events - 1 and self.heard[number] == self.seats:
            self.over.set()


class Seat(asyncio.Protocol):
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
        self.programme: Programme | None = None

    # What the line does

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
            self.welcomed.set_exception(NotMeasured(f"{self._address.path}: the line was cut"))

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
        if self.programme is not None:
            self.programme.note(self.count, now)
        self.count += 1
        if self._acknowledges:
            self._acknowledge()

    # What the seat says

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


class Audience:
    """Seats that were let in and welcomed."""

    def __init__(self, seats: Sequence[Seat]) -> None:
        self.seats = seats

    @classmethod
    async def seated(cls, addresses: Sequence[str], *, acknowledges: bool, wave: int) -> Audience:
        """One seat at each address, `wave` at a time."""
        seats = [Seat(address, acknowledges=acknowledges) for address in addresses]
        for first in range(0, len(seats), wave):
            async with asyncio.timeout(PATIENCE):
                await asyncio.gather(*(_connect(seat) for seat in seats[first : first + wave]))
        return cls(seats)

    @classmethod
    async def recovered(cls, addresses: Sequence[str], events: int) -> tuple[Audience, float]:
        """All at once, with their cursors; come back when each has heard `events` events. And
        when the last one had."""
        audience = cls([Seat(address, acknowledges=True) for address in addresses])
        programme = await audience.expect(events)
        async with asyncio.timeout(PATIENCE):
            welcomes = await asyncio.gather(*(_connect(seat) for seat in audience.seats))
        if afresh := sum(b'"recovered":true' not in one for one in welcomes):
            raise NotMeasured(f"{afresh} of {len(addresses)} sockets had to begin afresh")
        return audience, (await heard(programme, audience))[-1]

    async def expect(self, events: int) -> Programme:
        """From now on the next `events` events are noted; acknowledging goes on as before."""
        programme = Programme(len(self.seats), events)
        for seat in self.seats:
            seat.count, seat.programme = 0, programme
        return programme

    async def cut(self) -> None:
        """Every line at once, without a word."""
        for seat in self.seats:
            if seat.transport is not None:
                seat.transport.abort()

    def complain(self) -> None:
        """Raises NotMeasured where a seat has missed something."""
        gaps = [seat.gap for seat in self.seats if seat.gap]
        if gaps:
            raise NotMeasured(f"{len(gaps)} sockets were not told everything: {gaps[0]}")


async def _connect(seat: Seat) -> bytes:
    loop = asyncio.get_running_loop()
    host, _, port = seat._address.netloc.partition(":")
    await loop.create_connection(lambda: seat, host, int(port))
    return await seat.welcomed


async def heard(programme: Programme, audience: Audience) -> list[float]:
    """When the last seat heard each event."""
    try:
        await asyncio.wait_for(programme.over.wait(), PATIENCE)
    except TimeoutError:
        short = programme.seats - programme.heard[-1]
        audience.complain()
        raise NotMeasured(f"{short} of {programme.seats} sockets did not hear all") from None
    audience.complain()
    return programme.last


class Hall:
    """An event loop in a thread of its own, for measures that take turns."""

    def __init__(self) -> None:
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, daemon=True)
        self._thread.start()
        self._audiences: list[Audience] = []

    def do(self, work: Coroutine[Any, Any, T]) -> T:
        return asyncio.run_coroutine_threadsafe(work, self._loop).result()

    def seat(self, addresses: Sequence[str], *, acknowledges: bool, wave: int = WAVE) -> Audience:
        seated = Audience.seated(addresses, acknowledges=acknowledges, wave=wave)
        self._audiences.append(self.do(seated))
        return self._audiences[-1]

    def told(
        self,
        audience: Audience,
        tell: Callable[[int, float], Sequence[float]],
        events: int,
        every: float,
    ) -> list[float]:
        """Milliseconds from the moments that `tell(events, every)` says to the last seat's."""
        programme = self.do(audience.expect(events))
        began = tell(events, every)
        ended = self.do(heard(programme, audience))
        return [(end - begin) * 1000 for begin, end in zip(began, ended, strict=True)]

    def __enter__(self) -> Hall:
        return self

    def __exit__(self, *_: object) -> None:
        """Everybody leaves."""
        for audience in self._audiences:
            self.do(audience.cut())
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()
