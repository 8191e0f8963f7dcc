"""Waiting for slow readers, which Daphne does not do by itself.

Daphne takes whatever it is sent into memory: ten stalled downloads of 60 MB took it from 68 to
644 MB. Twisted would tell when its buffer is full, so it is asked. Servers that wait on their own
are left alone.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from functools import partial
from typing import Any

Scope = dict[str, Any]
Message = Mapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
Application = Callable[[Scope, Receive, Send], Awaitable[None]]


class Backpressure:
    """ASGI middleware: a streamed answer is read no faster than it is taken off."""

    def __init__(self, inner: Application) -> None:
        self._inner = inner

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        request = _twisted_request(send)
        if scope["type"] != "http" or request is None:
            await self._inner(scope, receive, send)
            return
        valve = _Valve(request, send)
        try:
            await self._inner(scope, receive, valve.send)
        finally:
            valve.release()


class _Valve:
    """What Twisted calls a push producer: told when to pause and when to go on."""

    def __init__(self, request: Any, send: Send) -> None:
        self._request = request
        self._send = send
        self._open = asyncio.Event()
        self._open.set()

    async def send(self, message: Message) -> None:
        more = message["type"] == "http.response.body" and message.get("more_body", False)
        if more and self._request.producer is None and self._is_connected():
            self._request.registerProducer(self, True)
        if not more:
            self.release()  # Twisted wants it gone before the answer ends
        await self._send(message)
        if more:
            await self._open.wait()

    def release(self) -> None:
        if self._request.producer is self and self._is_connected():
            self._request.unregisterProducer()

    def _is_connected(self) -> bool:
        return getattr(self._request, "channel", None) is not None

    # Twisted's names

    def pauseProducing(self) -> None:  # noqa: N802
        self._open.clear()

    def resumeProducing(self) -> None:  # noqa: N802
        self._open.set()

    def stopProducing(self) -> None:  # noqa: N802
        self._open.set()


def _twisted_request(send: Send) -> Any:
    """The request behind Daphne's `send`; None on any other server."""
    owner = send.args[0] if isinstance(send, partial) and send.args else None
    return owner if hasattr(owner, "registerProducer") else None
