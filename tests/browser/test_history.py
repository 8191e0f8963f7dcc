"""The history in a real browser: barriers, the keyboard, a list that follows what is typed, and a
bundle that is opened from a disk."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from django.conf import settings as configured
from django.contrib.auth.models import AnonymousUser
from django.test import Client
from django.utils import timezone
from playwright.sync_api import Browser, Page, expect
from pytest_django.live_server_helper import LiveServer

from archive.bundles import writing
from archive.models import ContactSheet
from assets import ingest
from invocations import visitor_access
from invocations.models import Invocation, Run
from networks.models import Network
from tests.assets import samples

STEPS = 8
SIGHTS: list[tuple[int, Any]] = [(390, "light"), (1440, "dark")]


@pytest.fixture
def past(live_server: LiveServer, public: Network) -> Run:
    """A run of words and pictures; a second one of the same words, and one of others."""
    pictures = [ingest.store(samples.image(seed=seed), kind="image") for seed in range(2)]
    for prompt in ("an owl at sea", "a red balloon", "a red balloon"):
        run = _written(public, prompt)
        for n in range(STEPS):
            gave: dict[str, Any] = (
                {"output_text": f"step {n}"} if n % 2 else {"output_asset": pictures[n // 2 % 2]}
            )
            Invocation.objects.create(
                run=run,
                network=public,
                sequence=n,
                slot=0,
                model="dummy:text-to-text",
                state="completed",
                input_text=prompt,
                seconds=0.5,
                **gave,
            )
    return run


def _written(network: Network, prompt: str) -> Run:
    at = timezone.now()
    ring = [{"model": "dummy:text-to-text"}]
    over = {"state": "completed", "ended_at": at, "lockout_until": at}
    return Run.objects.create(network=network, prompt=prompt, ring=ring, **over)


@pytest.fixture
def page(browser: Browser, live_server: LiveServer, owner: Client) -> Iterator[Page]:
    """As the owner sees it."""
    context = browser.new_context(reduced_motion="reduce", viewport={"width": 1280, "height": 900})
    session = owner.cookies[configured.SESSION_COOKIE_NAME].value
    context.add_cookies(
        [{"name": configured.SESSION_COOKIE_NAME, "value": session, "url": live_server.url}]
    )
    yield context.new_page()
    context.close()


def test_no_page_of_the_history_has_a_barrier_or_scrolls_sideways(
    page: Page, live_server: LiveServer, past: Run
) -> None:
    other = Run.objects.filter(prompt=past.prompt).exclude(pk=past.pk).get()
    sheet = ContactSheet.make(run=past, sequences=range(5), made_by=past.network.owner)
    step = past.invocations.get(sequence=3).get_absolute_url()
    run = past.get_absolute_url()
    complaints: list[str] = []
    page.on("pageerror", lambda error: complaints.append(str(error)))
    page.on(
        "console", lambda line: complaints.append(line.text) if "Security" in line.text else None
    )

    for address in (
        "/runs/?q=red&since=yesterday",
        run,
        f"{run}compare/",
        f"{run}compare/?with={other.public_id}",
        step,
        f"{step}?screen=1",
        sheet.get_absolute_url(),
        "/runs/import/",
        visitor_access.private_url_path(past),
    ):
        for width, scheme in SIGHTS:
            page.emulate_media(color_scheme=scheme)
            page.set_viewport_size({"width": width, "height": 900})
            page.goto(live_server.url + address)
            found = Axe().run(page).response["violations"]
            complaints += [f"{address} {item['id']} {item['nodes'][0]['html']}" for item in found]
            if page.evaluate("document.documentElement.scrollWidth") > width:
                complaints.append(f"{address} scrolls sideways at {width}")

    assert complaints == []


PAPER = {"width": 680, "height": 1000}  # A4 without its margins, in CSS pixels
PRESSED = "button, form, audio, .header, .button, .live-mark, .toasts"  # means nothing on paper


def test_the_history_is_printed_black_on_white_and_whole(
    page: Page, live_server: LiveServer, past: Run
) -> None:
    sheet = ContactSheet.make(run=past, sequences=range(5), made_by=past.network.owner)
    tiles = {
        past.get_absolute_url(): STEPS + 1,
        sheet.get_absolute_url(): 5,
        visitor_access.private_url_path(past): STEPS,
    }
    page.set_viewport_size(PAPER)  # type: ignore[arg-type]  # a plain dict

    for address, count in tiles.items():
        page.goto(live_server.url + address)
        page.emulate_media(media="print", color_scheme="dark")
        _expect_drawn(page, ".tile", count, taller_than=60)
        expect(page.locator("html")).to_have_css("background-color", WHITE)
        expect(page.locator(PRESSED).filter(visible=True)).to_have_count(0)
        assert page.evaluate("document.documentElement.scrollWidth") <= PAPER["width"], address
        assert _hard_to_read(page) == [], address
        page.emulate_media(media="screen")


def test_a_bundle_is_printed_black_on_white_and_whole(
    browser: Browser, past: Run, tmp_path: Path
) -> None:
    content = b"".join(writing.write_bundle(past, AnonymousUser(), at=timezone.now()))
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        archive.extractall(tmp_path)
    page = browser.new_page(viewport=PAPER)  # type: ignore[arg-type]  # a plain dict
    page.goto((tmp_path / "index.html").as_uri())
    page.emulate_media(media="print")

    expect(page.locator("li")).to_have_count(STEPS + 1)
    _expect_drawn(page, "li", STEPS + 1, taller_than=100)
    expect(page.locator("body")).to_have_css("background-color", WHITE)
    assert _hard_to_read(page) == []
    page.close()


WHITE = "rgb(255, 255, 255)"


def _expect_drawn(page: Page, selector: str, count: int, *, taller_than: int) -> None:
    """Waits for them: a browser decides with its next frame what of `content-visibility: auto` it
    skips, and applies a print sheet that it has loaded at leisure."""
    page.wait_for_function(
        """([selector, count, height]) => [...document.querySelectorAll(selector)]
        .filter((one) => one.checkVisibility({ contentVisibilityAuto: true })
          && one.getBoundingClientRect().height > height).length === count""",
        arg=[selector, count, taller_than],
    )


def _hard_to_read(page: Page) -> list[str]:
    found = Axe().run(page, options={"runOnly": ["color-contrast"]}).response["violations"]
    return [node["html"] for item in found for node in item["nodes"]]


def test_a_strip_is_gone_through_and_chosen_from_by_keyboard(
    page: Page, live_server: LiveServer, past: Run
) -> None:
    page.goto(live_server.url + past.get_absolute_url())
    page.locator(".frame-link").first.focus()

    for key in ("ArrowRight", "ArrowRight", "ArrowLeft", "Tab", "Space"):
        page.keyboard.press(key)
    expect(page.locator("[data-chosen]")).to_have_text("1 chosen.")
    page.keyboard.press("Shift+Tab")
    page.keyboard.press("End")
    expect(page.locator(".frame-link").last).to_be_focused()
    page.keyboard.press("Tab")
    page.keyboard.press("Space")
    page.reload()
    expect(page.locator("[data-chosen]")).to_have_text("2 chosen.")
    page.get_by_role("button", name="Make a contact sheet").click()

    page.wait_for_url("**/sheets/*/")
    assert past.contact_sheets.get().sequences == [1, STEPS - 1]
    expect(page.locator(".sheet .tile")).to_have_count(2)


def test_arrows_lead_from_step_to_step_on_the_full_screen(
    page: Page, live_server: LiveServer, past: Run
) -> None:
    first, second = past.invocations.in_order()[:2]
    page.goto(f"{live_server.url}{first.get_absolute_url()}?screen=1")

    page.keyboard.press("ArrowRight")
    page.wait_for_url(f"**{second.get_absolute_url()}?screen=1")
    page.keyboard.press("ArrowLeft")
    page.wait_for_url(f"**{first.get_absolute_url()}?screen=1")
    page.keyboard.press("Escape")
    page.wait_for_url(f"**{first.get_absolute_url()}")


def test_the_list_of_runs_follows_what_is_typed(
    page: Page, live_server: LiveServer, past: Run
) -> None:
    page.goto(f"{live_server.url}/runs/")
    page.evaluate("window.same = true")
    expect(page.locator(".run-entry")).to_have_count(3)

    page.get_by_label("Words", exact=True).press_sequentially("owl")

    expect(page.locator(".run-entry")).to_have_count(1)
    expect(page.locator(".run-words")).to_have_text("an owl at sea")
    page.wait_for_url("**/runs/?q=owl*")
    assert page.evaluate("window.same")


def test_a_bundle_is_looked_at_without_a_server(
    browser: Browser, past: Run, tmp_path: Path
) -> None:
    content = b"".join(writing.write_bundle(past, AnonymousUser(), at=timezone.now()))
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        archive.extractall(tmp_path)
    page = browser.new_page(viewport={"width": 390, "height": 844}, java_script_enabled=True)

    page.goto((tmp_path / "index.html").as_uri())

    expect(page.locator("li")).to_have_count(STEPS + 1)
    for picture in page.locator("img").all():
        picture.scroll_into_view_if_needed()
        expect(picture).to_have_js_property("naturalWidth", 64)
    assert Axe().run(page).response["violations"] == []
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
    page.close()
