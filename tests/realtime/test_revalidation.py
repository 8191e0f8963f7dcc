"""Whoever is in is asked again, and what passes events on says when it stands still."""

from __future__ import annotations

import asyncio

import pytest
from django.contrib.auth import get_user_model
from django.db import OperationalError

from realtime import access, hub

from .conftest import Connect
from .fixtures import ExampleFeed, append_event, closed, opened, receive_frame

pytestmark = [pytest.mark.asyncio, pytest.mark.django_db(transaction=True)]


@pytest.fixture(autouse=True)
def often(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(access, "REVALIDATION_SECONDS", 0.1)
    monkeypatch.setattr(hub, "TICK_SECONDS", 0.05)
    monkeypatch.setattr(ExampleFeed, "revalidates_access", True)


async def rounds(more: int) -> None:
    """Wait until it was asked that many times more."""
    until = ExampleFeed.calls["open"] + more
    async with asyncio.timeout(60):
        while ExampleFeed.calls["open"] < until:
            await asyncio.sleep(0.02)


async def test_who_may_not_follow_any_more_is_sent_away_without_any_event(connect: Connect) -> None:
    client = connect()
    await opened(client)

    ExampleFeed.closed = True

    assert await closed(client) == 4401


async def test_who_still_may_hears_nothing_of_it(connect: Connect) -> None:
    client = connect(user=get_user_model()(email="ada@example.org"))
    await opened(client)
    ExampleFeed.closed = True  # to strangers

    await rounds(3)
    await append_event(1)

    assert (await receive_frame(client))["data"]["n"] == 1


async def test_a_crowd_of_strangers_is_asked_for_once(connect: Connect) -> None:
    crowd = [connect() for _ in range(20)]
    await asyncio.gather(*(opened(client) for client in crowd))
    before = ExampleFeed.calls["open"]

    await rounds(3)

    assert ExampleFeed.calls["open"] - before < 20
    ExampleFeed.closed = True
    assert set(await asyncio.gather(*map(closed, crowd))) == {4401}


async def test_while_the_database_is_away_nobody_is_sent_away(
    connect: Connect, monkeypatch: pytest.MonkeyPatch
) -> None:
    client = connect()
    await opened(client)
    asked = asyncio.Event()

    async def broken(scope: object) -> ExampleFeed:
        asked.set()
        raise OperationalError("no database today")

    with monkeypatch.context() as away:
        away.setattr(ExampleFeed, "open", broken)
        await asyncio.wait_for(asked.wait(), 60)
    await rounds(2)
    await append_event(1)

    assert (await receive_frame(client))["data"]["n"] == 1


async def test_who_may_follow_something_else_by_now_comes_back_and_does(
    connect: Connect, monkeypatch: pytest.MonkeyPatch
) -> None:
    client = connect()
    await opened(client)

    monkeypatch.setattr(ExampleFeed, "__init__", _under_another_key)

    assert await closed(client) == 4410


def _under_another_key(
    self: ExampleFeed, key: str, topics: tuple[str, ...], everything: bool
) -> None:
    self.key, self.topics = f"{key} of the public", topics


async def test_a_tail_that_hangs_is_noticed_even_before_it_lags(connect: Connect) -> None:
    client = connect()
    await opened(client)

    async def silence_is(wanted: bool) -> None:
        async with asyncio.timeout(60):
            while (hub.stalled_seconds() > 1.5) is not wanted:
                await asyncio.sleep(0.02)

    ExampleFeed.hold.set()
    await append_event(1)
    await silence_is(True)
    ExampleFeed.hold.clear()
    await silence_is(False)

    assert (await receive_frame(client))["data"]["n"] == 1


async def test_with_nobody_there_nothing_stands_still(connect: Connect) -> None:
    assert hub.stalled_seconds() == 0.0
