"""What only a real browser can tell: contrast, names, room, and whether text fits its tile."""

from __future__ import annotations

import random
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from django.conf import settings as configured
from playwright.sync_api import Browser, Page, expect
from pytest_django import Settings
from pytest_django.live_server_helper import LiveServer

from panic.management.commands import build_fonts
from studio.text_fitting import fit

PAGES = [
    "/",
    "/about/",
    "/account/sign-in/",
    "/account/password/forgotten/",
    "/not/there/",
    "/break/",
    "/style/",
    "/style/?part=wall",
    "/style/?part=terminal",
    "/style/?part=terminal&locked=1",
    "/style/?part=control&locked=1",
]


@pytest.fixture
def site(settings: Settings, live_server: LiveServer) -> str:
    settings.ROOT_URLCONF = "tests.panic.style_urls"
    build_fonts.build(configured.DATA_DIR / "fonts")
    return live_server.url


def _page(browser: Browser, width: int, height: int = 900) -> Page:
    return browser.new_page(viewport={"width": width, "height": height}, reduced_motion="reduce")


@pytest.mark.parametrize(("width", "scheme"), [(390, "dark"), (1440, "light")])
def test_no_page_has_a_barrier_or_scrolls_sideways(
    browser: Browser, site: str, width: int, scheme: Any
) -> None:
    page = _page(browser, width)
    page.emulate_media(color_scheme=scheme)
    complaints: list[str] = []
    page.on("pageerror", lambda error: complaints.append(str(error)))
    page.on(
        "console",
        lambda line: complaints.append(line.text) if "Security" in line.text else None,
    )

    for address in PAGES:
        page.goto(site + address)
        found = Axe().run(page).response["violations"]
        complaints += [f"{address} {item['id']} {item['nodes'][0]['html']}" for item in found]
        if page.evaluate("document.documentElement.scrollWidth") > width:
            complaints.append(f"{address} scrolls sideways")
    page.close()

    assert complaints == []


@pytest.mark.parametrize("size", [(390, 844), (1280, 720), (1080, 1920), (3840, 2160)])
def test_a_wall_lies_within_its_screen_and_its_tiles_are_alike(
    browser: Browser, site: str, size: tuple[int, int]
) -> None:
    page = _page(browser, *size)
    page.goto(f"{site}/style/?part=wall")

    boxes = page.evaluate(
        "[...document.querySelectorAll('.tile')].map(t => t.getBoundingClientRect().toJSON())"
    )
    page.close()

    assert len({(round(box["width"]), round(box["height"])) for box in boxes}) == 1
    assert all(abs(box["width"] / box["height"] - 16 / 9) < 0.01 for box in boxes)
    assert all(box["left"] >= -0.5 and box["top"] >= -0.5 for box in boxes)
    assert all(box["right"] <= size[0] + 0.5 for box in boxes)
    assert all(box["bottom"] <= size[1] + 0.5 for box in boxes)


DRAW = """(texts) => texts.map(([step, text]) => {
  const tile = document.querySelector(".tile[data-modality=text]");
  const words = tile.querySelector(".tile-text");
  words.dataset.fit = step;
  words.textContent = text;
  const room = tile.getBoundingClientRect(), node = words.firstChild, range = new Range();
  const broken = [...text.matchAll(/\\S+/g)].filter((match) => {
    range.setStart(node, match.index);
    range.setEnd(node, match.index + match[0].length);
    return new Set([...range.getClientRects()].map((rect) => Math.round(rect.top))).size > 1;
  });
  range.selectNodeContents(words);
  const drawn = range.getBoundingClientRect();
  const label = tile.querySelector(".tile-label").getBoundingClientRect();
  const inside = drawn.top >= room.top && drawn.bottom <= label.bottom - label.height / 4
    && drawn.right <= room.right && words.scrollHeight <= words.clientHeight + 1;
  return inside && !broken.length ? "" : `${step} ${broken[0] ?? "outside"}: ${text.slice(0, 60)}`;
}).filter(Boolean)"""


@pytest.mark.parametrize("width", [390, 1440, 3840])
def test_text_is_drawn_whole_with_no_word_broken(browser: Browser, site: str, width: int) -> None:
    chance = random.Random(width)
    words = ["a", "of", "snow", "horse", "through", "remembers", "photographically", "—", "été"]
    texts = [" ".join(chance.choices(words, k=size)) for size in range(1, 320, 4)]
    texts += [text.replace("snow", "snow\n") for text in texts[::7]] + ["snow " * 2000]
    page = _page(browser, width)
    page.goto(f"{site}/style/?part=wall")

    fitted = [(found.step, found.text) for found in map(fit, texts)]
    page.evaluate("document.fonts.ready.then(() => 0)")
    wrong = page.evaluate(DRAW, fitted)
    page.close()

    assert wrong == []


LIGHT = """() => {
  const [red, green, blue] = getComputedStyle(document.documentElement).backgroundColor.match(/\\d+/g);
  return Number(red) + Number(green) + Number(blue) > 384;
}"""


def test_working_pages_follow_a_light_screen_and_the_gallery_stays_dark(
    browser: Browser, site: str
) -> None:
    page = _page(browser, 1440)
    page.emulate_media(color_scheme="light")
    found = {}
    for address in ("/networks/", "/account/sign-in/", "/", "/style/?part=terminal"):
        page.goto(site + address)
        found[address] = page.evaluate(LIGHT)
    page.emulate_media(color_scheme="dark")
    page.goto(f"{site}/networks/")
    by_night = page.evaluate(LIGHT)
    page.goto(f"{site}/style/?part=wall")
    page.emulate_media(color_scheme="light")
    tile = page.evaluate("getComputedStyle(document.querySelector('.tile')).backgroundColor")
    page.close()

    assert found == {
        "/networks/": True,
        "/account/sign-in/": True,
        "/": False,
        "/style/?part=terminal": False,
    }
    assert not by_night
    assert tile == "rgb(21, 18, 28)"


def test_the_disc_takes_sixty_hundredths_of_the_shorter_side(browser: Browser, site: str) -> None:
    for width, height in ((390, 844), (1440, 900)):
        page = _page(browser, width, height)
        page.goto(site)
        box = page.locator(".panic-button").bounding_box()
        page.close()

        assert box
        assert box["width"] == pytest.approx(0.6 * min(width, height), abs=1)
        assert box["height"] == pytest.approx(box["width"], abs=1)


def test_the_keyboard_reaches_the_content_at_once(browser: Browser, site: str) -> None:
    page = _page(browser, 1440)
    page.goto(f"{site}/about/")

    page.keyboard.press("Tab")
    first = page.evaluate("document.activeElement.textContent")
    outline = page.evaluate("getComputedStyle(document.activeElement).outlineStyle")
    page.keyboard.press("Enter")
    expect(page.locator("#main")).to_be_focused()
    page.close()

    assert first == "Skip to the content"
    assert outline == "solid"


def test_the_list_of_models_follows_the_typing_and_keeps_what_was_chosen(
    browser: Browser, site: str
) -> None:
    page = _page(browser, 390)
    page.goto(f"{site}/models/")

    page.get_by_label("Words").fill("tarot")
    page.get_by_text("1 model like that").wait_for()  # the list that is checked is the new one
    page.get_by_role("checkbox", name="Compare FLUX in tarot cards").check()
    page.get_by_label("Words").fill("painter")
    page.locator(".selected", has_text="FLUX in tarot cards").wait_for()
    page.get_by_role("checkbox", name="Compare Prompt painter").check()
    kept = page.evaluate("document.activeElement.name")
    page.wait_for_url("**q=painter**")
    page.get_by_role("button", name="Compare").click()
    expect(page.locator("thead th")).to_have_text(["Prompt painter", "FLUX in tarot cards"])
    page.close()

    assert kept == "model"
