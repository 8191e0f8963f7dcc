"""Who may follow, how fast, and what a client may say."""

from __future__ import annotations

import asyncio
import json
import time

import pytest
import pytest_asyncio
from django.contrib.auth import get_user_model

from realtime import consumers, hub, protocol, subscriptions
from realtime.access import SocketBearerAuth

from .conftest import Connect
from .fixtures import (
    ExampleFeed,
    PatientCommunicator,
    acknowledge,
    append_event,
    append_many_events,
    closed,
    opened,
    receive_frame,
    take_sent_events,
)

pytestmark = [pytest.mark.asyncio, pytest.mark.django_db(transaction=True)]


@pytest_asyncio.fixture
async def script(connect: Connect) -> PatientCommunicator:
    """Receives everything at once: what others were not sent by then is held back from them."""
    user = get_user_model()(email="script@example.org")
    client = connect("/ws/stage/?window=0", user=user)
    await opened(client)
    return client


async def test_full_window_holds_back_until_it_is_acknowledged(
    connect: Connect, script: PatientCommunicator, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(subscriptions, "STALLED_SECONDS", 3600.0)
    client = connect()
    await opened(client)

    await append_many_events(range(100))
    for _ in range(100):
        await receive_frame(script)
    frames = take_sent_events(client)
    await acknowledge(client, frames[-1]["cursor"])

    assert [frame["data"]["n"] for frame in frames] == list(range(subscriptions.MAX_UNACKNOWLEDGED))
    assert [(await receive_frame(client))["data"]["n"] for _ in range(36)] == list(range(64, 100))


async def test_window_full_for_too_long_ends_the_socket(
    connect: Connect, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(subscriptions, "STALLED_SECONDS", 0.2)
    client = connect()
    await opened(client)

    await append_many_events(range(100))

    assert await closed(client) == 4429


async def test_script_that_is_signed_in_may_do_without_window(
    script: PatientCommunicator,
) -> None:
    await append_many_events(range(200))

    assert [(await receive_frame(script))["data"]["n"] for _ in range(200)] == list(range(200))


async def test_stranger_cannot_do_without_window(
    connect: Connect, script: PatientCommunicator
) -> None:
    client = connect("/ws/stage/?window=0")
    await opened(client)

    await append_many_events(range(100))
    for _ in range(100):
        await receive_frame(script)

    assert len(take_sent_events(client)) == subscriptions.MAX_UNACKNOWLEDGED


@pytest.mark.parametrize(
    ("said", "code"),
    [
        ("not json", 4400),
        ('{"type": "subscribe"}', 4400),
        ('{"type": "ack"}', 4400),
        ('{"type": "ack", "cursor": 7}', 4400),
        ('{"type": "status", "version": "1"}', 4400),
        ("[]", 4400),
        ("[" * 4000, 4400),
        (json.dumps({"type": "pong", "x": "y" * 5000}), 4408),
    ],
)
async def test_what_a_client_may_not_say_ends_the_socket(
    connect: Connect, said: str, code: int
) -> None:
    client = connect()
    await opened(client)

    await client.send_to(text_data=said)

    assert await closed(client) == code


async def test_binary_frame_ends_the_socket(connect: Connect) -> None:
    client = connect()
    await opened(client)

    await client.send_to(bytes_data=b"{}")

    assert await closed(client) == 4400


async def test_too_many_frames_end_the_socket(
    connect: Connect, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(protocol, "PONG_SECONDS", 3600.0)  # which ends it with the same code
    client = connect()
    await opened(client)

    for _ in range(1000):  # more than is allowed again while a busy machine reads them
        await client.send_to(text_data='{"type": "pong"}')

    assert await closed(client) == 4408


async def test_client_that_answers_pings_stays_and_one_that_does_not_goes(
    connect: Connect, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(protocol, "PING_SECONDS", 0.1)
    monkeypatch.setattr(protocol, "PONG_SECONDS", 2.0)  # a busy machine answers within it
    monkeypatch.setattr(hub, "TICK_SECONDS", 0.02)
    alive, dead = connect(), connect()
    began = int(time.time() * 1000)
    await opened(alive)

    async def answer() -> None:
        while True:
            ping = await receive_frame(alive, "ping")
            assert began <= ping["now"] <= time.time() * 1000
            await alive.send_to(text_data='{"type": "pong"}')

    answering = asyncio.create_task(answer())
    await opened(dead)

    assert await closed(dead) == 4408
    assert hub.viewer_count("stage") == 1
    answering.cancel()


async def test_stranger_is_turned_away_from_a_private_feed(connect: Connect) -> None:
    client = connect("/ws/private/")

    accepted, _ = await client.connect()

    assert accepted
    assert await closed(client) == 4401


async def test_page_of_another_site_is_turned_away(connect: Connect) -> None:
    foreign = connect(origin="https://evil.example")
    opaque = connect(origin="null")
    home = connect(origin="http://wall:8000")

    for client in (foreign, opaque):
        accepted, _ = await client.connect()
        assert accepted
        assert await closed(client) == 4403
    await opened(home)


async def test_bearer_token_opens_a_private_feed(connect: Connect) -> None:
    user = get_user_model()(email="script@example.org")
    application = SocketBearerAuth(
        consumers.WatchConsumer.as_asgi(feed=ExampleFeed),
        resolve=lambda plain: user if plain == "good" else None,
    )

    async def knock(token: str) -> PatientCommunicator:
        headers = [(b"authorization", f"Bearer {token}".encode())]
        client = PatientCommunicator(application, "/ws/private/", headers=headers)
        await client.connect()
        return client

    good, bad = await knock("good"), await knock("bad")

    assert (await receive_frame(good, "welcome"))["recovered"] is False
    assert await closed(bad) == 4401
    await good.disconnect()


async def test_everybody_is_asked_anew_when_who_may_follow_has_changed(connect: Connect) -> None:
    stranger = connect()
    owner = connect(user=get_user_model()(email="owner@example.org"))
    await opened(stranger)
    await opened(owner)

    cursor = await append_event(1)
    await append_event(2, closing=True)

    assert await closed(stranger) == 4410
    assert await closed(owner) == 4410
    again = connect("/ws/stage/?again=1")
    await again.connect()
    assert await closed(again) == 4401
    back = connect(
        f"/ws/stage/?cursor={cursor}&again=1", user=get_user_model()(email="owner@example.org")
    )
    assert (await opened(back))["recovered"] is True
    assert (await receive_frame(back))["html"] == {}
