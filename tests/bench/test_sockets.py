"""The sockets of the benchmarks: they receive every event, notice gaps, and acknowledge."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator

import pytest

from bench.environment import Context
from bench.publishers import CHANNELS, WEBSOCKETS, BaselineServer
from bench.rows import NotMeasured
from bench.sockets import TIMEOUT_SECONDS, SocketClient, SocketLoop, masked

REST = ',"event":"invocation.completed","html":{"tile-0":"Update 1."}}'


class FakeContext:
    """A context that only ends what was started."""

    def __init__(self, closing: contextlib.ExitStack) -> None:
        self.closing = closing


@pytest.fixture
def context() -> Iterator[Context]:
    with contextlib.ExitStack() as closing:
        yield FakeContext(closing)  # type: ignore[misc]


@pytest.mark.enable_socket
@pytest.mark.parametrize("command", [WEBSOCKETS, CHANNELS])
def test_every_client_receives_every_event_of_a_baseline(
    context: Context, command: tuple[str, ...]
) -> None:
    baseline = BaselineServer(context, command, REST)

    with SocketLoop() as loop:
        group = loop.connect(baseline.sockets(7), acknowledges=False)
        first = loop.measure_delays(group, baseline.publish, 3, 0.01)
        second = loop.measure_delays(group, baseline.publish, 2, 0.01)

    assert len(first) == 3
    assert len(second) == 2
    assert all(0 < one < TIMEOUT_SECONDS * 1000 for one in first + second)
    assert {client.cursor for client in group.clients} == {b"bench:5"}


def frame(cursor: str) -> bytes:
    text = f'{{"type":"event","cursor":"{cursor}"{REST}'.encode()
    return bytes((0x81, 126)) + len(text).to_bytes(2, "big") + text


async def received_by_client(*frames: bytes) -> SocketClient:
    """A client without a connection that receives these frames in pieces."""
    client = SocketClient("ws://nowhere/", acknowledges=False)
    welcome = b'{"type":"welcome","cursor":"a:1"}'
    said = b"HTTP/1.1 101 Fine\r\n\r\n" + bytes((0x81, len(welcome))) + welcome + b"".join(frames)
    for start in range(0, len(said), 37):
        client.data_received(said[start : start + 37])
    return client


@pytest.mark.asyncio
async def test_frames_are_read_in_pieces_of_any_size() -> None:
    client = await received_by_client(frame("a:2"), frame("a:3"))

    assert (client.count, client.cursor, client.gap) == (2, b"a:3", "")
    assert b'"cursor":"a:1"' in client.welcomed.result()


@pytest.mark.asyncio
@pytest.mark.parametrize("cursor", ["a:2", "a:4"])
async def test_a_repeated_or_missing_number_is_noticed(cursor: str) -> None:
    client = await received_by_client(frame("a:2"), frame(cursor))

    assert "came after" in client.gap


@pytest.mark.asyncio
async def test_a_socket_that_was_closed_is_noticed() -> None:
    client = await received_by_client(bytes((0x88, 2)) + (4429).to_bytes(2, "big"))

    assert client.gap == "closed with 4429"


def test_a_client_that_cannot_connect_is_not_measured(unused_tcp_port: int) -> None:
    with SocketLoop() as loop, pytest.raises((OSError, NotMeasured)):
        loop.connect([f"ws://127.0.0.1:{unused_tcp_port}/"], acknowledges=False)


def test_a_clients_frame_carries_its_length_and_an_empty_mask() -> None:
    assert masked(0x81, b"hello") == b"\x81\x85\0\0\0\0hello"
    assert masked(0x81, b"x" * 200)[:8] == b"\x81\xfe\x00\xc8\0\0\0\0"
