"""What a socket is told: snapshots, events, and what it missed."""

from __future__ import annotations

import asyncio
import time

import pytest
from channels.db import database_sync_to_async

from realtime import hub, progress
from realtime.models import Event, Topic

from .conftest import Connect
from .stage import StageFeed, acknowledge, ahappen, ahappen_often, closed, heard, opened

pytestmark = [pytest.mark.asyncio, pytest.mark.django_db(transaction=True)]


async def test_first_connect_gets_a_snapshot_and_then_every_event(connect: Connect) -> None:
    client = connect()

    welcome = await opened(client)
    first, second = await ahappen(1), await ahappen(2)
    frames = [await heard(client), await heard(client)]

    assert welcome["recovered"] is False
    assert welcome["html"] == {"now": "<p id=now>0 events</p>"}
    assert [frame["cursor"] for frame in frames] == [str(first), str(second)]
    assert frames[0]["event"] == "invocation.completed"
    assert frames[0]["data"] == {"n": 1}
    assert frames[0]["html"] == {"now": "<p id=now>1</p>"}
    assert abs(frames[0]["show_at"] - time.time() * 1000) < 2000


async def test_a_feed_draws_events_as_they_are_in_the_log(connect: Connect) -> None:
    client = connect()
    await opened(client)
    await ahappen(1, words="“quoted” \u00e9", nested={"a": [1, None]})
    await heard(client)

    written = await Event.objects.select_related("topic").aget()
    fields = ("pk", "topic", "seq", "type", "data", "created_at")

    assert StageFeed.drawn == [written]
    for name in fields:
        assert getattr(StageFeed.drawn[0], name) == getattr(written, name)


async def test_event_arrives_long_before_the_slow_poll(connect: Connect) -> None:
    client = connect()
    await opened(client)

    began = time.monotonic()
    await ahappen(1)
    await heard(client)

    assert time.monotonic() - began < 0.5


async def test_socket_that_was_away_gets_exactly_what_it_missed(connect: Connect) -> None:
    client = connect()
    await opened(client)
    await ahappen(0)
    seen = (await heard(client))["cursor"]
    await client.disconnect()
    await ahappen_often(range(1, 201))

    again = connect(f"/ws/stage/?cursor={seen}")
    welcome = await opened(again)
    numbers = []
    for _ in range(200):
        frame = await heard(again)
        numbers.append(frame["data"]["n"])
        await acknowledge(again, frame["cursor"])

    assert welcome["recovered"] is True
    assert "html" not in welcome
    assert welcome["cursor"] == seen
    assert numbers == list(range(1, 201))
    assert await again.receive_nothing(timeout=0.05)


async def test_replay_from_the_log_where_this_process_remembers_nothing(connect: Connect) -> None:
    start = await ahappen(0)
    await ahappen_often(range(1, 51))

    client = connect(f"/ws/stage/?cursor={start}")
    welcome = await opened(client)
    numbers = [(await heard(client))["data"]["n"] for _ in range(50)]

    assert welcome["recovered"] is True
    assert numbers == list(range(1, 51))


@pytest.mark.parametrize("cursor", ["nonsense", "otherepoch:1", "a:1~b:2", "%00"])
async def test_cursor_of_another_life_gets_a_fresh_snapshot(connect: Connect, cursor: str) -> None:
    await ahappen(1)

    welcome = await opened(connect(f"/ws/stage/?cursor={cursor}"))

    assert welcome["recovered"] is False
    assert "html" in welcome


async def test_cursor_ahead_of_the_log_gets_a_fresh_snapshot(connect: Connect) -> None:
    cursor = await ahappen(1)

    welcome = await opened(connect(f"/ws/stage/?cursor={cursor.epoch}:999"))

    assert (welcome["recovered"], welcome["cursor"]) == (False, str(cursor))


async def test_gap_of_more_than_a_thousand_gets_a_fresh_snapshot(connect: Connect) -> None:
    cursor = await ahappen(0)
    await ahappen_often(range(1, 1002))

    welcome = await opened(connect(f"/ws/stage/?cursor={cursor}"))

    assert welcome["recovered"] is False


async def test_every_topic_of_a_pair_is_replayed_once(connect: Connect) -> None:
    client = connect("/ws/pair/")
    await opened(client)
    await ahappen(1, topic="network:1")
    await ahappen(2, topic="installation:1")
    cursor = [await heard(client), await heard(client)][-1]["cursor"]
    await client.disconnect()
    await ahappen(3, topic="installation:1")
    await ahappen(4, topic="network:1", hidden=True)
    await ahappen(5, topic="network:1")

    again = connect(f"/ws/pair/?cursor={cursor}")
    welcome = await opened(again)
    numbers = [(await heard(again))["data"]["n"] for _ in range(2)]

    assert welcome["recovered"] is True
    assert sorted(numbers) == [3, 5]
    assert await again.receive_nothing(timeout=0.05)


async def test_event_that_is_not_for_a_feed_sends_nothing(connect: Connect) -> None:
    client = connect()
    await opened(client)

    await ahappen(1, hidden=True)
    await ahappen(2)

    assert (await heard(client))["data"]["n"] == 2


async def test_event_that_cannot_be_drawn_is_told_without_html(connect: Connect) -> None:
    client = connect()
    await opened(client)

    await ahappen(1, broken=True)

    assert (await heard(client))["html"] == {}


async def test_mission_control_hears_topics_that_did_not_exist_yet(connect: Connect) -> None:
    await ahappen(1, topic="network:1")
    client = connect("/ws/all/")
    welcome = await opened(client)

    await ahappen(2, topic="network:2")
    await ahappen(3, topic="network:1")
    numbers = [(await heard(client))["data"]["n"] for _ in range(2)]

    assert sorted(numbers) == [2, 3]
    again = await opened(connect(f"/ws/all/?cursor={welcome['cursor']}"))
    assert again["recovered"] is False


async def test_a_crowd_is_rendered_for_once(connect: Connect) -> None:
    crowd = [connect() for _ in range(20)]
    await asyncio.gather(*(opened(client) for client in crowd))

    await ahappen(1)
    await asyncio.gather(*(heard(client) for client in crowd))

    assert StageFeed.calls == {"open": 1, "snapshot": 1, "render": 1}
    assert hub.viewers("stage") == 20


async def test_snapshot_that_fails_ends_the_socket_and_not_the_server(connect: Connect) -> None:
    StageFeed.fail_snapshot = True
    client = connect()
    await client.connect()
    assert await closed(client) == 1011

    StageFeed.fail_snapshot = False
    await opened(connect())


async def test_numbering_that_begins_anew_sends_sockets_back(connect: Connect) -> None:
    cursor = await ahappen(1)
    client = connect()
    await opened(client)

    await Topic.objects.aupdate(epoch="restored")

    assert await closed(client) == 1012
    again = await opened(connect(f"/ws/stage/?cursor={cursor}"))
    assert (again["recovered"], again["cursor"]) == (False, "restored:1")


async def test_what_was_drawn_is_reported(
    connect: Connect, monkeypatch: pytest.MonkeyPatch
) -> None:
    drawn: list[tuple[str, str]] = []
    monkeypatch.setattr(hub, "_ack_callbacks", [])
    hub.on_ack(lambda key, socket_id, cursor: drawn.append((key, cursor)))
    client = connect()
    await opened(client)

    cursor = str(await ahappen(1))
    await heard(client)
    await acknowledge(client, cursor)
    await ahappen(2)
    await heard(client)

    assert drawn == [("stage", cursor)]


async def test_progress_is_shown_to_those_who_ask_for_it_and_kept_nowhere(connect: Connect) -> None:
    curious, plain = connect("/ws/stage/?progress=1"), connect()
    await opened(curious)
    await opened(plain)

    tell = database_sync_to_async(progress.tell)
    await tell("network:1", "invocation.progressed", {"status": "half-way"})
    frame = await heard(curious, "progress")

    assert frame["html"] == {"now": "<p id=now>half-way</p>"}
    assert "cursor" not in frame
    assert await plain.receive_nothing(timeout=0.05)


async def test_key_whose_topics_change_sends_its_sockets_back(
    connect: Connect, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = connect()
    await opened(before)
    cursor = str(await ahappen(1))

    monkeypatch.setattr(StageFeed, "main_topic", "network:2")
    after = connect(f"/ws/stage/?cursor={cursor}&moved=1")

    assert (await opened(after))["recovered"] is False
    assert await closed(before) == 1012
