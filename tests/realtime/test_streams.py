"""Streams, rings, outboxes and frames, without sockets."""

from __future__ import annotations

import gzip
import json
import time

import pytest
from django.db import OperationalError
from django.utils import timezone

from realtime import streams, subscriptions, tail
from realtime.cursors import Cursor, Positions
from realtime.models import Event, Topic
from realtime.protocol import FrameRateLimit, FrameRefused, decode_frame, encode_frame
from realtime.streams import Lagged, Stream
from realtime.subscriptions import SendBuffer, SubscriptionStart
from tests.stack import ROOT

from .conftest import Connect
from .fixtures import ExampleFeed, append_event, opened, receive_frame

NETWORK, INSTALLATION = Topic(name="network:1", epoch="n"), Topic(name="installation:1", epoch="i")


def event(topic: Topic, seq: int, **data: object) -> Event:
    return Event(topic=topic, seq=seq, type="a.b", data=data, created_at=timezone.now())


def stream_at(*positions: int) -> Stream:
    topics = (NETWORK, INSTALLATION)[: len(positions)]
    feed = ExampleFeed("stage", tuple(topic.name for topic in topics), everything=False)
    cursors = zip(topics, positions, strict=True)
    return Stream(feed, Positions(tuple(Cursor(topic.epoch, seq) for topic, seq in cursors)))


def play(stream: Stream, *events: Event) -> None:
    stream.extend(stream.prepare(events))


def cursors_after(stream: Stream, seen: str) -> list[str] | None:
    frames = stream.frames_since(Positions.parse(seen))
    return None if frames is None else [frame.cursor for frame in frames]


def test_ring_forgets_the_oldest_and_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(streams, "MAX_BUFFERED_FRAMES", 3)
    stream = stream_at(0)

    play(stream, *(event(NETWORK, seq) for seq in range(1, 6)))

    assert cursors_after(stream, "n:2") == ["n:3", "n:4", "n:5"]
    assert cursors_after(stream, "n:1") is None
    with pytest.raises(Lagged):
        stream.frames_from(0, 10)


def test_ring_that_was_extended_back_keeps_its_numbers() -> None:
    stream = stream_at(3)
    play(stream, event(NETWORK, 4))

    earlier = stream.prepare_earlier([event(NETWORK, 2), event(NETWORK, 3)], Positions.parse("n:1"))
    stream.extend_back(earlier, Positions.parse("n:1"))

    assert cursors_after(stream, "n:1") == ["n:2", "n:3", "n:4"]
    assert [frame.seq for frame in stream.frames_from(stream.count - 1, 10)] == [4]


def test_events_a_feed_does_not_show_still_move_its_position() -> None:
    stream = stream_at(0, 0)

    play(stream, event(NETWORK, 1, hidden=True), event(INSTALLATION, 1), event(NETWORK, 2))

    assert str(stream.head) == "n:2~i:1"
    assert cursors_after(stream, "n:0~i:0") == ["n:1~i:1", "n:2~i:1"]


def test_streams_that_show_the_same_of_an_event_share_its_bytes() -> None:
    one, other, elsewhere = stream_at(0), stream_at(0), stream_at(0, 0)
    happened = event(NETWORK, 1, n=7)

    frames = [stream.prepare([happened]).frames[0] for stream in (one, other, elsewhere)]

    assert frames[0] is frames[1]
    assert frames[2].cursor == "n:1~i:0"
    assert json.loads(frames[2].text)["html"] == json.loads(frames[0].text)["html"]


def test_reader_of_a_process_that_merged_otherwise_is_told_nothing_twice() -> None:
    stream = stream_at(0, 0)
    play(stream, event(NETWORK, 1), event(INSTALLATION, 1), event(NETWORK, 2))

    frames = stream.frames_since(Positions.parse("n:0~i:1"))

    assert frames is not None
    assert [frame.cursor for frame in frames] == ["n:1~i:1", "n:2~i:1"]
    assert [json.loads(frame.text)["cursor"] for frame in frames] == ["n:1~i:1", "n:2~i:1"]


@pytest.mark.parametrize("size", [0, 1, 125, 126, 65535, 65536, 100_000])
def test_frames_survive_the_wire(size: int) -> None:
    text = "é" * (size // 2) + "x" * (size % 2)

    assert decode_frame(encode_frame(text)) == text
    assert encode_frame(text)[0] == 0x81


def test_window_opens_as_far_as_was_acknowledged() -> None:
    stream = stream_at(0)
    box = SendBuffer(SubscriptionStart(stream, "n:0", at=0), window=4)
    play(stream, *(event(NETWORK, seq) for seq in range(1, 11)))

    assert [frame.seq for frame in box.take(0.0)] == [1, 2, 3, 4]
    assert box.take(1.0) == []
    assert not box.is_stalled(9.0)
    assert box.is_stalled(subscriptions.STALLED_SECONDS)
    box.acknowledge("n:3")
    box.acknowledge("n:1")  # old news
    box.acknowledge("other:9")  # never sent
    assert not box.is_stalled(99.0)
    assert [frame.seq for frame in box.take(100.0)] == [5, 6, 7]


def test_backlog_comes_before_what_is_new() -> None:
    stream = stream_at(0)
    play(stream, event(NETWORK, 1), event(NETWORK, 2))
    missed = stream.frames_since(Positions.parse("n:0"))
    box = SendBuffer(
        SubscriptionStart(stream, "n:0", at=stream.count, backlog=missed or ()), window=None
    )

    play(stream, event(NETWORK, 3))

    assert [frame.seq for frame in [*box.take(0.0), *box.take(0.0)]] == [1, 2, 3]


def test_allowance_grows_with_time_and_with_what_was_sent() -> None:
    limit = FrameRateLimit(0.0)
    limit.add(500)
    for _ in range(600):
        limit.consume(0.0)
    with pytest.raises(FrameRefused):
        limit.consume(0.0)

    patient = FrameRateLimit(0.0)
    for second in range(100):
        for _ in range(50):
            patient.consume(float(second))


@pytest.mark.asyncio
@pytest.mark.django_db(transaction=True)
async def test_database_that_is_away_for_a_while_closes_no_socket(
    connect: Connect, monkeypatch: pytest.MonkeyPatch
) -> None:
    client = connect()
    await opened(client)
    real = tail.Tail._read
    failures: list[float] = []

    def failing(self: tail.Tail[object], topic: Topic) -> object:
        if len(failures) < 2:
            failures.append(time.monotonic())
            raise OperationalError("the database is away")
        return real(self, topic)

    monkeypatch.setattr(tail.Tail, "_read", failing)
    await append_event(1)
    await append_event(2)

    assert [(await receive_frame(client))["data"]["n"] for _ in range(2)] == [1, 2]
    assert len(failures) == 2


def test_client_script_is_small() -> None:
    scripts = sorted((ROOT / "static" / "js" / "live").glob("*.js"))

    together = b"".join(path.read_bytes() for path in scripts)

    assert len(gzip.compress(together, 9)) <= 4096
