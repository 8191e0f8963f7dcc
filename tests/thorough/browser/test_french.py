"""Pages, sockets and screens in French in a real browser, from a phone to a wall."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, BrowserContext, Page, expect

from tests.browser.screens import ALL, WORDS
from tests.browser.web_server import WebServer

Wall = dict[str, str]


@pytest.fixture
def wall(web: WebServer) -> Wall:
    found: Wall = web.do("create", displays=[ALL], models=WORDS)
    return found


@pytest.fixture(params=[390, 1920])
def french(browser: Browser, request: pytest.FixtureRequest) -> Iterator[BrowserContext]:
    """A browser of somebody who reads French."""
    one = browser.new_context(
        locale="fr-FR", viewport={"width": request.param, "height": 844}, reduced_motion="reduce"
    )
    yield one
    one.close()


def live(context: BrowserContext, address: str) -> Page:
    page = context.new_page()
    page.goto(address)
    page.wait_for_selector("html[data-live=live]")
    return page


def overflow(page: Page) -> int:
    return int(page.evaluate("document.documentElement.scrollWidth - innerWidth"))


def barriers(page: Page) -> list[str]:
    return [found["id"] for found in Axe().run(page).response["violations"]]


def test_the_terminal_stays_french_when_its_socket_draws(
    french: BrowserContext, web: WebServer, wall: Wall
) -> None:
    page = live(french, f"{web.url}/n/{wall['network']}/terminal/")
    assert page.locator("html").get_attribute("lang") == "fr"
    assert "Écrivez, appuyez, regardez" in page.inner_text("#terminal-status")

    page.fill("#prompt", "un cheval qui compte")
    page.keyboard.press("Enter")
    page.wait_for_selector(".is-yours")
    run = str(page.locator("#terminal-now").get_attribute("data-run"))
    web.do("work", run=run, texts=["onze"])

    expect(page.locator("#terminal-steps .tile").first).to_contain_text("onze")
    expect(page.locator("#terminal-words h2")).to_have_text("Le vôtre circule", use_inner_text=True)
    assert overflow(page) <= 0
    assert barriers(page) == []


def test_two_walls_side_by_side_speak_their_own_language(
    french: BrowserContext, context: BrowserContext, web: WebServer, wall: Wall
) -> None:
    address = f"{web.url}/n/{wall['network']}/wall/"
    pages = {"fr": live(french, address), "en": live(context, address)}

    web.do("start", network=wall["network"], prompt="un cheval")

    expect(pages["fr"].locator("#wall-caption")).to_contain_text("en circulation")
    expect(pages["en"].locator("#wall-caption")).to_contain_text("going round now")
    assert {code: overflow(page) for code, page in pages.items()} == {"fr": 0, "en": 0}


def test_a_language_is_chosen_without_a_script(browser: Browser, web: WebServer) -> None:
    context = browser.new_context(java_script_enabled=False, locale="en-US")
    page = context.new_page()
    page.goto(f"{web.url}/about/")

    page.get_by_role("button", name="Français").click()

    expect(page.locator("html")).to_have_attribute("lang", "fr")
    expect(page).to_have_url(f"{web.url}/about/")
    expect(page.get_by_role("heading", level=1)).to_have_text("Machines sur écoute")
    context.close()


def test_pages_in_french_have_no_barrier_and_do_not_scroll_sideways(
    french: BrowserContext, web: WebServer, wall: Wall
) -> None:
    page = french.new_page()
    found = {}
    for path in ("/", "/about/", "/networks/", "/models/", f"/n/{wall['network']}/"):
        page.goto(web.url + path)
        if problems := [*barriers(page), *["too wide"] * (overflow(page) > 0)]:
            found[path] = problems

    assert found == {}
