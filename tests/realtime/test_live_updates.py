"""Live updates are in no frame and have no cursor: who was busy when one came is shown the present."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Iterator

import pytest

from realtime import hub, subscriptions
from realtime.events import Progress

from .conftest import Connect
from .fixtures import (
    ExampleFeed,
    acknowledge,
    append_event,
    append_many_events,
    opened,
    receive_frame,
)

pytestmark = [pytest.mark.asyncio, pytest.mark.django_db(transaction=True)]
FOLLOWED = "/ws/stage/?progress=1"
CLOSED = Progress("network:1", "hours.changed", {"status": "closed"})


class Snapshots:
    """What snapshots show; one that has read it goes on once `go_on` is set."""

    def __init__(self) -> None:
        self.state = "open"
        self.read = threading.Event()
        self.go_on = threading.Event()
        self.go_on.set()

    def draw(self) -> dict[str, str]:
        found = self.state
        self.read.set()
        assert self.go_on.wait(30)
        return {"now": found}


@pytest.fixture
def snapshots(monkeypatch: pytest.MonkeyPatch) -> Iterator[Snapshots]:
    made = Snapshots()
    monkeypatch.setattr(ExampleFeed, "snapshot", made.draw)
    monkeypatch.setattr(subscriptions, "_SNAPSHOT_SECONDS", 60.0)  # on a busy machine, too
    yield made
    made.go_on.set()


def close(snapshots: Snapshots) -> None:
    snapshots.state = "closed"
    hub.current().show_progress(CLOSED)


async def wait_until_sent() -> None:
    """To those who are not busy."""
    await asyncio.gather(*hub.current()._progress_tasks)


async def test_a_change_while_a_page_connects_reaches_it_and_those_who_come_with_it(
    connect: Connect, snapshots: Snapshots
) -> None:
    snapshots.go_on.clear()
    first, second = connect(FOLLOWED), connect(FOLLOWED)
    welcomed = asyncio.gather(opened(first), opened(second))
    assert await asyncio.to_thread(snapshots.read.wait, 30)

    close(snapshots)
    snapshots.go_on.set()
    await welcomed

    for client in (first, second):
        shown = await receive_frame(client, "progress")
        assert "closed" in shown["html"]["now"]
        assert (shown["event"], shown["data"]) == (CLOSED.type, CLOSED.data)
    assert (await opened(connect()))["html"] == {"now": "closed"}


async def test_a_change_while_a_page_is_behind_is_shown_once_it_has_caught_up(
    connect: Connect, snapshots: Snapshots
) -> None:
    client = connect(FOLLOWED)
    await opened(client)
    more = subscriptions.MAX_UNACKNOWLEDGED + 1
    await append_many_events(range(more))
    frames = [await receive_frame(client) for _ in range(more - 1)]

    close(snapshots)
    await wait_until_sent()
    await acknowledge(client, frames[-1]["cursor"])

    await receive_frame(client)
    assert (await receive_frame(client, "progress"))["html"] == {"now": "closed"}


async def test_what_was_rendered_before_an_event_does_not_replace_it(
    connect: Connect, snapshots: Snapshots, monkeypatch: pytest.MonkeyPatch
) -> None:
    client = connect(FOLLOWED)
    await opened(client)
    monkeypatch.setattr(ExampleFeed, "render_progress", lambda feed, progress: snapshots.draw())
    snapshots.read.clear()
    snapshots.go_on.clear()
    hub.current().show_progress(CLOSED)
    assert await asyncio.to_thread(snapshots.read.wait, 30)

    snapshots.state = "closed"
    await append_event(1)
    await receive_frame(client)
    snapshots.go_on.set()

    assert (await receive_frame(client, "progress"))["html"] == {"now": "closed"}
