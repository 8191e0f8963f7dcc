"""What a socket is told: snapshots, events, and what it missed."""

from __future__ import annotations

import asyncio
import json
import time

import pytest
from channels.db import database_sync_to_async

from invocations.events import InvocationProgressed
from realtime import access, hub, subscriptions, tail
from realtime.events import Progress, send
from realtime.models import Event, Topic

from .conftest import Connect
from .fixtures import (
    ExampleFeed,
    acknowledge,
    append_event,
    append_many_events,
    closed,
    opened,
    receive_frame,
)

pytestmark = [pytest.mark.asyncio, pytest.mark.django_db(transaction=True)]


async def test_first_connect_gets_a_snapshot_and_then_every_event(connect: Connect) -> None:
    client = connect()
    began = int(time.time() * 1000)

    welcome = await opened(client)
    first, second = await append_event(1), await append_event(2)
    frames = [await receive_frame(client), await receive_frame(client)]

    assert welcome["recovered"] is False
    assert welcome["html"] == {"now": "<p id=now>0 events</p>"}
    assert [frame["cursor"] for frame in frames] == [str(first), str(second)]
    assert frames[0]["event"] == "invocation.completed"
    assert frames[0]["data"] == {"n": 1}
    assert frames[0]["html"] == {"now": "<p id=now>1</p>"}
    assert began <= frames[0]["show_at"] <= time.time() * 1000 + 2_000  # two seconds ahead at most


async def test_a_feed_draws_events_as_they_are_in_the_log(connect: Connect) -> None:
    client = connect()
    await opened(client)
    await append_event(1, words="“quoted” \u00e9", nested={"a": [1, None]})
    await receive_frame(client)

    written = await Event.objects.select_related("topic").aget()
    fields = ("pk", "topic", "seq", "type", "data", "created_at")

    assert ExampleFeed.rendered == [written]
    for name in fields:
        assert getattr(ExampleFeed.rendered[0], name) == getattr(written, name)


async def test_event_arrives_long_before_the_slow_poll(
    connect: Connect, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tail, "POLL_SECONDS", 3_600.0)
    client = connect()
    await opened(client)

    await append_event(1)

    assert await receive_frame(client)


async def test_who_comes_while_an_event_is_drawn_is_let_in_and_gets_it(
    connect: Connect, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tail, "POLL_SECONDS", 3_600.0)
    first, second = connect(), connect("/ws/pair/")
    await opened(first)
    ExampleFeed.hold.set()
    await append_event(1)
    while not ExampleFeed.rendered:
        await asyncio.sleep(0.01)

    await opened(second)
    ExampleFeed.hold.clear()
    await append_event(2)

    for client in (first, second):
        received = [(await receive_frame(client))["data"]["n"] for _ in range(2)]
        assert received == [1, 2]


async def test_socket_that_was_away_gets_exactly_what_it_missed(connect: Connect) -> None:
    client = connect()
    await opened(client)
    await append_event(0)
    seen = (await receive_frame(client))["cursor"]
    await client.disconnect()
    await append_many_events(range(1, 201))

    again = connect(f"/ws/stage/?cursor={seen}")
    welcome = await opened(again)
    numbers = []
    for _ in range(200):
        frame = await receive_frame(again)
        numbers.append(frame["data"]["n"])
        await acknowledge(again, frame["cursor"])

    assert welcome["recovered"] is True
    assert "html" not in welcome
    assert welcome["cursor"] == seen
    assert numbers == list(range(1, 201))
    await append_event(201)
    assert (await receive_frame(again))["data"]["n"] == 201


async def test_replay_from_the_log_where_this_process_remembers_nothing(connect: Connect) -> None:
    start = await append_event(0)
    await append_many_events(range(1, 51))

    client = connect(f"/ws/stage/?cursor={start}")
    welcome = await opened(client)
    numbers = [(await receive_frame(client))["data"]["n"] for _ in range(50)]

    assert welcome["recovered"] is True
    assert numbers == list(range(1, 51))


@pytest.mark.parametrize("cursor", ["nonsense", "otherepoch:1", "a:1~b:2", "%00"])
async def test_cursor_of_another_life_gets_a_fresh_snapshot(connect: Connect, cursor: str) -> None:
    await append_event(1)

    welcome = await opened(connect(f"/ws/stage/?cursor={cursor}"))

    assert welcome["recovered"] is False
    assert "html" in welcome


async def test_cursor_ahead_of_the_log_gets_a_fresh_snapshot(connect: Connect) -> None:
    cursor = await append_event(1)

    welcome = await opened(connect(f"/ws/stage/?cursor={cursor.epoch}:999"))

    assert (welcome["recovered"], welcome["cursor"]) == (False, str(cursor))


async def test_gap_of_more_than_a_thousand_gets_a_fresh_snapshot(connect: Connect) -> None:
    cursor = await append_event(0)
    await append_many_events(range(1, 1002))

    welcome = await opened(connect(f"/ws/stage/?cursor={cursor}"))

    assert welcome["recovered"] is False


async def test_every_topic_of_a_pair_is_replayed_once(connect: Connect) -> None:
    client = connect("/ws/pair/")
    await opened(client)
    await append_event(1, topic="network:1")
    await append_event(2, topic="installation:1")
    cursor = [await receive_frame(client), await receive_frame(client)][-1]["cursor"]
    await client.disconnect()
    await append_event(3, topic="installation:1")
    await append_event(4, topic="network:1", hidden=True)
    await append_event(5, topic="network:1")

    again = connect(f"/ws/pair/?cursor={cursor}")
    welcome = await opened(again)
    numbers = [(await receive_frame(again))["data"]["n"] for _ in range(2)]

    assert welcome["recovered"] is True
    assert sorted(numbers) == [3, 5]
    await append_event(6)
    assert (await receive_frame(again))["data"]["n"] == 6


async def test_what_comes_in_two_topics_at_once_is_counted_in_both(connect: Connect) -> None:
    client = connect("/ws/pair/")
    await opened(client)
    ExampleFeed.hold.set()
    await append_event(1)
    while not ExampleFeed.rendered:  # until nobody waits for wake-ups
        await asyncio.sleep(0.01)
    ends = [await append_event(2), await append_event(3, topic="installation:1")]
    ExampleFeed.hold.clear()

    frames = [await receive_frame(client) for _ in range(3)]

    assert frames[-1]["cursor"] == "~".join(map(str, ends))


async def test_event_that_is_not_for_a_feed_sends_nothing(connect: Connect) -> None:
    client = connect()
    await opened(client)

    await append_event(1, hidden=True)
    await append_event(2)

    assert (await receive_frame(client))["data"]["n"] == 2


async def test_event_that_cannot_be_drawn_is_told_without_html(connect: Connect) -> None:
    client = connect()
    await opened(client)

    await append_event(1, broken=True)

    assert (await receive_frame(client))["html"] == {}


async def test_mission_control_hears_topics_that_did_not_exist_yet(connect: Connect) -> None:
    await append_event(1, topic="network:1")
    client = connect("/ws/all/")
    welcome = await opened(client)

    await append_event(2, topic="network:2")
    await append_event(3, topic="network:1")
    numbers = [(await receive_frame(client))["data"]["n"] for _ in range(2)]

    assert sorted(numbers) == [2, 3]
    again = await opened(connect(f"/ws/all/?cursor={welcome['cursor']}"))
    assert again["recovered"] is False


async def test_who_comes_after_a_change_without_an_event_sees_it(connect: Connect) -> None:
    await opened(connect())
    update = Progress("network:1", "hours.changed", {"status": "closed"})

    hub.current().show_progress(update)
    await opened(connect())

    assert ExampleFeed.calls["snapshot"] == 2  # and not the one of a moment ago


async def test_a_crowd_is_rendered_for_once(
    connect: Connect, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(access, "_SHARED_SECONDS", 60.0)  # however long a busy machine takes
    monkeypatch.setattr(subscriptions, "_SNAPSHOT_SECONDS", 60.0)
    crowd = [connect() for _ in range(20)]
    await asyncio.gather(*(opened(client) for client in crowd))

    await append_event(1)
    await asyncio.gather(*(receive_frame(client) for client in crowd))

    assert ExampleFeed.calls == {"open": 1, "snapshot": 1, "render": 1}
    assert hub.viewer_count("stage") == 20


async def test_snapshot_that_fails_ends_the_socket_and_not_the_server(connect: Connect) -> None:
    ExampleFeed.fail_snapshot = True
    client = connect()
    await client.connect()
    assert await closed(client) == 4500

    ExampleFeed.fail_snapshot = False
    await opened(connect())


async def test_numbering_that_begins_anew_sends_sockets_back(connect: Connect) -> None:
    cursor = await append_event(1)
    client = connect()
    await opened(client)

    await Topic.objects.aupdate(epoch="restored")

    assert await closed(client) == 4410
    again = await opened(connect(f"/ws/stage/?cursor={cursor}"))
    assert (again["recovered"], again["cursor"]) == (False, "restored:1")


async def test_what_was_drawn_is_reported(
    connect: Connect, monkeypatch: pytest.MonkeyPatch
) -> None:
    rendered: list[tuple[str, str]] = []
    monkeypatch.setattr(hub, "_ack_callbacks", [])
    hub.on_ack(lambda key, socket_id, cursor: rendered.append((key, cursor)))
    client = connect()
    await opened(client)

    cursor = str(await append_event(1))
    await receive_frame(client)
    await acknowledge(client, cursor)
    await append_event(2)
    await receive_frame(client)

    assert rendered == [("stage", cursor)]


async def test_progress_is_shown_to_those_who_ask_for_it_and_kept_nowhere(connect: Connect) -> None:
    curious, plain = connect("/ws/stage/?progress=1"), connect()
    await opened(curious)
    await opened(plain)

    update = InvocationProgressed(run="r", invocation="i", status="half-way")
    await database_sync_to_async(send)("network:1", update)
    frame = await receive_frame(curious, "progress")

    assert frame["html"] == {"now": "<p id=now>half-way</p>"}
    assert "cursor" not in frame
    await append_event(1)
    assert (await receive_frame(plain))["data"]["n"] == 1  # which passes over nothing but pings


async def test_a_command_reaches_everybody_who_follows_the_topic(connect: Connect) -> None:
    client, elsewhere = connect(), connect("/ws/stage/")
    await opened(client)
    await opened(elsewhere)

    update = InvocationProgressed(run="r", invocation="i", status="quieter")
    await database_sync_to_async(send)("network:1", update)

    for one in (client, elsewhere):
        frame = await receive_frame(one, "command")
        assert frame == {"type": "command", "name": "volume", "value": 0.5}


async def test_what_a_client_says_of_itself_is_passed_on_once_a_minute(
    connect: Connect, monkeypatch: pytest.MonkeyPatch
) -> None:
    said: list[tuple[str, object]] = []
    monkeypatch.setattr(ExampleFeed, "accepts_status", True)
    monkeypatch.setattr(hub, "_status_callbacks", [])
    hub.on_status(lambda key, status: said.append((key, status)))
    client = connect()
    await opened(client)

    for memory in (41, 42):
        status = {"type": "status", "memory_mb": memory}
        await client.send_to(text_data=json.dumps(status))
    await client.send_to(text_data="[]")  # frames are read in order: those before it have been

    assert await closed(client) == 4400
    assert said == [("stage", {"memory_mb": 41})]


async def test_key_whose_topics_change_sends_its_sockets_back(
    connect: Connect, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = connect()
    await opened(before)
    cursor = str(await append_event(1))

    monkeypatch.setattr(ExampleFeed, "main_topic", "network:2")
    after = connect(f"/ws/stage/?cursor={cursor}&moved=1")

    assert (await opened(after))["recovered"] is False
    assert await closed(before) == 4410
