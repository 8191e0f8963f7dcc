"""The socket: docs/events.md in code."""

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
from .admission import admit, admit_again, ticket
from .auth import Application, Receive, Send
from .feeds import Denied, Feed, Scope
from .outbox import WINDOW, Outbox
from .streams import Encoded, Lagged

logger = logging.getLogger(__name__)


class WatchConsumer:
    """Follows one feed: `WatchConsumer.as_asgi(feed=NetworkFeed)`.

    A welcome, then every event of the feed in order, never more than a window ahead of what the
    client says it has drawn. An ASGI application of Channels' kind, without its base class, which
    has a second task per socket and a thread hop per message. Frames are sent by a task that lives
    while there are some; pings and deadlines come from the hub's clock.
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
        self._key = ""
        self._outbox: Outbox | None = None
        self._pump: asyncio.Task[None] | None = None
        self._wire: Callable[[bytes], None] | None = None
        self.ticket = ticket(scope) if feed.asked_again else None
        self._hears_progress = False
        self._closed = False
        now = time.monotonic()
        self._allowance = protocol.Allowance(now)
        # The first one soon: its `now` is what a page sets its clock by, and the welcome came while
        # it was busy loading.
        self._next_ping = now + protocol.FIRST_PING_SECONDS
        self._pinged = False
        self._pong_due: float | None = None

    @property
    def who(self) -> str:
        user = self._scope.get("user")
        return str(user.get_username()) if user and _signed_in(self._scope) else ""

    async def run(self, receive: Receive) -> None:
        """The socket's whole life."""
        try:
            while True:
                message = await receive()
                if message["type"] == "websocket.disconnect":
                    return
                if message["type"] == "websocket.connect":
                    self._wire = message.get("wire")
                    await self._connect()
                elif not self._closed:
                    await self._receive(message.get("text"))
        finally:
            self._leave()

    # Coming and going

    async def _connect(self) -> None:
        await self._send({"type": "websocket.accept"})
        try:
            feed = await admit(self._feed_class, self._scope)
            self._key = feed.key
            query = parse_qs(self._scope.get("query_string", b"").decode("latin1"))
            joined = await hub.current().join(feed, query.get("cursor", [""])[0], self)
        except Denied as denied:
            await self._close(denied.code)
            return
        except Exception:  # a border: the client tries again, and finds out why in the log
            logger.exception("Socket %s cannot follow %s.", self.id, self._scope.get("path"))
            await self._close(protocol.FAILED)
            return
        if self._closed:
            return
        self._hears_progress = query.get("progress") == ["1"]
        unheld = query.get("window") == ["0"] and _signed_in(self._scope)
        await self._say(protocol.welcome(joined.cursor, joined.html))
        self._outbox = Outbox(joined, None if unheld else WINDOW)
        self.wake()

    async def _close(self, code: int) -> None:
        if self._closed:
            return
        self._leave()
        await self._send({"type": "websocket.close", "code": code})

    def _leave(self) -> None:
        self._closed = True
        hub.current().leave(self)
        if self._pump is not None and self._pump is not asyncio.current_task():
            self._pump.cancel()

    # What the client says

    async def _receive(self, text: str | None) -> None:
        try:
            self._allowance.spend(time.monotonic())
            said = protocol.understand(text)
        except protocol.Refused as refused:
            await self._close(refused.code)
            return
        if said.type == "pong":
            self._pong_due = None
        elif self._outbox is not None:
            self._outbox.acknowledge(said.cursor)
            hub.acknowledged(self._key, self.id, said.cursor)
            self.wake()

    # What the hub says

    def wake(self) -> None:
        """There may be frames to send."""
        if self._outbox is None or self._closed:
            return
        if self._wire is not None:
            self._write_out(self._outbox, self._wire)
        elif self._pump is None:
            self._pump = asyncio.create_task(self._run_pump(self._outbox))

    def offer(self, frames: Sequence[Encoded], wire: bytes) -> None:
        """These have just come, and this is how they are sent: for a socket that waits for nothing
        else it is all there is to do."""
        if self._wire is None or self._outbox is None or self._closed:
            self.wake()
        elif self._outbox.pass_on(frames):
            self._allowance.earn(len(frames))
            self._wire(wire)
        else:
            self.wake()

    def resync(self) -> None:
        """What this socket follows begins anew; so must it."""
        self._later(self._close(protocol.BEGIN_ANEW))

    async def ask_again(self) -> Feed:
        return await admit_again(self._feed_class, self._scope)

    def readmitted(self, feed: Feed) -> None:
        """It may follow this now; where that is not what it follows, it comes back and does."""
        if feed.key != self._key:
            self.resync()

    def turn_away(self, code: int) -> None:
        self._later(self._close(code))

    def whisper(self, text: str) -> None:
        """Say something that is not an event, if it was asked for and nothing else is due."""
        if self._hears_progress and self._outbox is not None and self._outbox.caught_up:
            self._later(self._say(text))

    def tick(self, now: float) -> None:
        """Twice a second: pings and deadlines."""
        if self._outbox is None or self._closed:
            return
        if self._outbox.stalled(now):
            self._later(self._close(protocol.TOO_SLOW))
        elif self._pong_due is not None and now >= self._pong_due:
            self._later(self._close(protocol.TOO_MUCH))
        elif now >= self._next_ping:
            # Sockets that came together should not be pinged together for ever.
            early = 1.0 if self._pinged else random.uniform(0.5, 1.0)  # noqa: S311
            self._next_ping, self._pinged = now + protocol.PING_SECONDS * early, True
            self._pong_due = self._pong_due or now + protocol.PONG_SECONDS
            self._later(self._say(protocol.ping()))

    # Sending

    def _write_out(self, outbox: Outbox, wire: Callable[[bytes], None]) -> None:
        try:
            while frames := outbox.take(time.monotonic()):
                self._allowance.earn(len(frames))
                wire(frames[0].wire if len(frames) == 1 else b"".join(f.wire for f in frames))
        except Lagged:
            self._later(self._close(protocol.TOO_SLOW))

    async def _run_pump(self, outbox: Outbox) -> None:
        try:
            with suppress(OSError):  # some servers say so when the client is gone
                while frames := outbox.take(time.monotonic()):
                    self._allowance.earn(len(frames))
                    for frame in frames:
                        await self._say(frame.text)
        except Lagged:
            await self._close(protocol.TOO_SLOW)
        finally:
            self._pump = None

    async def _say(self, text: str) -> None:
        if not self._closed:
            await self._send({"type": "websocket.send", "text": text})

    def _later(self, coroutine: Coroutine[Any, Any, None]) -> None:
        task = asyncio.ensure_future(coroutine)
        _background.add(task)
        task.add_done_callback(_background.discard)


_background: set[asyncio.Future[None]] = set()


def _signed_in(scope: Scope) -> bool:
    return bool(getattr(scope.get("user"), "is_authenticated", False))
