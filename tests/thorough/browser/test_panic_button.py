"""The panic button in a real browser, in each of its situations, and a USB button that types a key."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import BrowserContext, Page, expect

from tests.browser.screens import ALL, WORDS, opened
from tests.browser.web_server import WebServer

Wall = dict[str, str]
BELL, PASSWORD = "a bell under water", "a-horse-in-the-snow"


@pytest.fixture
def wall(web: WebServer) -> Iterator[Wall]:
    fields = {"attract_prompts": [BELL], "panic_key": "F9"}
    found: Wall = web.do("create", displays=[ALL], models=WORDS, **fields)
    yield found
    web.do("lift")


@pytest.fixture
def terminal(context: BrowserContext, web: WebServer, wall: Wall) -> Page:
    page = context.new_page()
    page.emulate_media(reduced_motion="reduce")
    page.goto(f"{web.url}/n/{wall['network']}/terminal/")
    page.wait_for_selector("html[data-live=live]")
    return page


def _wait_for_run(page: Page, words: str) -> None:
    expect(page.locator("#terminal-now q")).to_have_text(words)
    page.wait_for_selector(".is-yours")


def _focus_nowhere(page: Page) -> None:
    page.evaluate("document.activeElement.blur()")
    assert page.evaluate("document.activeElement === document.body")


def test_with_words_it_starts_their_run_and_without_one_of_the_networks_own(
    terminal: Page, web: WebServer, wall: Wall
) -> None:
    terminal.fill("#prompt", "a red kite")
    terminal.locator(".panic-button").click()
    _wait_for_run(terminal, "a red kite")
    expect(terminal.locator("#prompt")).to_have_value("")
    terminal.locator(".panic-button").click()
    _wait_for_run(terminal, BELL)

    assert web.do("prompts", network=wall["network"]) == ["a red kite", BELL]


def test_with_nothing_to_run_it_shows_a_run_from_the_archive(
    terminal: Page, web: WebServer, wall: Wall
) -> None:
    run = web.do("start", network=wall["network"])
    web.do("work", run=run, texts=["the harbour sleeps"])
    web.do("press")

    terminal.locator(".panic-button").click()

    replay = terminal.locator("#terminal-replay")
    expect(replay).to_contain_text("the harbour sleeps")
    expect(terminal.locator("#terminal-refusal")).to_contain_text("Here is an earlier one.")
    expect(terminal.get_by_role("heading", name="From the archive")).to_be_visible()
    assert Axe().run(terminal).response["violations"] == []


def test_a_usb_button_presses_wherever_the_focus_is_and_once_however_long_it_is_held(
    terminal: Page, web: WebServer, wall: Wall
) -> None:
    _focus_nowhere(terminal)
    for _ in range(4):  # all but the first are repeats
        terminal.keyboard.down("F9")
    terminal.keyboard.up("F9")
    _wait_for_run(terminal, BELL)
    terminal.fill("#prompt", "a red kite")  # the focus is in the field
    terminal.keyboard.press("F9")
    _wait_for_run(terminal, "a red kite")

    assert web.do("prompts", network=wall["network"]) == [BELL, "a red kite"]


@pytest.mark.parametrize(("name", "key"), [("Space", " "), ("Enter", "Enter"), ("p", "p")])
def test_a_key_that_people_type_presses_only_where_it_is_not_typed(
    terminal: Page, web: WebServer, wall: Wall, name: str, key: str
) -> None:
    web.do("set", network=wall["network"], panic_key=name)
    terminal.reload()
    terminal.wait_for_selector("html[data-live=live]")
    if name != "Enter":  # which sends
        terminal.locator("#prompt").press_sequentially("up a hill")
        expect(terminal.locator("#prompt")).to_have_value("up a hill")
        terminal.fill("#prompt", "")
    link = terminal.get_by_role("link", name="About").first
    link.focus()
    _focus_nowhere(terminal)
    assert web.do("prompts", network=wall["network"]) == []

    terminal.keyboard.press(key)
    _wait_for_run(terminal, BELL)

    assert web.do("prompts", network=wall["network"]) == [BELL]


def test_on_the_home_page_it_opens_the_terminal_or_the_wall_of_the_featured_network(
    context: BrowserContext, web: WebServer, wall: Wall
) -> None:
    page = context.new_page()
    web.do("feature", network=wall["network"])
    page.goto(web.url)
    page.get_by_role("link", name="PANIC!").click()
    page.wait_for_url(f"**/n/{wall['network']}/terminal/")

    web.do("set", network=wall["network"], open_terminal=False)
    page.goto(web.url)
    page.get_by_role("link", name="PANIC!").click()
    page.wait_for_url(f"**/n/{wall['network']}/wall/")


def test_unlocked_by_an_admin_it_stops_everything_and_a_visitors_press_never_does(
    terminal: Page, web: WebServer, wall: Wall
) -> None:
    email = web.do("admin_password", password=PASSWORD)
    terminal.keyboard.press("F9")
    _wait_for_run(terminal, BELL)
    assert web.do("state", network=wall["network"]) == "running"

    terminal.get_by_role("link", name="For staff: unlock the button").press("Enter")
    terminal.get_by_label("E-mail").press_sequentially(email)
    terminal.keyboard.press("Tab")
    terminal.keyboard.type(PASSWORD)
    terminal.keyboard.press("Enter")
    expect(terminal.get_by_text("Unlocked: the button stops everything.")).to_be_visible()
    assert Axe().run(terminal).response["violations"] == []
    _focus_nowhere(terminal)
    terminal.keyboard.press("F9")

    terminal.wait_for_selector("#terminal-status[data-state=halted]")
    assert web.do("state", network=wall["network"]) == "stopped"
    web.do("lift")
    terminal.reload()
    terminal.wait_for_selector("html[data-live=live]")
    terminal.keyboard.press("F9")
    _wait_for_run(terminal, BELL)
    assert web.do("state", network=wall["network"]) == "running"


def test_beside_a_display_it_starts_a_prompt_and_unlocked_it_stops_everything(
    context: BrowserContext, web: WebServer
) -> None:
    button = {"name": "foyer", "kind": "grid", "rows": 1, "columns": 2, "panic_key": "F9"}
    wall = web.do("create", displays=[button], models=WORDS, attract_prompts=[BELL])
    email = web.do("admin_password", password=PASSWORD)
    page = opened(context, web.url + wall["foyer"])
    for _ in range(3):  # held down
        page.keyboard.down("F9")
    page.keyboard.up("F9")
    expect(page.locator("#wall-caption")).to_contain_text(BELL)
    assert web.do("prompts", network=wall["network"]) == [BELL]
    assert web.do("state", network=wall["network"]) == "running"

    page.keyboard.press("u")
    page.get_by_label("E-mail").fill(email)
    page.get_by_label("Password").fill(PASSWORD)
    page.keyboard.press("Enter")
    page.wait_for_url(f"**{wall['foyer']}")
    page.wait_for_selector("html[data-live=live]")
    expect(page.locator("#unlocked")).to_be_visible()
    page.keyboard.press("F9")

    expect(page.locator("#wall-notice")).to_contain_text("STOPPED")
    expect(page.locator("#unlocked")).to_have_count(0)
    web.do("lift")
