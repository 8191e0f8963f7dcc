"""What Daphne's socket reads by itself of what clients send, and what it leaves to the whole parser."""

from __future__ import annotations

import pytest
from autobahn.twisted.websocket import WebSocketServerProtocol

from realtime.protocol import FrameWritingProtocol

MASK = bytes((0x37, 0xFA, 0x21, 0x3D))  # of the examples in RFC 6455, 5.7
ACK = '{"type":"ack","cursor":"mzv:17"}'


def frame(text: str | bytes, *, first: int = 0x81) -> bytes:
    """A client's frame of less than 126 bytes."""
    payload = text.encode() if isinstance(text, str) else text
    masked = bytes(byte ^ MASK[index % 4] for index, byte in enumerate(payload))
    return bytes((first, 0x80 | len(payload))) + MASK + masked


class Socket(FrameWritingProtocol):
    """An open one without a server."""

    def __init__(self) -> None:
        super().__init__()
        self.state, self.data, self.muted = self.STATE_OPEN, b"", False
        self.current_frame, self.inside_message = None, False
        self.read: list[str | None] = []
        self.read_frames(self.read.append)


@pytest.fixture
def socket() -> Socket:
    return Socket()


@pytest.fixture
def parsed(monkeypatch: pytest.MonkeyPatch) -> list[bytes]:
    """What the whole parser is given."""
    given: list[bytes] = []
    monkeypatch.setattr(WebSocketServerProtocol, "dataReceived", lambda _, data: given.append(data))
    return given


def test_the_example_of_the_standard_is_read(socket: Socket) -> None:
    socket.dataReceived(bytes.fromhex("818537fa213d7f9f4d5158"))

    assert socket.read == ["Hello"]


def test_short_texts_of_every_length_are_read(socket: Socket, parsed: list[bytes]) -> None:
    texts = [("é" if size % 2 else "") + "x" * (size - size % 2 * 2) for size in range(2, 126)]
    for text in ["", "x", *texts, ACK]:
        socket.dataReceived(frame(text))

    assert socket.read == ["", "x", *texts, ACK]
    assert parsed == []


@pytest.mark.parametrize(
    "data",
    [
        frame(ACK)[:-1],
        frame(ACK) + frame(ACK),
        frame(ACK, first=0x01),  # more of it follows
        frame(ACK, first=0x82),  # binary
        frame(ACK, first=0xC1),  # compressed
        frame("", first=0x88),  # a close
        b"\x81\x05Hello",  # without a mask
        frame("x" * 125)[:1] + b"\xfe\x00\x7e" + MASK + b"x" * 126,
        frame(b"\xff\xfe"),  # no UTF-8
        b"\x81",
    ],
)
def test_anything_else_is_left_to_the_whole_parser(
    socket: Socket, parsed: list[bytes], data: bytes
) -> None:
    socket.dataReceived(data)

    assert socket.read == []
    assert parsed == [data]


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("data", b"\x81"),
        ("current_frame", object()),
        ("inside_message", True),
        ("muted", True),
        ("state", WebSocketServerProtocol.STATE_CLOSING),
        ("reader", None),
    ],
)
def test_so_is_everything_while_something_else_is_under_way(
    socket: Socket, parsed: list[bytes], name: str, value: object
) -> None:
    setattr(socket, name, value)

    socket.dataReceived(frame(ACK))

    assert socket.read == []
    assert parsed == [frame(ACK)]


def test_a_frame_that_needed_the_parser_reaches_the_same_reader(socket: Socket) -> None:
    socket.onMessage(ACK.encode(), isBinary=False)
    socket.onMessage(b"\x00", isBinary=True)

    assert socket.read == [ACK, None]
