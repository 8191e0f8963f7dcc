"""The pages of films in a real browser: no barrier, and an upload that goes on after whatever befalls it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from django.conf import LazySettings
from django.conf import settings as configured
from django.test import Client
from django.utils import timezone
from playwright.sync_api import Browser, Page, Route, expect
from pytest_django.live_server_helper import LiveServer

from accounts.models import User
from assets import ingest
from films import upload_checks
from films.models import Film, FilmTask, Upload, UploadState
from films.models.upload import parts_folder
from invocations.models import Invocation, Run
from networks.models import Network
from tests.assets import samples
from tests.operations import test_probe as bad
from tests.operations.clips import moving_sprite, write_clip

OPENING = "() => document.getElementById('upload-bar').value > 0"


@pytest.fixture
def site(live_server: LiveServer, settings: LazySettings, tmp_path: Path) -> str:
    settings.MEDIA_ROOT = tmp_path / "media"
    settings.DISK_FLOOR_MB = 0
    return live_server.url


@pytest.fixture
def page(browser: Browser, site: str, owner: Client) -> Iterator[Page]:
    context = browser.new_context(reduced_motion="reduce", viewport={"width": 1280, "height": 900})
    session = owner.cookies[configured.SESSION_COOKIE_NAME].value
    context.add_cookies([{"name": configured.SESSION_COOKIE_NAME, "value": session, "url": site}])
    yield context.new_page()
    context.close()


@pytest.fixture
def clip(tmp_path: Path) -> Path:
    """A clip with three million bytes behind it that mean nothing: two pieces, of one and of two MiB."""
    path = write_clip(tmp_path / "sprite.mp4", moving_sprite(6))
    size = 3_000_000
    filling = size.to_bytes(4, "big") + b"free" + bytes(size - 8)
    path.write_bytes(path.read_bytes() + filling)
    return path


@pytest.fixture
def films(alice: User, network: Network) -> list[Film]:
    """One that is being made, one that failed, one of a run that is finished and shared."""
    picture = ingest.store(samples.image(), kind="image")
    at = timezone.now()
    begun = {"network": network, "ring": network.slots, "lockout_until": at, "ended_at": at}
    run = Run.objects.create(**begun, prompt="a red balloon", state="completed")
    step = {"network": network, "slot": 0, "model": "dummy:text-to-image", "state": "completed"}
    Invocation.objects.create(run=run, sequence=0, output_asset=picture, **step)
    done = Film.objects.create(owner=alice, run=run, recipe="film-of-run", title="Balloons")
    Film.objects.filter(pk=done.pk).update(
        state="completed",
        output=ingest.store(samples.video(), kind="video"),
        chapters=[{"seconds": 0.0, "title": "a red balloon"}, {"seconds": 0.2, "title": "the sea"}],
        provenance={"run": {"prompt": "a red balloon", "network": "Whispers"}},
    )
    done.share()
    made: dict[str, Any] = {"owner": alice, "recipe": "interpolate"}
    failed = Film.objects.create(**made, title="Rain", state="failed", error="The disk is full.")
    return [Film.objects.create(**made, title="Snow", state="running"), failed, done]


def truncated(folder: Path) -> Path:
    return bad.cut_short(write_clip(folder / "a.mp4", moving_sprite(6)), folder / "cut.mp4")


def first_piece_only(route: Route) -> None:
    """What follows it stays on its way."""
    if route.request.headers.get("upload-offset", "0") == "0":
        route.continue_()


@pytest.mark.parametrize("width", [390, 1440])
def test_no_page_has_a_barrier_or_scrolls_sideways(
    page: Page, site: str, films: list[Film], width: int
) -> None:
    page.set_viewport_size({"width": width, "height": 900})
    complaints: list[str] = []
    page.on("pageerror", lambda error: complaints.append(str(error)))
    done = Film.objects.get(pk=films[-1].pk)
    of_films = [f"/films/{film.public_id}/" for film in films]
    of_run = f"/runs/{done.run.public_id}/film/" if done.run else ""
    others = [
        "/films/",
        "/films/new/",
        "/films/storage/",
        of_run,
        f"/films/shared/{done.share_key}/",
    ]

    for address in [*of_films, *others]:
        answer = page.goto(site + address)
        assert answer
        assert answer.status == 200
        found = Axe().run(page).response["violations"]
        complaints += [f"{address} {item['id']} {item['nodes'][0]['html']}" for item in found]
        if page.evaluate("document.documentElement.scrollWidth") > width:
            complaints.append(f"{address} scrolls sideways")

    assert complaints == []


def test_upload_goes_on_after_a_cut_line_and_a_reload(page: Page, site: str, clip: Path) -> None:
    pieces: list[str] = []
    page.goto(f"{site}/films/new/")
    page.route("**/api/v1/uploads/*", first_piece_only)
    page.set_input_files("#id_clip", clip)
    page.wait_for_function(OPENING)
    page.get_by_role("button", name="Pause").click()
    expect(page.locator("#upload-words")).to_contain_text("paused")
    page.reload()
    expect(page.locator("#upload-words")).to_contain_text("Choose it again")

    page.unroute("**/api/v1/uploads/*")
    page.route("**/api/v1/uploads/*", lambda route: route.abort())
    page.set_input_files("#id_clip", clip)
    expect(page.locator("#upload-words")).to_contain_text("the line is cut")
    page.unroute("**/api/v1/uploads/*")
    page.on(
        "request",
        lambda one: pieces.append(one.headers["upload-offset"]) if one.method == "PATCH" else None,
    )
    page.get_by_role("button", name="Make the film").click()
    expect(page.locator("#film-order-note")).to_be_visible()
    expect(page.locator("#upload-words")).to_contain_text("is being looked at")
    upload = Upload.objects.get(state=UploadState.RECEIVED)
    assert upload.part.read_bytes() == clip.read_bytes()
    assert "0" not in pieces  # what had come was not sent again
    upload_checks.check_now(upload)

    page.wait_for_url(f"{site}/films/*/")
    page.wait_for_function("() => !location.pathname.endsWith('/new/')")
    assert Film.objects.get().upload == upload


def test_clip_that_is_refused_says_why(page: Page, site: str, tmp_path: Path) -> None:
    (tmp_path / "text.mp4").write_text("Not a video at all.")
    page.goto(f"{site}/films/new/")
    page.set_input_files("#id_clip", tmp_path / "text.mp4")
    expect(page.locator("#upload-words")).to_contain_text("is being looked at")

    upload_checks.check_now(Upload.objects.get())

    expect(page.locator("#upload-words")).to_have_text("This is not a video: what came is a text.")
    expect(page.locator("#upload-said")).to_contain_text("what came is a text")


@pytest.mark.parametrize(
    ("made", "words"),
    [
        (truncated, "cut short"),
        (bad.zero_bytes, "The file is empty."),
        (bad.eight_thousand_wide, "too large: 7680 by 4320"),
        (bad.one_picture, "only one picture"),
        (bad.sound_in_mp4, "only sound"),
        (bad.image_named_mp4, "a PNG image"),
        (bad.three_hours, "too long: it plays 183 minutes"),
        (bad.encrypted, "encrypted"),
    ],
)
def test_bad_file_gets_its_sentence_on_the_page_and_leaves_nothing(
    made: Callable[[Path], Path], words: str, page: Page, site: str, tmp_path: Path
) -> None:
    page.goto(f"{site}/films/new/")
    page.set_input_files("#id_clip", made(tmp_path))
    if made is not bad.zero_bytes:
        page.get_by_role("button", name="Make the film").click()
        expect(page.locator("#upload-words")).to_contain_text("is being looked at")
        with page.expect_response(lambda one: one.request.method == "DELETE"):
            upload_checks.check_now(Upload.objects.get())

    expect(page.locator("#upload-words")).to_contain_text(words)
    expect(page.locator("#upload-said")).to_contain_text(words)
    expect(page.locator("#film-order-note")).to_be_hidden()
    assert page.url == f"{site}/films/new/"
    assert [rows.objects.count() for rows in (Upload, Film, FilmTask)] == [0, 0, 0]
    folders = (parts_folder(), Path(configured.MEDIA_ROOT) / "uploads")
    assert [file for folder in folders if folder.exists() for file in folder.iterdir()] == []


def test_chapters_are_reached_by_keys(page: Page, site: str, films: list[Film]) -> None:
    done = Film.objects.get(pk=films[-1].pk)
    page.goto(f"{site}/films/{done.public_id}/")
    page.wait_for_function("() => document.getElementById('film-player').readyState > 0")
    page.get_by_role("link", name="the sea").focus()

    page.keyboard.press("Enter")
    page.wait_for_function("() => document.getElementById('film-player').currentTime >= 0.2")
    page.keyboard.press("1")

    expect(page.get_by_role("link", name="a red balloon").last).to_be_visible()
    page.wait_for_function("() => document.querySelector('.film-chapters [aria-current]')")
