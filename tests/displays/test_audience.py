"""How many watch a network: in the API, and live in its control room."""

from __future__ import annotations

import asyncio
from collections import Counter
from typing import cast

import pytest
from asgiref.sync import async_to_sync
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from accounts.models import User
from displays import presence
from displays.keeper import Keeper
from displays.models import Installation
from invocations import halts
from invocations.above import AUDIENCE_CHANGED
from invocations.feeds import NetworkFeed
from networks.models import Network
from realtime.feeds import Feed
from realtime.hub import Hub
from realtime.progress import Progress
from tests.pages.cast import words

from .conftest import Hang
from .test_api import call


def seen(network: Network, *displays: tuple[str, int], pages: int = 0) -> None:
    """One web process says that it has these before it."""
    told = {(key, ""): count for key, count in displays}
    if pages:
        told[(f"{network.topic}:room:6:public", "")] = pages
    presence.tell("one", told, at=timezone.now())


def test_each_network_has_its_own_viewers(network: Network, hang: Hang) -> None:
    other = Network.create(network.owner, name="Other", slots=network.slots)
    display = hang()
    seen(network, (display.feed_key, 2), ("mission-control", 1), ("display:gone", 9), pages=3)

    assert presence.of_networks([network, other]) == {network.pk: 5, other.pk: 0}


def test_the_api_says_how_many_watch_a_network(owner: Client, network: Network, hang: Hang) -> None:
    seen(network, (hang().feed_key, 2), pages=1)

    assert call(owner, "GET", f"/api/v1/networks/{network.slug}")[1]["viewers"] == 3
    assert call(owner, "GET", "/api/v1/networks")[1]["items"][0]["viewers"] == 3


def test_what_was_read_can_be_sent_back(owner: Client, network: Network) -> None:
    path = f"/api/v1/networks/{network.slug}"
    body = call(owner, "GET", path)[1]

    assert call(owner, "PATCH", path, body | {"viewers": 99})[1]["viewers"] == 0


def test_the_control_room_lists_the_displays_and_who_watches_them(
    owner: Client, stranger: Client, public: Network, installation: Installation, hang: Hang
) -> None:
    left = hang("left", "single", stride=1, offsets=[0])
    seen(public, (left.feed_key, 4))
    path = reverse("networks:detail", args=[public.slug])

    room = words(owner.get(path))

    assert "<strong>4</strong> screens watch now" in room
    assert f'<a href="{left.get_absolute_url()}">left</a> 4' in room
    assert "Foyer" in room
    assert left.get_absolute_url() not in words(stranger.get(path))


class OneRoom:
    """A hub that has one control room before it."""

    def __init__(self, feed: Feed) -> None:
        self.feed = feed
        self.shown: list[Progress] = []

    def followed(self) -> list[Feed]:
        return [self.feed]

    def audience(self) -> Counter[tuple[str, str]]:
        return Counter()

    def show(self, news: Progress) -> None:
        self.shown.append(news)


@pytest.mark.django_db(transaction=True)
def test_control_rooms_are_told_when_somebody_comes_and_not_when_nobody_does(
    network: Network, alice: User, hang: Hang
) -> None:
    display = hang()
    scope = {"user": alice, "url_route": {"kwargs": {"slug": network.slug}}}
    feed = async_to_sync(NetworkFeed.open)(scope)
    hub = OneRoom(feed)

    async def counted() -> list[int]:
        keeper, said = Keeper(cast("Hub", hub)), []
        for viewers in (1, 1, 2):
            await keeper._in_thread(seen, network, (display.feed_key, viewers))
            await keeper.count()
            said.append(len(hub.shown))
        keeper._thread.submit(keeper._take_leave).result()
        keeper._thread.shutdown()
        return said

    assert asyncio.run(counted()) == [1, 1, 2]
    assert hub.shown[0] == Progress(network.topic, AUDIENCE_CHANGED, {})
    assert set(feed.render_progress(hub.shown[0])) == {"network-audience"}
    feed.told = False
    assert feed.render_progress(hub.shown[0]) == {}


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("view", ["room", "terminal"])
def test_an_idle_networks_pages_show_that_everything_is_stopped_and_that_it_is_not(
    view: str, network: Network, alice: User
) -> None:
    query = f"view={view}".encode()
    scope = {"user": alice, "url_route": {"kwargs": {"slug": network.slug}}, "query_string": query}
    network.public = True
    network.save()
    feed = async_to_sync(NetworkFeed.open)(scope)
    hub = OneRoom(feed)

    async def looked() -> list[str]:
        keeper, states = Keeper(cast("Hub", hub)), []
        for move in (None, halts.stop_all, None, halts.resume_all):
            if move is not None:
                by = "pressed_by" if move is halts.stop_all else "lifted_by"
                await keeper._in_thread(lambda m=move, b=by: m(**{b: alice}, at=timezone.now()))
            await keeper._notice_halt()
            states.append("".join(news.type for news in hub.shown))
        keeper._thread.submit(keeper._take_leave).result()
        keeper._thread.shutdown()
        return states

    told = "halt.changed"
    assert asyncio.run(looked()) == ["", told, told, told * 2]
    state = {"room": "network-state", "terminal": "terminal-status"}[view]
    assert "Everything is stopped" not in feed.render_progress(hub.shown[-1])[state]
    halts.stop_all(pressed_by=alice, at=timezone.now())
    assert "Everything is stopped" in feed.render_progress(hub.shown[-1])[state]
