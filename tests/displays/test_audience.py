"""How many watch a network: in the API, and live in its control room."""

from __future__ import annotations

import asyncio
from collections import Counter
from typing import cast

import pytest
from asgiref.sync import async_to_sync
from django.conf import LazySettings
from django.db import DataError
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from accounts.models import User
from displays import presence, receipts
from displays.background import REPORT_SECONDS, DisplayBackgroundTask
from displays.models import DisplayReport, Installation
from invocations import halts
from lib.database_thread import close_connection
from networks.models import Network
from realtime.events import Progress
from realtime.feeds import Feed
from realtime.hub import Hub
from studio.events import AudienceChanged
from studio.feeds import NetworkFeed
from tests.people import html_of

from .conftest import AddDisplay
from .test_api import call
from .test_feeds import feed_of

MORE_THAN_THERE_IS = 10_000_000  # MB


def seen(network: Network, *displays: tuple[str, int], pages: int = 0) -> None:
    """One web process says that it has these before it."""
    counts = {(key, ""): count for key, count in displays}
    if pages:
        counts[(f"{network.topic}:room:6:public", "")] = pages
    presence.save("one", counts, at=timezone.now())


def test_each_network_has_its_own_viewers(network: Network, add_display: AddDisplay) -> None:
    other = Network.create(network.owner, name="Other", slots=network.slots)
    display = add_display()
    seen(network, (display.feed_key, 2), ("mission-control", 1), ("display:gone", 9), pages=3)

    assert presence.count_viewers_of_networks([network, other]) == {network.pk: 5, other.pk: 0}


def test_the_api_says_how_many_watch_a_network(
    owner: Client, network: Network, add_display: AddDisplay
) -> None:
    seen(network, (add_display().feed_key, 2), pages=1)

    assert call(owner, "GET", f"/api/v1/networks/{network.slug}")[1]["viewers"] == 3
    assert call(owner, "GET", "/api/v1/networks")[1]["items"][0]["viewers"] == 3


def test_what_was_read_can_be_sent_back(owner: Client, network: Network) -> None:
    path = f"/api/v1/networks/{network.slug}"
    body = call(owner, "GET", path)[1]

    assert call(owner, "PATCH", path, body | {"viewers": 99})[1]["viewers"] == 0


def test_the_control_room_lists_the_displays_and_who_watches_them(
    owner: Client,
    stranger: Client,
    public: Network,
    installation: Installation,
    add_display: AddDisplay,
) -> None:
    left = add_display("left", "single", stride=1, offsets=[0])
    seen(public, (left.feed_key, 4))
    path = reverse("networks:detail", args=[public.slug])

    room = html_of(owner.get(path))

    assert "<strong>4</strong> screens watch now" in room
    assert f'<a href="{left.get_absolute_url()}">left</a> 4' in room
    assert "Foyer" in room
    assert left.get_absolute_url() not in html_of(stranger.get(path))


class OneRoom:
    """A hub that has one control room before it."""

    def __init__(self, feed: Feed) -> None:
        self.feed = feed
        self.shown: list[Progress] = []

    def followed_feeds(self) -> list[Feed]:
        return [self.feed]

    def audience(self) -> Counter[tuple[str, str]]:
        return Counter()

    def show_progress(self, news: Progress) -> None:
        self.shown.append(news)


@pytest.mark.django_db(transaction=True)
def test_control_rooms_are_told_when_somebody_comes_and_not_when_nobody_does(
    network: Network, alice: User, add_display: AddDisplay
) -> None:
    display = add_display()
    scope = {"user": alice, "url_route": {"kwargs": {"slug": network.slug}}}
    feed = async_to_sync(NetworkFeed.open)(scope)
    hub = OneRoom(feed)

    async def counted() -> list[int]:
        task, said = DisplayBackgroundTask(cast("Hub", hub)), []
        for viewers in (1, 1, 2):
            await task._in_thread(seen, network, (display.feed_key, viewers))
            await task.refresh_audiences()
            said.append(len(hub.shown))
        task._thread.submit(task._clear_presence).result()
        task._thread.shutdown()
        return said

    assert asyncio.run(counted()) == [1, 1, 2]
    assert hub.shown[0] == Progress(network.topic, AudienceChanged.type, {})
    assert set(feed.render_progress(hub.shown[0])) == {"network-audience"}
    feed.can_control = False
    assert feed.render_progress(hub.shown[0]) == {}


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("error", [DataError, UnicodeEncodeError("utf-8", "\ud800", 0, 1, "no")])
def test_what_fails_in_a_round_keeps_nothing_else_from_being_done(
    error: Exception,
    add_display: AddDisplay,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    display = add_display()
    hub = OneRoom(feed_of(display))

    def failing(*args: object) -> None:
        raise error

    async def go_round() -> None:
        task = DisplayBackgroundTask(cast("Hub", hub))
        task._reported_at -= REPORT_SECONDS
        await task.advance()
        task._thread.submit(close_connection).result()
        task._thread.shutdown()

    monkeypatch.setattr(receipts, "save", failing)
    asyncio.run(go_round())

    assert DisplayReport.objects.filter(display=display).exists()
    assert "_save_receipts" in caplog.text


def hub_of_page(view: str, network: Network, person: User) -> OneRoom:
    """With this page of the network, which is public, open before it."""
    network.public = True
    network.save()
    query = f"view={view}".encode()
    scope = {"user": person, "url_route": {"kwargs": {"slug": network.slug}}, "query_string": query}
    return OneRoom(async_to_sync(NetworkFeed.open)(scope))


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("view", ["room", "terminal"])
def test_an_idle_networks_pages_show_that_everything_is_stopped_and_that_it_is_not(
    view: str, network: Network, alice: User
) -> None:
    hub = hub_of_page(view, network, alice)

    async def looked() -> list[str]:
        task, states = DisplayBackgroundTask(cast("Hub", hub)), []
        for move in (None, halts.stop_all, None, halts.resume_all):
            if move is not None:
                by = "stopped_by" if move is halts.stop_all else "lifted_by"
                await task._in_thread(lambda m=move, b=by: m(**{b: alice}, at=timezone.now()))
            await task._notice_obstacles()
            states.append("".join(news.type for news in hub.shown))
        task._thread.submit(task._clear_presence).result()
        task._thread.shutdown()
        return states

    changed = "halt.changed"
    assert asyncio.run(looked()) == ["", changed, changed, changed * 2]
    state = {"room": "network-state", "terminal": "terminal-status"}[view]
    assert "Everything is stopped" not in hub.feed.render_progress(hub.shown[-1])[state]
    halts.stop_all(stopped_by=alice, at=timezone.now())
    assert "Everything is stopped" in hub.feed.render_progress(hub.shown[-1])[state]


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize(
    ("view", "place"), [("room", "network-troubles"), ("terminal", "terminal-status")]
)
def test_open_pages_learn_of_a_full_disk_and_of_room_without_a_press(
    view: str, place: str, network: Network, alice: User, settings: LazySettings
) -> None:
    hub = hub_of_page(view, network, alice)

    async def looked() -> list[int]:
        task, shown = DisplayBackgroundTask(cast("Hub", hub)), []
        for floor in (0, 0, MORE_THAN_THERE_IS, MORE_THAN_THERE_IS, 0):
            settings.RUNS_DISK_FLOOR_MB = floor
            await task._notice_obstacles()
            shown.append(len(hub.shown))
        task._thread.submit(task._clear_presence).result()
        task._thread.shutdown()
        return shown

    assert asyncio.run(looked()) == [0, 0, 1, 1, 2]
    words = {"room": "The disk is full.", "terminal": "There is no room for new pictures"}[view]
    assert words not in hub.feed.render_progress(hub.shown[-1])[place]
    settings.RUNS_DISK_FLOOR_MB = MORE_THAN_THERE_IS
    assert words in hub.feed.render_progress(hub.shown[-1])[place]
