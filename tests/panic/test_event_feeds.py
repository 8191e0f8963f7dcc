"""Every event of a network goes through every kind of socket, those included that show nothing of it."""

from __future__ import annotations

from importlib import import_module

import pytest
from django.apps import apps
from django.conf import settings
from django.db import transaction

from displays.feeds import DisplayFeed, WallFeed, find
from displays.models import Installation
from invocations.events import NETWORK_TOPIC, InvocationEvent, RunEvent
from invocations.models import Run
from networks.models import Network
from realtime import log
from realtime.events import LiveUpdate, data_fields, event_types
from realtime.feeds import Feed
from realtime.models import Event
from studio.activity import recent_activity
from studio.feeds import NetworkFeed, NetworkView
from studio.mission_control import MissionControlFeed
from tests.people import Work

pytestmark = pytest.mark.django_db

# As a later event of the network may be: about no run and no step
OTHERS: dict[str, dict[str, object]] = {"network.described": {}}


@pytest.fixture
def events(network: Network, run: Run, work: Work) -> list[Event]:
    """One of each kind that is declared, and the others, at the end of a network's log."""
    for app in apps.get_app_configs():
        if (settings.BASE_DIR / app.name / "events.py").is_file():
            import_module(f"{app.name}.events")
    work(run, "a red kite")
    step = run.invocations.get(sequence=0)
    rows: list[tuple[str, dict[str, object]]] = []
    for kind, declared in event_types().items():
        if declared.topic != NETWORK_TOPIC or issubclass(declared, LiveUpdate):
            continue
        if issubclass(declared, RunEvent):
            rows.append((kind, declared.from_run(run).data))
        elif issubclass(declared, InvocationEvent):
            rows.append((kind, declared.from_step(run, step).data))
        else:
            rows.append((kind, dict.fromkeys(field.name for field in data_fields(declared))))
    rows += OTHERS.items()
    with transaction.atomic():
        log.append_many(network.topic, rows)
    return list(log.read_after(network.topic, None, 500))[-len(rows) :]


@pytest.fixture
def feeds(network: Network) -> list[Feed]:
    installation = Installation.objects.create(network=network, name="Foyer")
    grid = installation.add("grid", "grid", rows=2, columns=3)
    display = find(installation.public_id, grid.name)
    assert display is not None
    views = [NetworkFeed(network, view, 6, can_control=True) for view in NetworkView]
    return [DisplayFeed(display), WallFeed(network, 6), MissionControlFeed(), *views]


def test_every_socket_gets_on_with_every_event(events: list[Event], feeds: list[Feed]) -> None:
    drawn = {(type(feed), event.type) for feed in feeds for event in events if feed.render(event)}

    assert {(WallFeed, "run.started"), (DisplayFeed, "invocation.completed")} <= drawn
    assert not {(WallFeed, kind) for kind in OTHERS} & drawn
    assert {(NetworkFeed, event.type) for event in events} <= drawn  # it carries all of its topic


def test_no_event_is_told_as_the_end_of_a_run_but_an_end(
    events: list[Event], network: Network, run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("studio.activity.MAX_ACTIVITY_ENTRIES", 100)

    entries = recent_activity(network, [run], [])

    ends = [entry for entry in entries if entry.words == "The run ended."]
    assert len(ends) == 3  # stopped, failed, completed: this run, which goes on, has no reason
