"""Sockets that are measured with: they hear everything, notice what is missing, and acknowledge."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator

import pytest

from bench.audience import PATIENCE, Hall, Seat, masked
from bench.rows import NotMeasured
from bench.senders import BARE, GROUPS, Rival
from bench.workshop import Room

REST = ',"event":"invocation.completed","html":{"tile-0":"Told 1 times"}}'


class Shelf:
    """A room with nothing in it but what has to be taken down."""

    def __init__(self, closing: contextlib.ExitStack) -> None:
        self.closing = closing


@pytest.fixture
def room() -> Iterator[Room]:
    with contextlib.ExitStack() as closing:
        yield Shelf(closing)  # type: ignore[misc]


@pytest.mark.processes
@pytest.mark.enable_socket
@pytest.mark.parametrize("command", [BARE, GROUPS])
def test_every_seat_hears_every_event_of_a_rival(room: Room, command: tuple[str, ...]) -> None:
    rival = Rival(room, command, REST)

    with Hall() as hall:
        audience = hall.seat(rival.sockets(7), acknowledges=False)
        first = hall.told(audience, rival.tell, 3, 0.01)
        second = hall.told(audience, rival.tell, 2, 0.01)

    assert len(first) == 3
    assert len(second) == 2
    assert all(0 < one < PATIENCE * 1000 for one in first + second)
    assert {seat.cursor for seat in audience.seats} == {b"bench:5"}


def frame(cursor: str) -> bytes:
    text = f'{{"type":"event","cursor":"{cursor}"{REST}'.encode()
    return bytes((0x81, 126)) + len(text).to_bytes(2, "big") + text


async def heard(*frames: bytes) -> Seat:
    """A seat without a line, to which this is said in pieces of any size."""
    seat = Seat("ws://nowhere/", acknowledges=False)
    welcome = b'{"type":"welcome","cursor":"a:1"}'
    said = b"HTTP/1.1 101 Fine\r\n\r\n" + bytes((0x81, len(welcome))) + welcome + b"".join(frames)
    for start in range(0, len(said), 37):
        seat.data_received(said[start : start + 37])
    return seat


@pytest.mark.asyncio
async def test_frames_are_heard_however_the_line_cuts_them() -> None:
    seat = await heard(frame("a:2"), frame("a:3"))

    assert (seat.count, seat.cursor, seat.gap) == (2, b"a:3", "")
    assert b'"cursor":"a:1"' in seat.welcomed.result()


@pytest.mark.asyncio
@pytest.mark.parametrize("cursor", ["a:2", "a:4"])
async def test_a_number_twice_or_left_out_is_noticed(cursor: str) -> None:
    seat = await heard(frame("a:2"), frame(cursor))

    assert "came after" in seat.gap


@pytest.mark.asyncio
async def test_a_socket_that_was_closed_is_noticed() -> None:
    seat = await heard(bytes((0x88, 2)) + (4429).to_bytes(2, "big"))

    assert seat.gap == "closed with 4429"


def test_who_is_never_let_in_is_not_measured(unused_tcp_port: int) -> None:
    with Hall() as hall, pytest.raises((OSError, NotMeasured)):
        hall.seat([f"ws://127.0.0.1:{unused_tcp_port}/"], acknowledges=False)


def test_a_clients_frame_carries_its_length_and_an_empty_mask() -> None:
    assert masked(0x81, b"hello") == b"\x81\x85\0\0\0\0hello"
    assert masked(0x81, b"x" * 200)[:8] == b"\x81\xfe\x00\xc8\0\0\0\0"
