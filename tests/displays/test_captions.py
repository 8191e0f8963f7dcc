"""What a wall says beside the work: the first words, whose it is, how to take part, and what invites."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone
from pytest_django import Settings

from displays.events import WallStateChanged
from displays.feeds import DisplayFeed, find
from displays.wall_states import IDLE_FOR, STOPPED_FOR, Mode, wall_state_of_network
from invocations import halts, runs
from invocations.models import Run, StopAll
from invocations.states import Reason
from networks.models import Network
from realtime.events import Progress
from tests.people import Work, html_of

from .conftest import AddDisplay

POLLING = Path(__file__).parents[2] / "static/js/live/poll.js"
CODE = "/n/whispers/wall/code.svg"


@pytest.fixture
def wall(opened: Network) -> str:
    return reverse("networks:wall", args=[opened.slug])


def _shown(client: Client, path: str) -> dict[str, bool]:
    """Which of the two parts is to be seen."""
    page = html_of(client.get(path))
    hidden = {"caption": 'id="wall-caption" hidden', "attract": 'aria-label="Take part" hidden'}
    return {part: mark not in page for part, mark in hidden.items()}


def test_a_wall_shows_the_words_it_began_with_and_the_way_to_the_terminal(
    stranger: Client, opened: Network, run: Run, wall: str
) -> None:
    page = html_of(stranger.get(wall))

    assert _shown(stranger, wall) == {"caption": True, "attract": False}
    assert '<q dir="auto">a red balloon</q>' in page
    assert "Whispers · going round now" in page
    assert "Type your own" in page
    assert f'src="{CODE}?of=terminal"' in page


def test_long_words_end_after_a_word(stranger: Client, opened: Network, wall: str) -> None:
    words = "my grandmother's kitchen " * 20
    runs.start_run(network=opened, prompt=words, at=timezone.now())

    page = html_of(stranger.get(wall))

    shown = page.partition('<q dir="auto">')[2].partition("</q>")[0]
    assert shown.endswith(("my …", "s …", "kitchen …"))
    assert len(shown) < 150


def test_its_curator_may_want_no_caption(
    stranger: Client, opened: Network, run: Run, wall: str
) -> None:
    Network.objects.update(caption=False)

    assert _shown(stranger, wall) == {"caption": False, "attract": False}
    assert "a red balloon" not in html_of(stranger.get(wall))


def test_where_only_some_may_type_the_code_leads_to_the_page(
    stranger: Client, public: Network, run: Run
) -> None:
    page = html_of(stranger.get(reverse("networks:wall", args=[public.slug])))

    assert f'src="{CODE}?of=page"' in page
    assert "Type your own" not in page


def test_the_display_of_a_private_network_has_no_code(
    stranger: Client, network: Network, run: Run, add_display: AddDisplay
) -> None:
    page = html_of(stranger.get(add_display().get_absolute_url()))

    assert "a red balloon" in page
    assert "code.svg" not in page


@pytest.mark.parametrize("cells", ["?rows=2&columns=3", "?rows=1&columns=1"])
def test_a_wall_on_which_nothing_has_ever_run_invites(
    stranger: Client, opened: Network, wall: str, cells: str
) -> None:
    page = html_of(stranger.get(wall + cells))

    assert _shown(stranger, wall + cells) == {"caption": False, "attract": True}
    assert "What shall it become?" in page
    assert "a bell under water" in page
    assert f'src="{CODE}?of=terminal"' in page


def test_the_first_words_take_its_place(opened: Network, add_display: AddDisplay) -> None:
    add_display()
    found = find(opened.installations.get().public_id, "grid")
    assert found is not None
    feed = DisplayFeed(found)
    invites = feed.snapshot()["wall-attract"]
    runs.start_run(network=opened, prompt="a red kite", at=timezone.now())

    html = feed.snapshot()

    assert "What shall it become?" in invites
    assert "What shall it become?" not in html["wall-attract"]
    assert "a red kite" in html["wall-caption"]


@pytest.mark.parametrize("words", ["", "a red kite"])
def test_a_display_that_asks_over_http_shows_what_a_socket_brings(
    stranger: Client, opened: Network, add_display: AddDisplay, words: str
) -> None:
    display = add_display()
    found = find(display.installation.public_id, "grid")
    assert found is not None
    if words:
        runs.start_run(network=opened, prompt=words, at=timezone.now())

    page = html_of(stranger.get(display.get_absolute_url()))

    sent = DisplayFeed(found).snapshot()
    assert _shown(stranger, display.get_absolute_url()) == {
        "caption": bool(words),
        "attract": not words,
    }
    assert sent["wall-caption"].strip() in page
    assert sent["wall-attract"].strip() in page
    assert {"wall-caption", "wall-attract"} <= set(re.findall(r"#([\w-]+)", POLLING.read_text()))


def test_when_nothing_runs_any_more_it_says_so_and_goes_on_inviting(
    stranger: Client, opened: Network, run: Run, work: Work, wall: str
) -> None:
    work(run)
    runs.stop_run(run=run, reason=Reason.PERSON, at=timezone.now())
    page = html_of(stranger.get(wall))

    assert "Whispers · the last words" in page
    assert "Type your own" in page

    Run.objects.update(ended_at=timezone.now() - 2 * IDLE_FOR)
    assert wall_state_of_network(opened).mode is Mode.REPLAY
    page = html_of(stranger.get(wall))
    assert "Whispers · from the archive" in page
    assert '<q dir="auto">a red balloon</q>' in page
    assert "Type your own" in page


def test_while_everything_is_stopped_nobody_is_invited(
    stranger: Client, opened: Network, run: Run, work: Work, wall: str
) -> None:
    work(run)
    halts.stop_all(stopped_by=None, at=timezone.now())
    page = html_of(stranger.get(wall))

    assert "Whispers · stopped" in page
    assert "Type your own" not in page
    assert "code.svg" not in page

    StopAll.objects.update(committed_at=timezone.now() - 2 * STOPPED_FOR)
    page = html_of(stranger.get(wall))

    assert "Whispers · from the archive" in page
    assert "Type your own" not in page


@pytest.mark.parametrize(
    ("column", "value"), [("caption", False), ("name", "Shouts"), ("open_terminal", False)]
)
def test_a_setting_reaches_the_walls_that_hang(
    opened: Network, run: Run, add_display: AddDisplay, column: str, value: object
) -> None:
    add_display()
    found = find(opened.installations.get().public_id, "grid")
    assert found is not None
    feed = DisplayFeed(found)
    before = feed.snapshot()["wall-caption"]
    identity = wall_state_of_network(opened).identity
    Network.objects.update(**{column: value})

    fresh = Network.objects.get()
    assert wall_state_of_network(fresh).identity != identity  # so it is pushed
    news = Progress(opened.topic, WallStateChanged.type, {})
    assert feed.render_progress(news)["wall-caption"] != before


@pytest.mark.parametrize(
    ("public_url", "is_code"), [("https://panic.example.org", True), ("", False)]
)
def test_the_code_is_empty_where_no_phone_could_follow_it(
    stranger: Client, opened: Network, settings: Settings, public_url: str, is_code: bool
) -> None:
    settings.PUBLIC_URL = public_url

    answer = stranger.get(CODE, headers={"host": "localhost"})

    assert answer.headers["Content-Type"] == "image/svg+xml"
    assert ("<path" in html_of(answer)) is is_code
