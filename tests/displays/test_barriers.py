"""Nothing keeps a screen reader out, or makes a page scroll sideways: what visitors see, what hangs
on walls, and the receipt of the red button."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, BrowserContext, Page

from .house import House
from .theatre import ALL, GRID, IN_A_BROWSER, WORDS, sign_in

pytestmark = IN_A_BROWSER
Wall = dict[str, str]


@pytest.fixture
def still(browser: Browser) -> Iterator[BrowserContext]:
    """What appears is there at once."""
    one = browser.new_context(viewport={"width": 390, "height": 844}, reduced_motion="reduce")
    yield one
    one.close()


@pytest.fixture
def wall(house: House) -> Wall:
    """Two displays with two finished steps, and a third of which the provider says something."""
    working = {**ALL, "show_invoking": True}
    hung: Wall = house.do("hang", displays=[GRID, working], models=WORDS)
    hung["run"] = house.do("start", network=hung["network"])
    house.do("work", run=hung["run"], texts=["a text", "שלום"])
    hung["step"] = house.do("take", run=hung["run"])
    house.do("say", run=hung["run"], words="starting")
    return hung


def barriers(page: Page, addresses: list[str]) -> list[str]:
    found = []
    for address in addresses:
        page.goto(address)
        if page.locator("html[data-live]").count():
            page.wait_for_selector("html[data-live=live]")
        page.wait_for_selector("meta[http-equiv=refresh]", state="detached")  # a receipt fills in
        violations = Axe().run(page).response["violations"]
        found += [f"{address} {one['id']} {one['nodes'][0]['html']}" for one in violations]
        if page.evaluate("document.documentElement.scrollWidth > innerWidth"):
            found.append(f"{address} scrolls sideways")
    return found


def test_visitors_and_walls(still: BrowserContext, house: House, wall: Wall) -> None:
    network = f"/n/{wall['network']}/"
    pages = ["/", "/about/", "/networks/", "/models/", "/models/local:painter/", "/nowhere/"]
    pages += ["/models/compare/?model=local:painter&model=replicate:flux-2-klein-4b"]
    pages += [network, f"{network}wall/", f"{network}terminal/", "/account/sign-in/"]
    pages += [f"/runs/{wall['run']}/", f"/invocations/{wall['step']}/"]
    pages += [f"/invocations/{wall['step']}/?screen=1", wall["grid"], wall["all"], "/kiosk/"]
    pages += [f"/i/{wall['installation']}/nobody/"]

    assert barriers(still.new_page(), [house.url + path for path in pages]) == []


@pytest.fixture
def receipt(house: House, wall: Wall) -> Iterator[str]:
    """Everything is stopped."""
    yield f"/mission-control/stop-all/{house.do('press')}/"
    house.do("lift")


def test_after_the_red_button(
    still: BrowserContext, house: House, wall: Wall, receipt: str
) -> None:
    sign_in(still, house)
    pages = [receipt, "/mission-control/", wall["grid"], wall["all"]]
    pages += [f"/n/{wall['network']}/", f"/n/{wall['network']}/wall/", "/account/"]
    pages += ["/account/keys/", "/account/keys/house/", f"/n/{wall['network']}/keys/"]

    assert barriers(still.new_page(), [house.url + path for path in pages]) == []
