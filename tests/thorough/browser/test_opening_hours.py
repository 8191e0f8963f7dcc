"""Opening hours in a real browser: a wall goes dark at closing time and comes back, and a curator sets the
hours on a phone, by keyboard, and without scripts."""

from __future__ import annotations

import io
import time
from collections.abc import Callable, Iterator

import pytest
from axe_playwright_python.sync_playwright import Axe
from PIL import Image
from playwright.sync_api import Browser, BrowserContext, Page, expect

from tests.browser.screens import ALL, GRID, WORDS, opened, sign_in, wait_for_text
from tests.browser.web_server import WebServer

ZONE = "Europe/Zurich"


@pytest.fixture
def wall(web: WebServer) -> dict[str, str]:
    made: dict[str, str] = web.do("create", displays=[GRID, ALL], models=WORDS)
    run = web.do("start", network=made["network"])
    web.do("work", run=run, texts=["a red kite", "a blue kite"])
    return made


def brightest(page: Page) -> int:
    """Of what is on the screen: 0 is black."""
    extremes = Image.open(io.BytesIO(page.screenshot())).convert("L").getextrema()
    return int(extremes[1])  # type: ignore[arg-type]  # of a picture with one band


def wait_for_brightness(page: Page, wanted: Callable[[int], bool]) -> None:
    """Until what the page says is on the screen."""
    until = time.monotonic() + 60
    while not wanted(found := brightest(page)):
        assert time.monotonic() < until, found


def test_a_wall_goes_dark_at_closing_time_and_comes_back_at_the_opening(
    web: WebServer, context: BrowserContext, browser: Browser, wall: dict[str, str]
) -> None:
    pages = [opened(context, web.url + wall[name]) for name in ("grid", "all")]
    away = browser.new_context(viewport={"width": 640, "height": 360})
    late = opened(away, web.url + wall["all"])
    for page in (*pages, late):
        wait_for_text(page, "a blue kite")
        page.evaluate("window.kept = true")
    away.set_offline(True)

    web.do("have_hours", installation=wall["installation"], closes_in=3, opens_in=3600)

    for page in pages:
        page.wait_for_selector("#screen[data-dark]", state="attached")
        wait_for_brightness(
            page, lambda found: found <= 4
        )  # black, but for what a codec makes of it
        assert "kite" not in page.inner_text("#screen")
        expect(page.locator("#wall-notice")).to_contain_text("Closed until")
    joined = opened(context, web.url + wall["grid"])
    expect(joined.locator("#screen[data-dark]")).to_have_count(1)
    away.set_offline(False)
    late.wait_for_selector("#screen[data-dark]", state="attached")
    web.do("have_hours", installation=wall["installation"], closes_in=-60, opens_in=3)

    for page in (*pages, late, joined):
        page.wait_for_selector("#screen:not([data-dark])")
        wait_for_text(page, "a blue kite")
        wait_for_brightness(page, lambda found: found > 60)
    assert all(page.evaluate("window.kept") for page in (*pages, late))  # no page was loaded anew
    away.close()


@pytest.fixture
def phone(browser: Browser, web: WebServer) -> Iterator[Page]:
    context = browser.new_context(
        viewport={"width": 390, "height": 844}, has_touch=True, is_mobile=True
    )
    sign_in(context, web)
    page = context.new_page()
    page.emulate_media(reduced_motion="reduce")
    yield page
    context.close()


def test_hours_are_set_on_a_phone_and_the_page_is_accessible(
    web: WebServer, phone: Page, wall: dict[str, str]
) -> None:
    phone.goto(f"{web.url}/installations/{wall['installation']}/")
    line = phone.locator(".hours-line").first
    for day in ("Tue", "Wed"):
        line.get_by_label(day).check()
    line.get_by_label("Opens").fill("10:00")
    line.get_by_label("Closes").fill("18:00")
    line.get_by_label("Time zone").fill("Zurich")
    phone.get_by_label("Closed on").fill("2026-12-25")
    phone.get_by_role("button", name="Save the hours").tap()

    expect(phone.locator(".errorlist").first).to_contain_text("Line 1: “Zurich” is no time zone")
    phone.locator(".hours-line").first.get_by_label("Time zone").fill(ZONE)
    phone.get_by_role("button", name="Save the hours").tap()

    expect(phone.get_by_role("button", name="Remove line 1")).to_be_visible()
    expect(phone.locator(".hours-line").first.get_by_label("Wed")).to_be_checked()
    assert phone.evaluate("document.documentElement.scrollWidth <= innerWidth")
    found = Axe().run(phone)
    assert found.violations_count == 0, found.generate_report()


def test_a_line_is_added_and_removed_by_keyboard_and_without_scripts(
    browser: Browser, web: WebServer, wall: dict[str, str]
) -> None:
    context = browser.new_context(
        viewport={"width": 1280, "height": 720}, java_script_enabled=False
    )
    sign_in(context, web)
    page = context.new_page()
    page.goto(f"{web.url}/installations/{wall['installation']}/")
    line = page.locator(".hours-line").first

    line.get_by_label("Mon").focus()
    page.keyboard.press("Space")
    line.get_by_label("Opens").focus()
    page.keyboard.type("1000AM")
    line.get_by_label("Closes").focus()
    page.keyboard.type("0600PM")
    line.get_by_label("Time zone").focus()
    page.keyboard.type(ZONE)
    page.keyboard.press("Enter")
    remove = page.get_by_role("button", name="Remove line 1")
    expect(remove).to_be_visible()
    page.locator(".hours-line").first.get_by_label("Time zone").focus()
    page.keyboard.press("Enter")  # saves, and removes nothing
    expect(page.get_by_text("The opening hours are saved.")).to_be_visible()
    remove.focus()
    page.keyboard.press("Enter")

    expect(page.get_by_role("button", name="Remove line 1")).to_have_count(0)
    expect(page.locator(".hours-line")).to_have_count(1)
    context.close()


def test_a_curator_starts_in_spite_of_the_hours_only_when_asked_to(
    web: WebServer, phone: Page, wall: dict[str, str]
) -> None:
    room = f"{web.url}/n/{wall['network']}/"
    phone.goto(room)
    expect(phone.get_by_label("outside opening hours")).to_have_count(0)
    web.do("have_hours", installation=wall["installation"], closes_in=-600, opens_in=3000)
    phone.reload()
    expect(phone.locator("#network-state")).to_contain_text("Closed until")

    phone.get_by_label("Start with").fill("a green kite")
    phone.get_by_role("button", name="Start", exact=True).tap()
    expect(phone.get_by_text("It is closed now, and opens again at")).to_be_visible()
    phone.get_by_label("outside opening hours").check()
    phone.get_by_role("button", name="Start", exact=True).tap()

    expect(phone.locator("#network-state")).to_contain_text("This run goes on all the same.")
