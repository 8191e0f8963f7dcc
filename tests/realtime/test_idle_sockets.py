"""What an open socket gives up after its handshake, and that it still does everything."""

from __future__ import annotations

import asyncio
from typing import Any, cast

import pytest
from autobahn.websocket.protocol import WebSocketProtocol
from daphne.ws_protocol import WebSocketFactory
from twisted.internet.testing import StringTransport
from twisted.web.http import HTTPChannel

from realtime.idle_sockets import MessageQueue
from realtime.protocol import FrameWritingProtocol, encode_frame

REQUEST = (
    b"GET /ws/networks/whispers/ HTTP/1.1\r\nHost: localhost\r\nUpgrade: websocket\r\n"
    b"Connection: Upgrade\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n"
    b"Sec-WebSocket-Version: 13\r\nAccept-Language: fr\r\n\r\n"
)
MASKED_CLOSE = b"\x88\x82\x00\x00\x00\x00\x03\xe8"  # 1000


class FakeServer:
    """As much of Daphne's server as a socket asks for."""

    root_path = ""
    proxy_forwarded_address_header = None

    def __init__(self) -> None:
        self.scope: dict[str, Any] = {}
        self.queue = MessageQueue()

    def create_application(self, _protocol: object, scope: dict[str, Any]) -> MessageQueue:
        self.scope = scope
        return self.queue

    def protocol_connected(self, _protocol: object) -> None: ...
    def protocol_disconnected(self, _protocol: object) -> None: ...
    def log_action(self, *_action: object) -> None: ...


class Transport(StringTransport):
    def unregisterProducer(self) -> None:  # noqa: N802
        self.producer = None  # as a connection does, whether or not there is one


def new_transport() -> Any:
    """It still knows the channel of the request."""
    transport, channel = cast(Any, Transport)(), cast(Any, HTTPChannel)()
    transport.registerProducer(channel, True)
    return transport


def open_socket(server: FakeServer | None = None) -> FrameWritingProtocol:
    """One whose handshake is over."""
    factory = WebSocketFactory(server or FakeServer())
    factory.protocol = FrameWritingProtocol
    factory.setProtocolOptions(openHandshakeTimeout=0)
    protocol = factory.buildProtocol(None)
    assert isinstance(protocol, FrameWritingProtocol)
    protocol._raw_query_string = b""
    transport = new_transport()
    protocol.makeConnection(transport)
    protocol.dataReceived(REQUEST)
    protocol.handle_reply({"type": "websocket.accept"})
    assert protocol.state == WebSocketProtocol.STATE_OPEN
    transport.clear()
    return protocol


def test_what_the_handshake_needed_is_gone_and_the_rest_fits_a_small_table() -> None:
    server = FakeServer()

    protocol = open_socket(server)

    assert protocol.transport.producer is None
    assert not hasattr(protocol, "http_request_data")
    assert len(vars(protocol)) <= 42  # one more, and the table doubles
    assert (b"accept-language", b"fr") in server.scope[
        "headers"
    ]  # read when access is checked again


def test_it_still_reads_and_writes_frames() -> None:
    protocol = open_socket()
    texts: list[str | None] = []
    protocol.read_frames(texts.append)

    protocol.dataReceived(b"\x81\x82\x00\x00\x00\x00hi")  # at once
    protocol.dataReceived(b"\x01\x81\x00\x00\x00\x00h")  # in two frames, by the whole parser
    protocol.dataReceived(b"\x80\x81\x00\x00\x00\x00o")
    protocol.write_frames(encode_frame("ho"))
    protocol.handle_reply({"type": "websocket.send", "text": "hey"})

    assert texts == ["hi", "ho"]
    assert protocol.transport.value() == b"\x81\x02ho\x81\x03hey"


def test_what_one_socket_comes_to_is_not_said_of_the_others() -> None:
    ours, other = open_socket(), open_socket()

    ours.dataReceived(MASKED_CLOSE)

    assert (ours.remoteCloseCode, ours.droppedByMe) == (1000, True)
    assert ours.transport.value() == b"\x88\x02\x03\xe8"
    assert (other.remoteCloseCode, other.droppedByMe) == (None, False)


def test_a_socket_keeps_the_options_of_its_own_server() -> None:
    open_socket()
    factory = WebSocketFactory(FakeServer())
    factory.protocol = FrameWritingProtocol
    factory.setProtocolOptions(maxMessagePayloadSize=1234)
    protocol = factory.buildProtocol(None)
    protocol._raw_query_string = b""
    protocol.makeConnection(new_transport())

    protocol.dataReceived(REQUEST)
    protocol.handle_reply({"type": "websocket.accept"})

    assert protocol.maxMessagePayloadSize == 1234


@pytest.mark.asyncio
async def test_messages_come_in_order_and_a_reader_waits_for_them() -> None:
    queue = MessageQueue()
    queue.put_nowait({"type": "one"})
    queue.put_nowait({"type": "two"})

    found = [await queue.get(), await queue.get()]
    waiting = asyncio.create_task(queue.get())
    await asyncio.sleep(0)
    assert not waiting.done()
    queue.put_nowait({"type": "three"})

    assert [*found, await waiting] == [{"type": "one"}, {"type": "two"}, {"type": "three"}]


@pytest.mark.asyncio
async def test_a_reader_that_gave_up_takes_no_message_along() -> None:
    queue = MessageQueue()
    waiting = asyncio.create_task(queue.get())
    await asyncio.sleep(0)
    waiting.cancel()
    with pytest.raises(asyncio.CancelledError):
        await waiting

    queue.put_nowait({"type": "one"})

    assert await queue.get() == {"type": "one"}
