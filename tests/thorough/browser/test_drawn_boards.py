"""Boards in a real browser: flaps that turn until they show the text, on every shape of screen."""

from __future__ import annotations

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page, expect

from displays import vestaboard
from tests.browser.screens import WORDS, opened
from tests.browser.web_server import WebServer

BOARD = {"kind": "vestaboard", "stride": 1, "offsets": [0], "vestaboard_name": "nobody's"}
Wall = dict[str, str]
# A flap that shows something else than what it will show
NOTE_TURNING = """() => new MutationObserver((found) => found.some(({ target }) => target.dataset?.now) && (window.turned = true))
.observe(document.body, { subtree: true, attributes: true })"""


@pytest.fixture
def wall(web: WebServer) -> Wall:
    """A board that shows a text."""
    wall: Wall = web.do("create", displays=[{**BOARD, "name": "board"}], models=WORDS)
    wall["run"] = web.do("start", network=wall["network"])
    web.do("work", run=wall["run"], texts=["a moth"])
    return wall


def rows_of(page: Page) -> list[str]:
    """As they can be seen now."""
    signs: list[str] = page.evaluate(
        "() => [...document.querySelectorAll('#board-flaps i')].map((one) => one.dataset.now ?? one.textContent)"
    )
    columns = vestaboard.FLAGSHIP.columns
    return ["".join(signs[at : at + columns]) for at in range(0, len(signs), columns)]


def fitted(text: str) -> list[str]:
    return vestaboard.fit(text, vestaboard.FLAGSHIP)


def test_flaps_turn_until_they_show_the_new_text(
    browser: Browser, web: WebServer, wall: Wall
) -> None:
    page = opened(browser.new_context(), web.url + wall["board"])
    assert rows_of(page) == fitted("a moth")
    page.evaluate(NOTE_TURNING)

    web.do("work", run=wall["run"], texts=["ZZ"])

    page.wait_for_function("() => window.turned")
    expect(page.locator("#board-text")).to_have_text("ZZ")
    page.wait_for_selector("#board-flaps:not(:has([data-now]))", state="attached")
    assert rows_of(page) == fitted("ZZ")
    page.context.close()


def test_nothing_turns_where_motion_is_not_wanted(
    browser: Browser, web: WebServer, wall: Wall
) -> None:
    page = opened(browser.new_context(reduced_motion="reduce"), web.url + wall["board"])
    page.evaluate(NOTE_TURNING)

    web.do("work", run=wall["run"], texts=["ZZ"])

    expect(page.locator("#board-text")).to_have_text("ZZ")
    assert rows_of(page) == fitted("ZZ")
    assert page.evaluate("window.turned === undefined")
    page.context.close()


@pytest.mark.parametrize(("width", "height"), [(1920, 1080), (1080, 1920), (390, 844)])
def test_the_whole_board_fits_every_screen_and_keeps_nobody_out(
    browser: Browser, web: WebServer, wall: Wall, width: int, height: int
) -> None:
    context = browser.new_context(viewport={"width": width, "height": height})
    page = opened(context, web.url + wall["board"])

    box = page.locator("#board-flaps").bounding_box()

    assert box
    assert box["x"] >= 0
    assert box["y"] >= 0
    assert box["x"] + box["width"] <= width
    assert box["y"] + box["height"] <= height
    assert max(box["width"] / width, box["height"] / height) > 0.7
    assert Axe().run(page).response["violations"] == []
    assert page.locator("#board-flaps").get_attribute("aria-hidden") == "true"
    context.close()


def test_a_screen_becomes_a_board_and_a_screen_again(
    browser: Browser, web: WebServer, wall: Wall
) -> None:
    page = opened(browser.new_context(), web.url + wall["board"])

    web.do("change_display", installation=wall["installation"], name="board", type="single")
    expect(page.locator(".tile-text")).to_have_text("a moth")
    given = {"type": "vestaboard", "vestaboard_name": "x"}
    web.do("change_display", installation=wall["installation"], name="board", **given)

    expect(page.locator("#board-text")).to_have_text("a moth")
    page.wait_for_function(
        "() => getComputedStyle(document.querySelector('.flaps')).display === 'grid'"
    )
    page.evaluate(NOTE_TURNING)
    web.do("work", run=wall["run"], texts=["ZZ"])
    page.wait_for_function("() => window.turned")
    page.context.close()
