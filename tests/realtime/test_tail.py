"""More happens than can be shown one by one: whoever comes is let in all the same."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence

import pytest
from django.utils import timezone

from realtime import tail as tail_module
from realtime.cursors import Positions
from realtime.models import Event, Topic
from realtime.streams import Stream
from realtime.tail import BATCH, Tail

from .fixtures import ExampleFeed, append_many_events

FLOOD = 6 * BATCH


def _numbers(topic: str, events: Sequence[Event]) -> list[tuple[str, int]]:
    return [(topic, event.data["n"]) for event in events]


@pytest.mark.asyncio
@pytest.mark.django_db(transaction=True)
async def test_whoever_joins_does_not_wait_for_the_end_of_a_flood() -> None:
    delivered: list[tuple[str, int]] = []
    joined: list[asyncio.Task[int]] = []

    async def join() -> int:
        async with tail.lock:
            return len(delivered)

    def deliver(batch: list[tuple[str, int]]) -> None:
        delivered.extend(batch)
        joined.append(asyncio.create_task(join()))

    tail = Tail(_numbers, deliver, lambda topic: None, lambda news: None)
    async with tail.lock:
        await tail.follow(["network:1"])
    await append_many_events(range(FLOOD))

    while len(delivered) < FLOOD:
        await tail.read_now()
    await asyncio.wait(joined)
    await tail.stop()

    assert delivered == [("network:1", n) for n in range(FLOOD)]
    assert joined[0].result() <= 3 * BATCH < FLOOD


@pytest.mark.asyncio
@pytest.mark.django_db(transaction=True)
async def test_no_topic_waits_for_the_end_of_anothers_flood() -> None:
    delivered: list[tuple[str, int]] = []
    tail = Tail(_numbers, delivered.extend, lambda topic: None, lambda news: None)
    async with tail.lock:
        await tail.follow(["network:1", "network:2"])
        await append_many_events(range(6 * BATCH))
        await append_many_events(range(1), topic="network:2")

    while len(delivered) <= 6 * BATCH:
        await tail.read_now()
    await tail.stop()

    assert delivered.index(("network:2", 0)) <= 4 * BATCH
    assert [n for topic, n in delivered if topic == "network:1"] == list(range(6 * BATCH))


@pytest.mark.asyncio
@pytest.mark.django_db(transaction=True)
async def test_a_tail_that_waits_for_events_can_be_stopped(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tail_module, "POLL_SECONDS", 3_600.0)
    delivered: list[tuple[str, int]] = []
    tail = Tail(_numbers, delivered.extend, lambda topic: None, lambda news: None)
    async with tail.lock:
        await tail.follow(["network:1"])
    await append_many_events(range(1))
    while not delivered:  # by a wake-up: it waits for the next one now
        await asyncio.sleep(0.01)

    await asyncio.wait_for(tail.stop(), 60)

    assert delivered == [("network:1", 0)]


@pytest.mark.asyncio
@pytest.mark.django_db(transaction=True)
async def test_nothing_is_prepared_twice_by_those_who_ask_for_it_at_once() -> None:
    prepared: list[int] = []

    def prepare(topic: str, events: Sequence[Event]) -> list[int]:
        numbers = [event.seq for event in events]
        prepared.extend(numbers)
        return numbers

    delivered: list[int] = []
    tail = Tail(prepare, delivered.extend, lambda topic: None, lambda news: None)
    async with tail.lock:
        await tail.follow(["network:1"])
    for number in range(50):
        await append_many_events(range(1))
        await asyncio.gather(tail.read_now(), tail.read_now())
        assert len(delivered) == number + 1
    await tail.stop()

    assert prepared == delivered == list(range(1, 51))


@pytest.mark.asyncio
@pytest.mark.django_db(transaction=True)
async def test_who_joins_while_a_batch_is_prepared_is_added_to_it() -> None:
    followers = ["first"]

    def prepare(topic: str, events: Sequence[Event]) -> dict[str, int]:
        found = dict.fromkeys(followers, events[-1].seq)
        if len(followers) == 1:
            followers.append("second")
        return found

    def complete(topic: str, events: Sequence[Event], found: dict[str, int]) -> dict[str, int]:
        return found | {name: events[-1].seq for name in followers if name not in found}

    delivered: list[dict[str, int]] = []
    tail = Tail(
        prepare,
        delivered.append,
        lambda topic: None,
        lambda news: None,
        complete,
        lambda found: len(found) == len(followers),
    )
    async with tail.lock:
        await tail.follow(["network:1"])
    await append_many_events(range(1))
    await tail.read_now()
    await tail.stop()

    assert delivered == [{"first": 1, "second": 1}]


class _Present(ExampleFeed):
    """Shows how it is, not what happened: of some events at once the last one draws it."""

    def redraw_key(self, event: Event) -> str:
        return str(event.data.get("lane", ""))


def test_of_events_that_draw_the_same_the_last_one_of_a_batch_does() -> None:
    topic = Topic(name="network:1", epoch="n")
    lanes = ["left", "right", "left", "", "", "right"]
    events = [
        Event(
            topic=topic, seq=n, type="a.b", data={"n": n, "lane": lane}, created_at=timezone.now()
        )
        for n, lane in enumerate(lanes)
    ]
    ExampleFeed.reset()
    stream = Stream(_Present("all", (), everything=True), Positions(()))

    frames = stream.prepare(events).frames

    assert [event.data["n"] for event in ExampleFeed.rendered] == [2, 3, 4, 5]
    assert ['"html":{}' in frame.text for frame in frames] == [True, True, *4 * [False]]
