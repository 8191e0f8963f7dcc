"""Waiting for slow readers, and reading large bodies piece by piece, which Daphne does not do by itself.

Daphne takes whatever it is sent into memory: ten stalled downloads of 60 MB took it from 68 to
644 MB. Twisted calls a producer when its buffer is full, so one is registered. And Daphne puts a whole
body into the application's queue before it runs: `StreamedBodyRequest` leaves the body in Twisted's
temporary file, and it is read as the application receives it. Other servers are left alone.
"""

from __future__ import annotations

import asyncio
import io
from collections.abc import Awaitable, Callable, Mapping
from functools import partial
from typing import Any

from daphne import http_protocol

BODY_PIECE = 64 * 1024
Scope = dict[str, Any]
Message = Mapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
Application = Callable[[Scope, Receive, Send], Awaitable[None]]


class Backpressure:
    """ASGI middleware: a streamed response is read no faster than the client takes it, and a body no
    faster than the application receives it."""

    def __init__(self, inner: Application) -> None:
        self._inner = inner

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        request = _twisted_request(send)
        if scope["type"] != "http" or request is None:
            await self._inner(scope, receive, send)
            return
        if isinstance(request, StreamedBodyRequest):
            receive = _BodyReader(request, receive).receive
        producer = _PushProducer(request, send)
        try:
            await self._inner(scope, receive, producer.send)
        finally:
            producer.release()


class StreamedBodyRequest(http_protocol.WebRequest):  # type: ignore[misc]
    """Daphne's request, which does not copy its body into the queue of the application."""

    content: Any

    def process(self) -> None:
        # Daphne queues all of `content` while it starts the application, and needs it for nothing else.
        body, self.content = self.content, io.BytesIO()
        try:
            super().process()
        finally:
            self.content = body


class _BodyReader:
    """Reads the body in the place of the empty one that Daphne has queued."""

    def __init__(self, request: Any, receive: Receive) -> None:
        self._request = request
        self._receive = receive
        self._ended = False

    async def receive(self) -> Message:
        if self._ended:
            return await self._receive()
        await asyncio.sleep(0)  # a large body does not hold up the event loop
        content = self._request.content
        if content is None or content.closed:  # the client has gone
            self._ended = True
            return {"type": "http.disconnect"}
        piece = content.read(BODY_PIECE)
        if len(piece) == BODY_PIECE:
            return {"type": "http.request", "body": piece, "more_body": True}
        self._ended = True
        queued = await self._receive()
        return {**queued, "body": piece} if queued["type"] == "http.request" else queued


class _PushProducer:
    """What Twisted pauses while its buffer is full, and resumes."""

    def __init__(self, request: Any, send: Send) -> None:
        self._request = request
        self._send = send
        self._may_send = asyncio.Event()
        self._may_send.set()

    async def send(self, message: Message) -> None:
        more = message["type"] == "http.response.body" and message.get("more_body", False)
        if more and self._request.producer is None and self._is_connected():
            self._request.registerProducer(self, True)
        if not more:
            self.release()  # Twisted demands it before the response ends
        await self._send(message)
        if more:
            await self._may_send.wait()

    def release(self) -> None:
        if self._request.producer is self and self._is_connected():
            self._request.unregisterProducer()

    def _is_connected(self) -> bool:
        return getattr(self._request, "channel", None) is not None

    # Twisted's names

    def pauseProducing(self) -> None:  # noqa: N802
        self._may_send.clear()

    def resumeProducing(self) -> None:  # noqa: N802
        self._may_send.set()

    def stopProducing(self) -> None:  # noqa: N802
        self._may_send.set()


def _twisted_request(send: Send) -> Any:
    """The request behind Daphne's `send`; None on any other server."""
    owner = send.args[0] if isinstance(send, partial) and send.args else None
    return owner if hasattr(owner, "registerProducer") else None
