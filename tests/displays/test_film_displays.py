"""A display that shows a film."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from django.conf import LazySettings
from django.test import Client
from django.utils import timezone

from accounts.models import User
from assets import ingest
from displays.feeds import DisplayFeed, find
from displays.miniatures import InstallationFeed
from displays.models import Display, Installation
from films import changes
from films.models import Film
from films.states import FilmState
from invocations.models import Run
from networks.models import Network
from realtime import log
from realtime.models import Event
from tests.operations.clips import moving_sprite, write_clip
from tests.people import html_of


@pytest.fixture
def film(alice: User, run: Run, tmp_path: Path, settings: LazySettings) -> Film:
    settings.MEDIA_ROOT = tmp_path / "media"
    output = ingest.store(write_clip(tmp_path / "film.mp4", moving_sprite(8)), kind="video")
    return Film.objects.create(
        owner=alice,
        run=run,
        recipe="film-of-run",
        title="A night in May",
        state=FilmState.COMPLETED,
        output=output,
    )


@pytest.fixture
def display(network: Network, film: Film) -> Display:
    hall = Installation.objects.create(network=network, name="Foyer")
    hall.add("reel", "film", film=film)
    return shown(hall)


def shown(hall: Installation) -> Display:
    found = find(hall.public_id, "reel")
    assert found is not None
    return found


def happened(topic: str, kind: str) -> Event:
    log.append(topic, kind, {"run": "r"})
    return log.read_after(topic, None, 500)[-1]


def address(display: Display) -> str:
    return f"/api/v1/installations/{display.installation.public_id}/displays"


def test_it_plays_the_film_and_says_nothing_of_the_run(
    client: Client, display: Display, film: Film
) -> None:
    assert film.output is not None

    page = html_of(client.get(display.get_absolute_url()))

    assert f'<video src="{film.output.url}" data-film' in page
    assert " muted playsinline loop autoplay" in page
    assert "A night in May" in page
    assert '<div class="wall-caption" id="wall-caption" hidden>' in page
    assert (display.layout.cells, display.layout.cell_of(0)) == (0, None)


def test_it_goes_on_when_a_run_of_its_network_begins(display: Display, run: Run) -> None:
    feed = DisplayFeed(display)
    before = feed.snapshot()["screen"]

    frame = feed.render(happened(run.network.topic, "run.started"))

    assert frame is not None
    assert frame.html["screen"] == before


def test_it_is_empty_once_the_film_is_deleted(display: Display, film: Film) -> None:
    feed = DisplayFeed(display)
    topic = film.topic
    changes.delete_film(film=film, at=timezone.now())

    frame = feed.render(log.read_after(topic, None, 9)[-1])

    assert frame is not None
    assert "<video" not in frame.html["screen"]
    assert "<video" not in DisplayFeed(shown(display.installation)).snapshot()["screen"]


def test_it_is_empty_once_the_run_was_taken_back(display: Display, film: Film) -> None:
    """Also of another network than the one that the display is on."""
    elsewhere = Network.objects.create(owner=film.owner, name="Elsewhere", slug="elsewhere")
    Installation.objects.filter(pk=display.installation.pk).update(network=elsewhere)
    display = shown(display.installation)
    feed = DisplayFeed(display)
    assert film.run is not None
    topic = film.run.network.topic
    assert "<video" in feed.snapshot()["screen"]
    Run.objects.filter(pk=film.run.pk).update(withdrawn_at=timezone.now())

    untouched = feed.render(happened(topic, "run.completed"))
    frame = feed.render(happened(topic, "run.withdrawn"))

    assert untouched is None
    assert frame is not None
    assert "<video" not in frame.html["screen"]


def test_its_miniature_is_silent_and_loads_nothing(display: Display) -> None:
    page = InstallationFeed(display.installation).snapshot()["miniatures"]

    assert f'id="{display.public_id}-tile-0"' in page
    assert 'preload="none"' in page
    assert "data-film" not in page
    assert "autoplay" not in page


def test_outside_opening_hours_it_is_dark(client: Client, display: Display) -> None:
    Installation.objects.filter(pk=display.installation.pk).update(
        opening_hours=[{"days": ["mon"], "opens": "10:00", "closes": "11:00", "zone": "UTC"}],
        closed_on=[timezone.now().date().isoformat()],
    )

    page = html_of(client.get(display.get_absolute_url()))

    assert "data-dark" in page
    assert "<video" not in page


def test_a_film_is_chosen_by_whoever_may_see_it(
    owner: Client, display: Display, film: Film, bob: User
) -> None:
    theirs = Film.objects.create(
        owner=bob, recipe="upscale", state=FilmState.COMPLETED, output=film.output
    )
    unfinished = Film.objects.create(owner=film.owner, recipe="upscale")
    body = {"name": "second", "type": "film"}

    refused = [
        owner.post(address(display), {**body, "film": one}, "application/json")
        for one in (theirs.public_id, unfinished.public_id, "no\0thing")
    ]
    made = owner.post(address(display), {**body, "film": film.public_id}, "application/json")
    grid = owner.post(
        address(display),
        {"name": "third", "type": "grid", "rows": 1, "columns": 1, "film": film.public_id},
        "application/json",
    )

    assert [answer.status_code for answer in refused] == [422, 422, 422]
    assert "no finished film" in str(refused[0].json())
    assert (made.status_code, made.json()["film"]) == (201, film.public_id)
    assert grid.status_code == 422


def test_what_it_shows_already_can_be_kept_by_who_does_not_see_the_film(
    owner: Client, display: Display, film: Film, bob: User
) -> None:
    Film.objects.filter(pk=film.pk).update(owner=bob, run=None)
    listed = owner.get(address(display)).json()["items"]

    kept = owner.patch(
        f"/api/v1/installations/{display.installation.public_id}",
        {"displays": listed},
        "application/json",
    )

    assert kept.status_code == 200, kept.content
    assert kept.json()["displays"][0]["film"] == film.public_id


def test_the_page_of_a_display_offers_films(owner: Client, display: Display, film: Film) -> None:
    page = f"/installations/{display.installation.public_id}/displays/reel/"

    offered = html_of(owner.get(page))
    saved = owner.post(page, {"type": "film", "name": "reel", "film": "", "qr_corner": "none"})

    assert f'<option value="{film.public_id}" selected>A night in May</option>' in offered
    assert saved.status_code == 302, saved.content
    assert shown(display.installation).film is None


def test_the_list_of_displays_names_the_film(owner: Client, display: Display) -> None:
    page: Any = owner.get(display.installation.get_absolute_url())

    assert "Film: A night in May" in html_of(page)
