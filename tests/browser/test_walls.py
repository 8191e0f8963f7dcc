"""Walls in a real browser: readable from five metres, filled, inviting, and changed without a reload."""

from __future__ import annotations

from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, BrowserContext, Page, expect

from .screens import ALL, GRID, WORDS, opened
from .web_server import WebServer

LEAST = 0.03  # of the screen's shorter side: 2 cm on 55 inches
SCREENS = [(1280, 720), (3840, 2160), (1080, 1920), (390, 844)]
MEASURE = """async () => {
  await document.fonts.ready;
  const screen = document.getElementById("screen").getBoundingClientRect();
  const tiles = [...document.querySelectorAll("#screen .tile")].map((tile) => tile.getBoundingClientRect());
  const shown = tiles.filter(({ width }) => width);
  const size = (selector) => {
    const sizes = [...document.querySelectorAll(selector)].filter((one) => one.checkVisibility());
    return Math.min(...sizes.map((one) => parseFloat(getComputedStyle(one).fontSize)));
  };
  return {
    shown: shown.length,
    filled: shown.reduce((sum, { width, height }) => sum + width * height, 0) / (screen.width * screen.height),
    label: size("#screen .tile-label"),
    caption: size("#wall-caption :is(p, q)"),
    bottom: document.getElementById("wall-caption").getBoundingClientRect().bottom,
    scrolls: document.documentElement.scrollHeight > innerHeight,
  };
}"""
Wall = dict[str, str]


@pytest.fixture
def wall(web: WebServer) -> Wall:
    found: Wall = web.do("create", displays=[GRID, ALL], models=WORDS)
    return found


@pytest.fixture
def still(browser: Browser) -> Any:
    """What appears is there at once."""
    one = browser.new_context(viewport={"width": 1280, "height": 720}, reduced_motion="reduce")
    yield one
    one.close()


def measured(page: Page, size: tuple[int, int]) -> dict[str, Any]:
    page.set_viewport_size({"width": size[0], "height": size[1]})
    page.wait_for_function(
        "([width, height]) => innerWidth === width && innerHeight === height", arg=size
    )
    found: dict[str, Any] = page.evaluate(MEASURE)
    return found


@pytest.mark.parametrize("steps", [1, 2, 3, 4, 6])
def test_the_steps_of_a_run_fill_the_screen_and_are_labelled_to_be_read_from_afar(
    still: BrowserContext, web: WebServer, wall: Wall, steps: int
) -> None:
    page = opened(still, web.url + wall["grid"])
    run = web.do("start", network=wall["network"])
    web.do("work", run=run, texts=[f"text {number}" for number in range(steps)])
    page.locator(f"#tile-{steps - 1}[data-state=completed]").wait_for()

    for size in SCREENS:
        found = measured(page, size)
        assert found["shown"] == steps, size  # the next one has no place yet
        assert found["filled"] > 0.97, size
        least = 12 if min(size) < 400 else LEAST * min(size) - 0.5
        assert found["label"] >= least, size
        assert found["caption"] >= least, size
        assert found["bottom"] <= size[1] + 0.5, size
        assert not found["scrolls"], size


def test_a_wall_on_which_nothing_ran_invites_until_the_first_words_come(
    still: BrowserContext, web: WebServer, wall: Wall
) -> None:
    page = opened(still, web.url + wall["grid"])
    page.evaluate("window.untouched = true")
    expect(page.locator("#wall-attract")).to_contain_text("What shall it become?")
    expect(page.locator("#screen .tile").first).to_be_hidden()
    assert Axe().run(page).response["violations"] == []

    web.do("start", network=wall["network"], prompt="a horse that counts")

    expect(page.locator("#wall-attract")).to_be_hidden()
    expect(page.locator("#wall-caption q")).to_have_text("a horse that counts")
    expect(page.locator("#screen .tile").first).to_be_visible()
    assert Axe().run(page).response["violations"] == []
    assert page.evaluate("window.untouched")


def test_the_page_of_a_network_shows_no_empty_cells_either(
    still: BrowserContext, web: WebServer, wall: Wall
) -> None:
    page = opened(still, f"{web.url}/n/{wall['network']}/")
    expect(page.get_by_role("link", name="Type the first words")).to_be_visible()
    assert [tile for tile in page.locator("#newest .tile").all() if tile.is_visible()] == []

    run = web.do("start", network=wall["network"])
    web.do("work", run=run, texts=["a horse that counts"])

    expect(page.locator("#tile-0")).to_contain_text("a horse that counts")
    expect(page.get_by_role("link", name="Type the first words")).to_be_hidden()


def test_a_single_screen_says_its_place_while_it_is_hung(
    still: BrowserContext, web: WebServer, wall: Wall
) -> None:
    page = opened(still, web.url + wall["all"])

    expect(page.locator(".tile-mark")).to_be_visible()
    expect(page.locator(".tile-mark")).to_have_text("0/1")


def test_switching_the_caption_off_reaches_the_wall_that_hangs(
    still: BrowserContext, web: WebServer, wall: Wall
) -> None:
    web.do("start", network=wall["network"], prompt="a horse that counts")
    displayed, plain = (
        opened(still, f"{web.url}{path}") for path in (wall["grid"], f"/n/{wall['network']}/wall/")
    )
    for page in (displayed, plain):
        page.evaluate("window.untouched = true")
        expect(page.locator("#wall-caption q")).to_have_text("a horse that counts")

    web.do("set", network=wall["network"], caption=False)

    for page in (displayed, plain):
        expect(page.locator("#wall-caption")).to_be_hidden()
        assert page.evaluate("window.untouched")


def test_where_no_phone_can_follow_there_is_no_code(
    still: BrowserContext, web: WebServer, wall: Wall
) -> None:
    web.do("start", network=wall["network"])
    page = opened(still, web.url + wall["grid"])
    box = page.locator(".caption-code").bounding_box()

    assert box is None or box["width"] == 0
