"""Terminals and screens behind a proxy that breaks, and in a browser that refuses site data."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect

from tests.browser.chromium import CHROMIUM, WAIT_MS
from tests.browser.faults import Line, Proxy
from tests.browser.screens import ALL, WORDS
from tests.browser.web_server import WebServer


def break_line(line: Line, fault: str) -> None:
    line.dead = fault == "nothing"
    line.portal = not line.dead
    line.portal_status = 502 if fault == "502" else 200


def repair(line: Line) -> None:
    line.dead = line.portal = False


def controlled(page: Page) -> None:
    """Wait until the service worker looks after the page."""
    page.wait_for_function("() => navigator.serviceWorker.controller !== null")


@pytest.mark.parametrize("fault", ["502", "200", "nothing"])
def test_a_press_while_the_proxy_is_broken_is_made_once_it_is_good_again(
    context: BrowserContext, web: WebServer, fault: str
) -> None:
    wall = web.do("create", displays=[ALL], models=WORDS)
    with Proxy(web.port) as proxy:
        page = context.new_page()
        page.goto(f"{proxy.url}/n/{wall['network']}/terminal/")
        page.wait_for_selector("html[data-live=live]")
        break_line(proxy.line, fault)
        proxy.cut_all()
        page.fill("#prompt", f"words that met {fault}")
        page.click(".panic-button")

        expect(page.locator("#terminal-refusal")).to_contain_text("There is no connection.")
        assert page.input_value("#prompt") == f"words that met {fault}"
        assert "hotel" not in page.content()

        repair(proxy.line)
        shown = page.locator("#terminal-now")
        expect(shown).to_contain_text(f"words that met {fault}")
        expect(page.locator("#terminal-refusal")).to_have_text("")
        expect(page.locator("#prompt")).to_have_value("")


def test_words_that_are_changed_meanwhile_are_not_sent_by_themselves(
    context: BrowserContext, web: WebServer
) -> None:
    wall = web.do("create", displays=[ALL], models=WORDS)
    with Proxy(web.port) as proxy:
        page = context.new_page()
        page.goto(f"{proxy.url}/n/{wall['network']}/terminal/")
        page.wait_for_selector("html[data-live=live]")
        break_line(proxy.line, "502")
        page.fill("#prompt", "first words")
        page.click(".panic-button")
        expect(page.locator("#terminal-refusal")).to_contain_text("There is no connection.")
        page.fill("#prompt", "other words")

        repair(proxy.line)
        page.wait_for_timeout(5000)

        assert page.input_value("#prompt") == "other words"
        assert "words" not in page.inner_text("#terminal-now")


@pytest.mark.parametrize("fault", ["502", "200", "nothing"])
@pytest.mark.parametrize("place", ["kiosk", "terminal", "wall", "all"])
def test_a_screen_booted_behind_a_broken_proxy_is_right_once_it_is_good(
    context: BrowserContext, web: WebServer, place: str, fault: str
) -> None:
    wall = web.do("create", displays=[ALL], models=WORDS)
    network = f"/n/{wall['network']}"
    addresses = {"kiosk": "/kiosk/", "all": wall["all"], "terminal": f"{network}/terminal/"}
    good = {"kiosk": ".waiting-code", "terminal": ".terminal-form"}.get(place, ".tile")
    with Proxy(web.port) as proxy:
        page = context.new_page()
        page.goto(proxy.url + addresses.get(place, f"{network}/wall/"))
        controlled(page)
        break_line(proxy.line, fault)
        proxy.cut_all()
        page.goto("about:blank")
        page.goto(proxy.url + addresses.get(place, f"{network}/wall/"))
        remembers = place == "all" and page.locator(".memory-mark").count()
        if not remembers:
            assert "There is no connection." in page.inner_text("main")
        assert "hotel" not in page.content()

        repair(proxy.line)
        page.wait_for_selector(good, state="attached")


def test_a_proxys_page_is_not_kept_as_a_picture_or_a_script(
    context: BrowserContext, web: WebServer
) -> None:
    wall = web.do("create", displays=[ALL], models=WORDS)
    with Proxy(web.port) as proxy:
        page = context.new_page()
        page.goto(proxy.url + wall["all"])
        controlled(page)
        break_line(proxy.line, "200")
        answer = page.evaluate("fetch('/assets/nothing.png').then((a) => a.text(), () => 'failed')")

        assert answer == "failed"
        kept = page.evaluate(
            """async () => {
              const found = [];
              for (const name of await caches.keys()) for (const key of await (await caches.open(name)).keys())
                found.push(await (await (await caches.open(name)).match(key)).text());
              return found.join(" ");
            }"""
        )
        assert "hotel" not in kept


# Site data refused


@pytest.fixture
def refusing(browser: Browser, tmp_path: Path) -> Iterator[BrowserContext]:
    """A Chromium that was told to block all cookies, as a managed kiosk may be."""
    (tmp_path / "Default").mkdir()
    settings = {"profile": {"default_content_setting_values": {"cookies": 2}}}
    (tmp_path / "Default" / "Preferences").write_text(json.dumps(settings))
    context = browser.browser_type.launch_persistent_context(
        str(tmp_path), executable_path=CHROMIUM, args=["--no-sandbox", "--disable-gpu"]
    )
    context.set_default_timeout(WAIT_MS)
    yield context
    context.close()


def test_without_site_data_a_wall_is_live_and_a_terminal_starts_runs(
    refusing: BrowserContext, web: WebServer
) -> None:
    wall = web.do("create", displays=[ALL], models=WORDS)
    errors: list[str] = []
    refusing.on("weberror", lambda error: errors.append(str(error.error)))
    page = refusing.new_page()
    page.goto(web.url + wall["all"])
    page.wait_for_selector("html[data-live=live]")
    with pytest.raises(Exception, match="Access is denied"):
        page.evaluate("sessionStorage")
    terminal = refusing.new_page()
    terminal.goto(f"{web.url}/n/{wall['network']}/terminal/")
    terminal.wait_for_selector("html[data-live=live]")
    terminal.fill("#prompt", "words without cookies")
    terminal.click(".panic-button")

    expect(terminal.locator("#terminal-now")).to_contain_text("words without cookies")
    page.wait_for_selector("#screen .tile:not([data-state=empty])")  # live: it follows the run
    assert errors == []


def test_without_site_data_a_screen_keeps_its_code_until_it_is_claimed(
    refusing: BrowserContext, web: WebServer
) -> None:
    wall = web.do("create", displays=[ALL], models=WORDS)
    page = refusing.new_page()
    page.goto(f"{web.url}/kiosk/")
    code, before = page.inner_text(".waiting-code"), web.do("kiosks")
    page.wait_for_timeout(7000)

    assert page.inner_text(".waiting-code") == code
    assert web.do("kiosks") == before
    web.do("claim_screen", code=code, installation=wall["installation"], name="all")
    page.wait_for_url(f"**{wall['all']}")
