"""The WebSocket protocol of live pages (docs/events.md): frames, close codes, and their encoding.

Event frames are encoded down to the bytes of the WebSocket protocol once for everybody. ASGI takes
text and lets the server frame it again for every socket, which is most of what a frame costs
(measured with 500 sockets on Daphne: two thirds of the server's time). A server's frames are not
masked and Daphne never compresses, so the bytes are the same for all. `install_daphne_protocol` makes
Daphne pass consumers a function that writes them: `message["write_frames"]` of `websocket.connect`.
On other servers it is missing and text is sent.

The other way, most of what clients send says that they have drawn something. `message["read_frames"]`
takes a function that Daphne then calls with each text, at once, instead of a queue that wakes a task.
"""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any, Literal

from daphne.cli import CommandLineInterface
from daphne.ws_protocol import WebSocketFactory, WebSocketProtocol
from twisted.internet.tcp import Connection

from .idle_sockets import SocketServer, forget_handshake

# Close codes
BAD_FRAME = 4400
TOO_MUCH = 4408  # too many or too large frames, or no pong
TOO_SLOW = 4429
BEGIN_ANEW = 4410  # what it followed has changed: reconnect without a cursor
FAILED = 4500

PING_SECONDS = 10.0
FIRST_PING_SECONDS = 0.5
PONG_SECONDS = 20.0
STATUS_SECONDS = 50.0  # clients are asked for a minute; clocks and lines differ
MAX_CLIENT_FRAME_BYTES = 4096
CLIENT_FRAMES_PER_SECOND = 50
_FINAL_TEXT = 0x81


# Frames from the client


class FrameRefused(Exception):
    """A client's frame is not allowed; the socket is closed with `code`."""

    def __init__(self, code: int) -> None:
        super().__init__(code)
        self.code = code


@dataclass(frozen=True, slots=True)
class ClientFrame:
    type: Literal["ack", "pong", "status"]
    cursor: str = ""
    status: Mapping[str, object] = field(default_factory=dict)


def parse_client_frame(text: str | None) -> ClientFrame:
    """`text` is None for a binary frame. Raises `FrameRefused`."""
    if text is None:
        raise FrameRefused(BAD_FRAME)
    if len(text.encode()) > MAX_CLIENT_FRAME_BYTES:
        raise FrameRefused(TOO_MUCH)
    try:
        message = json.loads(text)
    except (ValueError, RecursionError):
        raise FrameRefused(BAD_FRAME) from None
    match message:
        case {"type": "pong"}:
            return ClientFrame("pong")
        case {"type": "ack", "cursor": str(cursor)}:
            return ClientFrame("ack", cursor)
        case {"type": "status", **status}:
            return ClientFrame("status", status={str(key): value for key, value in status.items()})
    raise FrameRefused(BAD_FRAME)


class FrameRateLimit:
    """How many frames a client may send: some per second, and one for each that it was sent."""

    def __init__(self, now: float) -> None:
        self._left = float(2 * CLIENT_FRAMES_PER_SECOND)
        self._at = now

    def add(self, frames: int) -> None:
        self._left += frames

    def consume(self, now: float) -> None:
        """Count one frame. Raises `FrameRefused`."""
        refill = (now - self._at) * CLIENT_FRAMES_PER_SECOND
        self._at = now
        if self._left < 2 * CLIENT_FRAMES_PER_SECOND:
            self._left = min(2.0 * CLIENT_FRAMES_PER_SECOND, self._left + refill)
        self._left -= 1
        if self._left < 0:
            raise FrameRefused(TOO_MUCH)


# Frames from the server


def compact_json(value: object) -> str:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))


def welcome(cursor: str, html: str | None) -> str:
    """`html` is a JSON object, encoded once for all who get it; None = recovered."""
    body = compact_json(
        {"type": "welcome", "cursor": cursor, "recovered": html is None, "now": unix_ms()}
    )
    return body if html is None else f'{body[:-1]},"html":{html}}}'


def progress(event: str, data: Mapping[str, object], html: str) -> str:
    """What is shown has changed without an event. `html` is a JSON object."""
    body = compact_json({"type": "progress", "event": event, "data": data})
    return f'{body[:-1]},"html":{html}}}'


def command(name: str, value: object) -> str:
    """What the page of a display is to do now. It has no cursor."""
    return compact_json({"type": "command", "name": name, "value": value})


def ping() -> str:
    return compact_json({"type": "ping", "now": unix_ms()})


def unix_ms() -> int:
    return int(time.time() * 1000)


# Encoding


def encode_frame(text: str) -> bytes:
    """One unmasked, final text frame (RFC 6455, 5.2)."""
    payload = text.encode()
    size = len(payload)
    if size < 126:
        return bytes((_FINAL_TEXT, size)) + payload
    if size < 1 << 16:
        return bytes((_FINAL_TEXT, 126)) + size.to_bytes(2, "big") + payload
    return bytes((_FINAL_TEXT, 127)) + size.to_bytes(8, "big") + payload


def decode_frame(wire: bytes) -> str:
    """The text in a frame of `encode_frame`."""
    return wire[{126: 4, 127: 10}.get(wire[1], 2) :].decode()


class FrameWritingProtocol(WebSocketProtocol):  # type: ignore[misc]
    """Daphne's socket, which also accepts encoded frames."""

    CONFIG_ATTRS = ()
    send_queue = ()  # for frames sent in pieces, as none are
    reader: Callable[[str | None], None] | None = None

    def _connectionMade(self) -> None:  # noqa: N802
        # The same without pretty-printing all of them for a debug log line: a fifth of what a
        # connection costs when a whole wall reconnects at once.
        for name in WebSocketProtocol.CONFIG_ATTRS:
            setattr(self, name, getattr(self.factory, name))
        super()._connectionMade()

    def applicationCreateWorked(self, application_queue: Any) -> None:  # noqa: N802
        super().applicationCreateWorked(application_queue)
        # The connect message was put in just now and nobody has had a turn to take it out.
        connect = application_queue.get_nowait()
        more = {"write_frames": self.write_frames, "read_frames": self.read_frames}
        application_queue.put_nowait({**connect, **more})

    def onOpen(self) -> None:  # noqa: N802
        super().onOpen()
        forget_handshake(self)

    def read_frames(self, reader: Callable[[str | None], None]) -> None:
        """From now on call `reader` with the text of each frame; None for a binary one."""
        self.reader = reader

    def dataReceived(self, data: bytes) -> None:  # noqa: N802
        if (text := self._whole_text(data)) is None or self.reader is None:
            super().dataReceived(data)
            return
        self.last_ping = time.time()
        self.reader(text)

    def _whole_text(self, data: bytes) -> str | None:
        """The text, where this is one short frame and nothing else, as acknowledgements are (RFC 6455,
        5.2: final, text, masked, less than 126 bytes). None: it needs the whole parser."""
        if len(data) < 6 or data[0] != _FINAL_TEXT or not 0x80 <= data[1] < 0xFE:
            return None
        size = data[1] - 0x80
        between_frames = not self.data and self.current_frame is None and not self.inside_message
        if (
            len(data) != 6 + size
            or not between_frames
            or self.muted
            or self.state != self.STATE_OPEN
        ):
            return None
        mask = (data[2:6] * (size // 4 + 1))[:size]
        text = int.from_bytes(data[6:]) ^ int.from_bytes(mask)
        with suppress(UnicodeDecodeError):
            return text.to_bytes(size).decode()
        return None

    def onMessage(self, payload: bytes, isBinary: bool) -> None:  # noqa: N802, N803
        if self.reader is None or self.muted:
            super().onMessage(payload, isBinary)
            return
        self.last_ping = time.time()
        self.reader(None if isBinary else payload.decode())

    def write_frames(self, wire: bytes) -> None:
        """Send encoded frames, at once if nothing else waits; otherwise they are queued."""
        if self.state != self.STATE_OPEN:
            return
        transport = self.transport
        if type(self).can_write_now(transport):
            sent = transport.writeSomeData(wire)
            if sent == len(wire):
                return
            if isinstance(sent, int):
                wire = wire[sent:]
        transport.write(wire)

    @staticmethod
    def can_write_now(transport: Any) -> bool:
        """Whether nothing waits to be written: then a write need not wait for the reactor's turn."""
        if not isinstance(transport, Connection) or transport.TLS:
            return False
        waiting = transport.dataBuffer or transport._tempDataBuffer or transport.disconnecting
        return bool(transport.connected and not waiting)


def install_daphne_protocol() -> None:
    """Make Daphne's sockets accept encoded frames, and take less memory."""
    WebSocketFactory.protocol = FrameWritingProtocol
    CommandLineInterface.server_class = SocketServer
