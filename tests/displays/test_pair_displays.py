"""A display that shows two runs side by side."""

from __future__ import annotations

import pytest
from django.test import Client
from django.utils import timezone

from displays.feeds import DisplayFeed, find
from displays.miniatures import InstallationFeed
from displays.models import Display, Installation
from invocations.events import InvocationCompleted
from invocations.models import Run
from networks.models import Network
from observatory import twins
from observatory.events import OutputsEmbedded
from realtime.events import Progress
from realtime.models import Event
from tests.observatory.embedding_host import *  # noqa: F403  its fixtures
from tests.observatory.embedding_host import Embed
from tests.people import Work, html_of


@pytest.fixture
def display(network: Network) -> Display:
    hall = Installation.objects.create(network=network, name="Foyer")
    hall.add("parting", "pair")
    found = find(hall.public_id, "parting")
    assert found is not None
    return found


@pytest.fixture
def companion(run: Run) -> Run:
    found = twins.start_variant(run, "a blue balloon", timezone.now())
    assert found is not None
    return found


def test_it_says_so_where_nothing_began_beside_the_run(
    client: Client, display: Display, run: Run
) -> None:
    page = html_of(client.get(display.get_absolute_url()))

    assert "No other run began beside this one." in page


def test_it_shows_both_and_how_far_apart_they_are_as_they_go_on(
    client: Client, display: Display, run: Run, companion: Run, work: Work, embed: Embed
) -> None:
    feed = DisplayFeed(display)
    feed.snapshot()
    work(companion, "a grey engine")
    work(run, "a kite over the sea")
    event = Event.objects.filter(type=InvocationCompleted.type, topic__name=run.network.topic)

    frame = feed.render(event.latest("pk"))
    embed()
    grown = feed.render_progress(
        Progress(run.network.topic, OutputsEmbedded.type, {"run": run.public_id})
    )

    assert frame is not None
    assert 'id="pair-apart">\u2013<' in frame.html["pair"]
    assert "a grey engine" in frame.html["pair"]
    assert 'id="pair-apart">\u2013<' not in grown["pair"]
    assert "<polyline" in grown["pair"]
    assert 'data-kind="pair"' in html_of(client.get(display.get_absolute_url()))


def test_what_was_embedded_of_the_companion_is_told_to_its_run(
    display: Display,
    run: Run,
    companion: Run,
    work: Work,
    embed: Embed,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    told: list[tuple[str, str]] = []
    monkeypatch.setattr(
        "observatory.events.send", lambda topic, update: told.append((topic, update.run))
    )
    work(companion, "a grey engine")
    embed()

    assert told == [
        (companion.network.topic, companion.public_id),
        (run.network.topic, run.public_id),
    ]


def test_its_miniature_is_the_number_with_its_line(
    display: Display, run: Run, companion: Run, work: Work, embed: Embed
) -> None:
    work(companion, "a grey engine")
    work(run, "a kite over the sea")
    embed()

    drawn = InstallationFeed(display.installation).snapshot()["miniatures"]

    assert f'id="{display.public_id}-run"' in drawn
    assert "<polyline" in drawn
