"""Less memory for sockets that are open for days and idle most of the time.

Twisted, Autobahn and Daphne keep what they needed for the handshake as long as the socket is open: the HTTP
request with its channel, its headers in four forms, and some hundred attributes whose values are the same for
every socket. `SocketServer` and `forget_handshake` take two fifths of a socket's memory away.
"""

from __future__ import annotations

import asyncio
from functools import partial
from typing import Any

from daphne.server import Server
from daphne.ws_protocol import WebSocketProtocol
from twisted.web.http import HTTPChannel

Message = dict[str, Any]

# Attributes that nothing reads once a socket is open
_OF_HANDSHAKE = frozenset(
    {
        *("application_deferred", "clean_headers", "http_headers", "http_request_data"),
        *("http_request_host", "http_request_params", "http_request_path", "http_request_uri"),
        *("http_response_data", "http_status_line", "websocket_extensions", "websocket_protocols"),
        *("_wskey", "send_queue"),
    }
)


class MessageQueue:
    """As much of `asyncio.Queue` as a socket uses, whose application is the only reader. That one has
    four deques, 3 KB."""

    __slots__ = ("_arrived", "_messages")

    def __init__(self) -> None:
        self._messages: list[Message] = []
        self._arrived: asyncio.Future[None] | None = None

    def put_nowait(self, message: Message) -> None:
        self._messages.append(message)
        if self._arrived is not None and not self._arrived.done():
            self._arrived.set_result(None)

    def get_nowait(self) -> Message:
        return self._messages.pop(0)

    async def get(self) -> Message:
        """The next message; waits for one."""
        while not self._messages:
            self._arrived = asyncio.get_running_loop().create_future()
            await self._arrived
        return self.get_nowait()


class SocketServer(Server):  # type: ignore[misc]
    """Daphne's, whose sockets have a smaller queue."""

    def create_application(self, protocol: Any, scope: dict[str, Any]) -> Any:
        if scope["type"] != "websocket":
            return super().create_application(protocol, scope)
        if protocol not in self.connections:  # it has gone already
            return None
        queue = MessageQueue()
        scope.setdefault("asgi", {"version": "3.0"})
        send = partial(self.handle_reply, protocol)
        application = self.application(scope=scope, receive=queue.get, send=send)
        self.connections[protocol]["application_instance"] = asyncio.ensure_future(
            application, loop=asyncio.get_event_loop()
        )
        return queue


def forget_handshake(protocol: WebSocketProtocol) -> None:
    """Release what an open socket does not need any more."""
    _release_request(protocol.transport)
    protocol.request.headers = {}  # the scope has them
    cls, own = type(protocol), {}
    for name, value in vars(protocol).items():
        if name in _OF_HANDSHAKE or _is_common(cls, name, value):
            continue
        own[name] = value
    protocol.__dict__ = own  # a new table: the old one would keep the size of its best days


def _release_request(transport: Any) -> None:
    """The transport still knows the HTTP channel, as what to tell when the client does not read; which
    does nothing while it handles a request, as it does until a socket is closed."""
    channel = getattr(transport, "producer", None)
    if isinstance(channel, HTTPChannel):
        transport.unregisterProducer()
        channel.requests = []  # each has a reference to the other


def _is_common(cls: type, name: str, value: object) -> bool:
    """Whether the class has this value for all its sockets; the first one gives the class its own."""
    if value is not None and value is not False and name not in WebSocketProtocol.CONFIG_ATTRS:
        return False
    if name not in vars(cls):
        setattr(cls, name, value)
    return vars(cls)[name] is value
