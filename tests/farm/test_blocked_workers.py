"""A block is told at once to those who follow the network, the run or the worker; and it is lifted there."""

from __future__ import annotations

from typing import Any

import pytest

from accounts.models import User
from farm.feeds import FarmWorkerFeed
from farm.models import BlockedWorker, FarmWorker
from films.feeds import RunFeed
from invocations.models import Run
from realtime import log
from realtime.models import Event
from studio.feeds import NetworkFeed, NetworkView

from .conftest import started
from .test_failures import fails, signed_on


@pytest.fixture
def run(root: User, alice: User) -> Run:
    """Goes on; one of its two workers has failed three of its steps."""
    one, two = signed_on(root, "Attic"), signed_on(root, "Cellar")
    made = started(alice, "farm:shout")
    for _ in range(3):
        fails(one)
        (work,) = two.claim()
        assert two.finish(work["token"]).status_code == 200
    return made


@pytest.fixture
def attic(run: Run) -> FarmWorker:
    return FarmWorker.objects.get(name="Attic")


def block_events(run: Run) -> list[Event]:
    found = log.read_after(run.network.topic, None, 500)
    return [event for event in found if event.type.startswith("worker.")]


def test_a_block_and_its_end_are_events_of_the_network(
    run: Run, attic: FarmWorker, client_of: Any
) -> None:
    entry = BlockedWorker.objects.get()
    said = {"run": run.public_id, "worker": attic.public_id, "model": "farm:shout"}
    assert [(one.type, one.data) for one in block_events(run)] == [("worker.blocked", said)]

    address = f"/runs/{run.public_id}/blocklist/{entry.public_id}/remove/"
    assert client_of(run.network.owner).post(address).status_code == 302

    assert [(one.type, one.data) for one in block_events(run)[1:]] == [("worker.unblocked", said)]
    assert not BlockedWorker.objects.exists()


def test_those_who_control_the_network_see_it_on_its_page_and_on_the_runs(run: Run) -> None:
    (event,) = block_events(run)
    feeds = {
        can: NetworkFeed(run.network, NetworkView.ROOM, 1, can_control=can) for can in (True, False)
    }

    drawn = feeds[True].render(event)

    assert drawn is not None
    of_run = RunFeed.open_for(run.network.owner, run.public_id).render(event)
    assert of_run is not None
    for place, html in (
        ("network-blocklist", drawn.html),
        (f"blocklist-{run.public_id}", of_run.html),
    ):
        assert f'id="{place}"' in html[place]
        assert "Attic" in html[place]
    assert set(drawn.html) & set(feeds[True].snapshot()) >= {"network-blocklist"}
    hidden = feeds[False].render(event)
    assert hidden is not None
    assert "network-blocklist" not in hidden.html


def test_the_next_run_begins_without_blocked_workers(run: Run) -> None:
    room = NetworkFeed(run.network, NetworkView.ROOM, 1, can_control=True)
    assert "Attic" in room.snapshot()["network-blocklist"]

    started(run.network.owner, "farm:shout", prompt="a fox")
    other = Run.objects.latest("pk")
    (begun,) = [
        one for one in log.read_after(other.network.topic, None, 99) if one.type == "run.started"
    ]
    drawn = NetworkFeed(other.network, NetworkView.ROOM, 1, can_control=True).render(begun)

    assert drawn is not None
    assert "Attic" not in drawn.html["network-blocklist"]


def test_the_page_of_the_worker_says_where_it_is_blocked(
    run: Run, attic: FarmWorker, admin: Any
) -> None:
    (event,) = block_events(run)

    drawn = FarmWorkerFeed(attic).render(event)
    page = admin.get(f"/farm/{attic.public_id}/").content.decode()

    assert drawn is not None
    assert run.get_absolute_url() in drawn.html["worker-blocked"]
    assert run.get_absolute_url() in page
    assert BlockedWorker.objects.get().public_id in page
    other = FarmWorker.objects.get(name="Cellar")
    assert FarmWorkerFeed(other).render(event) is None


def test_the_page_of_a_run_follows_it(run: Run, client_of: Any) -> None:
    page = client_of(run.network.owner).get(run.get_absolute_url()).content.decode()

    assert f'data-live="/ws/runs/{run.public_id}/"' in page
    assert f'id="blocklist-{run.public_id}"' in page
