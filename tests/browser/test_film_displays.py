"""A display that shows a film, in a real browser."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

import pytest
from axe_playwright_python.sync_playwright import Axe
from django.conf import LazySettings
from playwright.sync_api import Browser
from pytest_django.live_server_helper import LiveServer

from accounts.models import User
from assets import ingest
from displays.models import Installation
from films.models import Film
from films.states import FilmState
from networks.models import Network
from tests.operations.clips import moving_sprite, tone, write_clip

SECONDS = 40
# How many seconds it is away from where the clock says, round the loop
AWAY = f"""() => {{
  const {{ currentTime, paused, readyState, seeking }} = document.querySelector("#screen video");
  if (paused || seeking || readyState < 3) return false;
  const away = Math.abs(currentTime - (Date.now() / 1000) % {SECONDS});
  return Math.min(away, {SECONDS} - away) < 2;
}}"""


@pytest.fixture(scope="module")
def clip(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("clip") / "film.mp4"
    return write_clip(path, moving_sprite(SECONDS * 4), rate=4, sound=tone(float(SECONDS)))


@pytest.fixture
def address(
    live_server: LiveServer,
    settings: LazySettings,
    tmp_path: Path,
    clip: Path,
    alice: User,
    network: Network,
) -> str:
    settings.MEDIA_ROOT = tmp_path / "media"
    film_file = Path(shutil.copy(clip, tmp_path / "film.mp4"))  # which keeping moves away
    film = Film.objects.create(
        owner=alice,
        recipe="upscale",
        title="A night in May",
        state=FilmState.COMPLETED,
        output=ingest.store(film_file, kind="video"),
    )
    hall = Installation.objects.create(network=network, name="Foyer")
    hall.add("reel", "film", film=film)
    return f"{live_server.url}{hall.displays.get().get_absolute_url()}"


def test_it_plays_where_the_clock_says_also_after_a_reload(browser: Browser, address: str) -> None:
    page = browser.new_page()
    page.goto(address)
    page.wait_for_function(AWAY)

    page.reload()

    page.wait_for_function(AWAY)
    assert Axe().run(page).response["violations"] == []
    for name, width, height in (("phone", 390, 844), ("wall", 1440, 810)):
        page.set_viewport_size({"width": width, "height": height})
        if shots := os.environ.get("FILM_SHOTS"):
            page.screenshot(path=f"{shots}/{name}.png")
    page.close()


def test_a_film_that_stopped_goes_on(browser: Browser, address: str) -> None:
    page = browser.new_page()
    page.goto(address)
    page.wait_for_function(AWAY)

    page.evaluate("document.querySelector('#screen video').pause()")

    page.wait_for_function("() => !document.querySelector('#screen video').paused")
    page.close()
