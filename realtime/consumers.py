"""The WebSocket endpoint of live pages: docs/events.md in code."""

from __future__ import annotations

import asyncio
import logging
import random
import secrets
import time
from collections.abc import Callable, Coroutine, Sequence
from contextlib import suppress
from typing import Any
from urllib.parse import parse_qs

from . import hub, protocol
from .access import Application, Receive, Send, access_key_of_scope, open_feed, reopen_feed
from .feeds import Denied, Feed, Scope
from .streams import EncodedFrame, Lagged
from .subscriptions import MAX_UNACKNOWLEDGED, SendBuffer

logger = logging.getLogger(__name__)


class WatchConsumer:
    """Follows one feed: `WatchConsumer.as_asgi(feed=NetworkFeed)`.

    A welcome, then every event of the feed in order, never more than a window ahead of what the
    client has acknowledged. An ASGI application like Channels' consumers, without their base class,
    which has a second task per socket and a thread hop per message. Frames are sent by a task that
    lives while there are some; pings and deadlines come from the hub's clock.
    """

    @classmethod
    def as_asgi(cls, *, feed: type[Feed]) -> Application:
        """The application to route to."""

        async def application(scope: Scope, receive: Receive, send: Send) -> None:
            await cls(feed, scope, send).run(receive)

        return application

    def __init__(self, feed: type[Feed], scope: Scope, send: Send) -> None:
        self._feed_class = feed
        self._scope = scope
        self._send = send
        self.id = secrets.token_hex(6)
        self._feed_key = ""
        self._status_due: float | None = None  # when it may be said again; None: never
        self._buffer: SendBuffer | None = None
        self._sender: asyncio.Task[None] | None = None
        self._write_frames: Callable[[bytes], None] | None = None
        self.access_key = access_key_of_scope(scope) if feed.revalidates_access else None
        self._wants_progress = False
        self._missed_progress = False  # while it connected or was behind
        self._closed = False
        now = time.monotonic()
        self._rate_limit = protocol.FrameRateLimit(now)
        # The first ping comes soon: a page sets its clock by the server time in it, and the welcome
        # came while the page was busy loading.
        self._next_ping = now + protocol.FIRST_PING_SECONDS
        self._pinged = False
        self._pong_due: float | None = None

    @property
    def username(self) -> str:
        user = self._scope.get("user")
        return str(user.get_username()) if user and _is_signed_in(self._scope) else ""

    async def run(self, receive: Receive) -> None:
        """Handle the socket's messages until it is closed."""
        try:
            while True:
                message = await receive()
                if message["type"] == "websocket.disconnect":
                    return
                if message["type"] == "websocket.connect":
                    self._write_frames = message.get("write_frames")
                    await self._connect()
                    if read_frames := message.get("read_frames"):
                        read_frames(self._receive)
                else:
                    self._receive(message.get("text"))
        finally:
            self._leave()

    # Connecting and closing

    async def _connect(self) -> None:
        await self._send({"type": "websocket.accept"})
        try:
            feed = await open_feed(self._feed_class, self._scope)
            self._feed_key = feed.key
            self._status_due = 0.0 if feed.accepts_status else None
            query = parse_qs(self._scope.get("query_string", b"").decode("latin1"))
            self._wants_progress = query.get("progress") == ["1"]
            start = await hub.current().join(feed, query.get("cursor", [""])[0], self)
        except Denied as denied:
            await self._close(denied.code)
            return
        except Exception:  # a border: the client tries again, and the log has the reason
            logger.exception("Socket %s cannot follow %s.", self.id, self._scope.get("path"))
            await self._close(protocol.FAILED)
            return
        if self._closed:
            return
        unlimited = query.get("window") == ["0"] and _is_signed_in(self._scope)
        await self._send_text(protocol.welcome(start.cursor, start.html))
        self._buffer = SendBuffer(start, None if unlimited else MAX_UNACKNOWLEDGED)
        self.wake()

    async def _close(self, code: int) -> None:
        if self._closed:
            return
        self._leave()
        await self._send({"type": "websocket.close", "code": code})

    def _leave(self) -> None:
        self._closed = True
        hub.current().leave(self)
        if self._sender is not None and self._sender is not asyncio.current_task():
            self._sender.cancel()

    # Frames from the client

    def _receive(self, text: str | None) -> None:
        if self._closed:
            return
        try:
            self._rate_limit.consume(time.monotonic())
            frame = protocol.parse_client_frame(text)
            if frame.type == "status":
                self._note_status(frame, time.monotonic())
        except protocol.FrameRefused as refused:
            _run_in_background(self._close(refused.code))
            return
        if frame.type == "pong":
            self._pong_due = None
        elif frame.type == "ack" and self._buffer is not None:
            self._buffer.acknowledge(frame.cursor)
            hub.acknowledged(self._feed_key, self.id, frame.cursor)
            self.wake()

    def _note_status(self, frame: protocol.ClientFrame, now: float) -> None:
        """Too soon after the last one, it is passed over. Raises `FrameRefused`."""
        if self._status_due is None:
            raise protocol.FrameRefused(protocol.BAD_FRAME)
        if now >= self._status_due:
            self._status_due = now + protocol.STATUS_SECONDS
            hub.status_received(self._feed_key, frame.status)

    # Calls from the hub

    def wake(self) -> None:
        """There may be frames to send."""
        if self._buffer is None or self._closed:
            return
        if self._write_frames is not None:
            self._write_pending(self._buffer, self._write_frames)
        elif self._sender is None:
            self._sender = asyncio.create_task(self._send_pending(self._buffer))

    def offer(self, frames: Sequence[EncodedFrame], wire: bytes) -> None:
        """These frames are new, and `wire` is all of them encoded: a socket with nothing else to
        send writes it as it is."""
        if self._write_frames is None or self._buffer is None or self._closed:
            self.wake()
        elif self._buffer.take_newest(frames):
            self._rate_limit.add(len(frames))
            self._write_frames(wire)
        else:
            self.wake()

    def resync(self) -> None:
        """What this socket follows starts again; the client must reconnect without its cursor."""
        _run_in_background(self._close(protocol.BEGIN_ANEW))

    async def revalidate(self) -> Feed:
        return await reopen_feed(self._feed_class, self._scope)

    def access_confirmed(self, feed: Feed) -> None:
        """It may follow this now; where that is another feed, the client reconnects to it."""
        if feed.key != self._feed_key:
            self.resync()

    def access_denied(self, code: int) -> None:
        _run_in_background(self._close(code))

    def send_progress(self, text: str) -> None:
        """Send a frame that is not an event, if it was asked for. One that is behind is shown the present later."""
        if not self._wants_progress:
            return
        if self._buffer is not None and self._buffer.is_caught_up:
            _run_in_background(self._send_text(text))
        else:
            self._missed_progress = True

    def send_present(self, text: str, *, at: int) -> None:
        """Send what `hub.refresh` has made, unless frames after the `at`-th have shown newer things."""
        if self._buffer is not None and self._buffer.is_caught_up_at(at):
            _run_in_background(self._send_text(text))
        else:
            self._missed_progress = True

    def send_command(self, text: str) -> None:
        """Send what the page is to do now."""
        if self._buffer is not None:
            _run_in_background(self._send_text(text))

    def tick(self, now: float) -> None:
        """Twice a second: pings, deadlines, and what was missed."""
        if self._buffer is None or self._closed:
            return
        if self._buffer.is_stalled(now):
            _run_in_background(self._close(protocol.TOO_SLOW))
        elif self._pong_due is not None and now >= self._pong_due:
            _run_in_background(self._close(protocol.TOO_MUCH))
        elif now >= self._next_ping:
            # Sockets that connected together should not be pinged together for ever.
            early = 1.0 if self._pinged else random.uniform(0.5, 1.0)  # noqa: S311
            self._next_ping, self._pinged = now + protocol.PING_SECONDS * early, True
            self._pong_due = self._pong_due or now + protocol.PONG_SECONDS
            _run_in_background(self._send_text(protocol.ping()))
        if self._missed_progress and self._buffer.is_caught_up:
            self._missed_progress = False
            _run_in_background(hub.current().refresh(self))

    # Sending

    def _write_pending(self, buffer: SendBuffer, write: Callable[[bytes], None]) -> None:
        try:
            while frames := buffer.take(time.monotonic()):
                self._rate_limit.add(len(frames))
                write(frames[0].wire if len(frames) == 1 else b"".join(f.wire for f in frames))
        except Lagged:
            _run_in_background(self._close(protocol.TOO_SLOW))

    async def _send_pending(self, buffer: SendBuffer) -> None:
        try:
            with suppress(OSError):  # some servers raise it when the client is gone
                while frames := buffer.take(time.monotonic()):
                    self._rate_limit.add(len(frames))
                    for frame in frames:
                        await self._send_text(frame.text)
        except Lagged:
            await self._close(protocol.TOO_SLOW)
        finally:
            self._sender = None

    async def _send_text(self, text: str) -> None:
        if not self._closed:
            await self._send({"type": "websocket.send", "text": text})


_background: set[asyncio.Future[None]] = set()  # a task that nothing refers to may be collected


def _run_in_background(coroutine: Coroutine[Any, Any, None]) -> None:
    task = asyncio.ensure_future(coroutine)
    _background.add(task)
    task.add_done_callback(_background.discard)


def _is_signed_in(scope: Scope) -> bool:
    return bool(getattr(scope.get("user"), "is_authenticated", False))
