"""A display that shows where the run is going."""

from __future__ import annotations

from typing import Any

import pytest
from django.test import Client

from displays.feeds import DisplayFeed, find
from displays.miniatures import InstallationFeed
from displays.models import Display, Installation
from invocations.models import Run
from networks.models import Network
from observatory.events import OutputsEmbedded
from realtime.events import Progress
from tests.observatory.embedding_host import *  # noqa: F403  its fixtures
from tests.observatory.embedding_host import Embed
from tests.people import Work, html_of


@pytest.fixture
def display(network: Network) -> Display:
    hall = Installation.objects.create(network=network, name="Foyer")
    hall.add("going", "trajectory")
    found = find(hall.public_id, "going")
    assert found is not None
    return found


def test_it_shows_the_picture_and_follows_what_is_embedded(
    client: Client, display: Display, run: Run, work: Work, embed: Embed
) -> None:
    work(run, "a kite over the sea")
    embed()
    feed = DisplayFeed(display)
    progress = Progress(run.network.topic, OutputsEmbedded.type, {"run": run.public_id})

    page = html_of(client.get(display.get_absolute_url()))
    drawn = feed.render_progress(progress)

    assert 'id="trajectory"' in page
    assert 'data-kind="trajectory"' in page
    assert list(drawn) == ["trajectory"]
    assert "a kite over the sea" in drawn["trajectory"]
    assert feed.render_progress(Progress(progress.topic, progress.type, {"run": "other"})) == {}


def test_its_miniature_is_the_picture(display: Display, run: Run, work: Work, embed: Embed) -> None:
    work(run, "a kite")
    embed()
    feed = InstallationFeed(display.installation)
    progress = Progress(run.network.topic, OutputsEmbedded.type, {"run": run.public_id})

    drawn = feed.render_progress(progress)

    assert f"{display.public_id}-run" in feed.snapshot()["miniatures"]
    assert "<svg" in drawn[f"{display.public_id}-run"]


def test_it_shows_no_steps_and_has_no_fields_of_others(owner: Any, display: Display) -> None:
    address = f"/api/v1/installations/{display.installation.public_id}/displays"

    made = owner.post(address, {"name": "second", "type": "trajectory"}, "application/json")
    wrong = owner.post(
        address, {"name": "third", "type": "trajectory", "rows": 2}, "application/json"
    )

    assert made.status_code == 201
    assert wrong.status_code == 422
    assert (display.layout.cells, display.layout.cell_of(0)) == (0, None)
    assert display.layout.candidates(5) == []
