"""The terminal in a real browser: whose run goes round is told to one visitor and not to the other."""

from __future__ import annotations

import re

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, BrowserContext, Page, expect

from tests.browser.faults import Proxy
from tests.browser.screens import ALL, WORDS
from tests.browser.web_server import WebServer
from tests.thorough.browser.test_proxies import break_line, repair

Wall = dict[str, str]


@pytest.fixture
def wall(web: WebServer) -> Wall:
    found: Wall = web.do("create", displays=[ALL], models=WORDS, lockout_seconds=600)
    return found


def terminal(context: BrowserContext, base: str, wall: Wall) -> Page:
    page = context.new_page()
    page.goto(f"{base}/n/{wall['network']}/terminal/")
    page.wait_for_selector("html[data-live=live]")
    return page


def press(page: Page, words: str) -> str:
    """Type and send; the run that goes round then."""
    page.fill("#prompt", words)
    page.keyboard.press("Enter")
    page.wait_for_selector(".is-yours")
    return str(page.locator("#terminal-now").get_attribute("data-run"))


def expect_headline(page: Page, text: str) -> None:
    expect(page.locator("#terminal-words h2")).to_have_text(text, use_inner_text=True)


def expect_status(page: Page, beginning: str) -> None:
    status = page.locator("#terminal-status")
    expect(status).to_have_text(re.compile(f"^\\s*{beginning}"), use_inner_text=True)


def test_the_run_has_the_screen_of_its_visitor_and_nobody_elses(
    browser: Browser, context: BrowserContext, web: WebServer, wall: Wall
) -> None:
    other = terminal(browser.new_context(), web.url, wall)
    page, second = (terminal(context, web.url, wall) for _ in range(2))
    run = press(page, "a horse that counts")
    web.do("work", run=run, texts=["eleven"])

    expect(page.locator("#terminal-steps .tile").first).to_contain_text("eleven")
    expect_headline(page, "Yours is going round")
    expect_status(page, "The next words can go in")
    expect(page.get_by_role("link", name="Watch it on the wall")).to_be_visible()
    steps, field = (page.locator(one).bounding_box() for one in ("#terminal-steps", "#prompt"))
    assert steps
    assert field
    assert steps["width"] > 1.5 * field["width"]

    second.wait_for_selector(".is-yours")  # another tab of the same visitor
    expect_headline(second, "Yours is going round")
    expect(other.locator("#terminal-status")).to_contain_text("Somebody has just been.")
    expect_headline(other, "Going round now")
    page.emulate_media(reduced_motion="reduce")  # what appears is there at once
    assert Axe().run(page).response["violations"] == []
    other.context.close()


def test_it_is_still_theirs_after_a_reload_and_however_it_ends(
    context: BrowserContext, web: WebServer, wall: Wall
) -> None:
    page = terminal(context, web.url, wall)
    run = press(page, "a horse that counts")
    page.reload()
    page.wait_for_selector("html[data-live=live]")
    expect_headline(page, "Yours is going round")

    web.do("stop", run=run)
    expect_headline(page, "Yours was stopped")

    web.do("start", network=wall["network"], prompt="newer words")
    page.wait_for_selector(".was-yours")
    expect(page.locator("#terminal-now")).to_contain_text("newer words")
    expect(page.locator("#terminal-visit")).to_be_visible()
    expect_status(page, "Somebody has just been")


def test_it_is_theirs_though_the_line_was_gone_when_it_was_sent(
    context: BrowserContext, web: WebServer, wall: Wall
) -> None:
    with Proxy(web.port) as proxy:
        page = terminal(context, proxy.url, wall)
        break_line(proxy.line, "502")
        proxy.cut_all()
        page.fill("#prompt", "through the dark")
        page.click(".panic-button")
        expect(page.locator("#terminal-refusal")).to_contain_text("There is no connection.")
        repair(proxy.line)

        page.wait_for_selector(".is-yours")
        expect_headline(page, "Yours is going round")
        expect_status(page, "The next words can go in")
