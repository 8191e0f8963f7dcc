"""A socket gets what its page would: in its language, rendered once for all that share it."""

from __future__ import annotations

from typing import Any

import pytest
from django.utils import translation

from realtime import access, hub
from realtime.access import open_feed
from realtime.events import Progress
from realtime.feeds import Frame
from realtime.models import Event

from .conftest import Connect
from .fixtures import ExampleFeed, append_event, opened, receive_frame

pytestmark = [pytest.mark.asyncio, pytest.mark.django_db(transaction=True)]
FRENCH = {"accept-language": "fr-BE,fr;q=0.8"}


@pytest.fixture(autouse=True)
def feed_that_names_its_language(monkeypatch: pytest.MonkeyPatch) -> None:
    def language(feed: ExampleFeed, *_: object) -> dict[str, str]:
        return {"now": translation.get_language()}

    def render(feed: ExampleFeed, event: Event) -> Frame:
        ExampleFeed.calls["render"] += 1
        return Frame(language(feed))

    monkeypatch.setattr(ExampleFeed, "snapshot", language)
    monkeypatch.setattr(ExampleFeed, "render", render)
    monkeypatch.setattr(ExampleFeed, "render_progress", language)


async def test_snapshot_events_and_progress_are_in_the_language_of_the_page(
    connect: Connect,
) -> None:
    clients = [
        connect(path="/ws/stage/?progress=1"),
        connect(path="/ws/stage/?progress=1", **FRENCH),
    ]

    welcomes = [await opened(client) for client in clients]
    await append_event(1)
    frames = [await receive_frame(client) for client in clients]
    hub.current().show_progress(Progress("network:1", "invocation.progressed", {"status": "x"}))
    progress = [await receive_frame(client, "progress") for client in clients]

    for found in (welcomes, frames, progress):
        assert [frame["html"]["now"] for frame in found] == ["en", "fr"]


async def test_the_language_that_was_chosen_wins_over_the_browser_s(connect: Connect) -> None:
    chosen = connect(cookie="language=en", **FRENCH)

    assert (await opened(chosen))["html"]["now"] == "en"


async def test_an_event_is_rendered_once_for_each_language_that_is_read(connect: Connect) -> None:
    clients = [connect(**headers) for headers in ({}, FRENCH) for _ in range(5)]
    for client in clients:
        await opened(client)

    await append_event(1)
    frames = [await receive_frame(client) for client in clients]

    assert [frame["html"]["now"] for frame in frames] == ["en"] * 5 + ["fr"] * 5
    assert ExampleFeed.calls["render"] == 2
    assert hub.viewer_count("stage") == 10


async def test_connections_of_two_languages_do_not_share_a_feed(
    connect: Connect, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(access, "_SHARED_SECONDS", 60.0)  # however long a busy machine takes
    scopes: list[Any] = [connect().scope, connect(**FRENCH).scope, connect(**FRENCH).scope]

    feeds = [await open_feed(ExampleFeed, scope) for scope in scopes]

    assert [feed.language for feed in feeds] == ["en", "fr", "fr"]
    assert feeds[1] is feeds[2]


async def test_the_language_of_the_feed_itself_wins(
    connect: Connect, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(ExampleFeed, "language", "fr")

    assert (await opened(connect()))["html"]["now"] == "fr"
