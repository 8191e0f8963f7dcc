"""Nothing keeps a screen reader out, or makes a page scroll sideways: what visitors see, what hangs
on walls, and the receipt of stop-all."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, BrowserContext, Page

from tests.browser.screens import ALL, GRID, WORDS, sign_in
from tests.browser.web_server import WebServer

Wall = dict[str, str]


@pytest.fixture
def still(browser: Browser) -> Iterator[BrowserContext]:
    """What appears is there at once."""
    one = browser.new_context(viewport={"width": 390, "height": 844}, reduced_motion="reduce")
    yield one
    one.close()


@pytest.fixture
def wall(web: WebServer) -> Wall:
    """Two displays with two finished steps, and a third of which the provider says something."""
    working = {**ALL, "show_invoking": True}
    wall: Wall = web.do("create", displays=[GRID, working], models=WORDS)
    wall["run"] = web.do("start", network=wall["network"])
    web.do("work", run=wall["run"], texts=["a text", "שלום"])
    wall["step"] = web.do("take", run=wall["run"])
    web.do("say", run=wall["run"], words="starting")
    return wall


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


def test_visitors_and_walls(still: BrowserContext, web: WebServer, wall: Wall) -> None:
    network = f"/n/{wall['network']}/"
    pages = ["/", "/about/", "/networks/", "/models/", "/models/local:painter/", "/nowhere/"]
    pages += ["/models/compare/?model=local:painter&model=replicate:flux-2-klein-4b"]
    pages += [network, f"{network}wall/", f"{network}terminal/", "/account/sign-in/"]
    pages += ["/privacy/", "/unlock/"]
    pages += [f"/runs/{wall['run']}/", f"/invocations/{wall['step']}/"]
    pages += [f"/invocations/{wall['step']}/?screen=1", wall["grid"], wall["all"], "/kiosk/"]
    pages += [f"/i/{wall['installation']}/nobody/"]

    assert barriers(still.new_page(), [web.url + path for path in pages]) == []


@pytest.fixture
def receipt(web: WebServer, wall: Wall) -> Iterator[str]:
    """Everything is stopped."""
    yield f"/mission-control/stop-all/{web.do('press')}/"
    web.do("lift")


def test_after_the_red_button(
    still: BrowserContext, web: WebServer, wall: Wall, receipt: str
) -> None:
    sign_in(still, web)
    pages = [receipt, "/mission-control/", wall["grid"], wall["all"]]
    pages += [f"/n/{wall['network']}/", f"/n/{wall['network']}/wall/", "/account/"]
    pages += ["/account/notifications/", "/account/notifications/new/"]
    pages += ["/account/keys/", "/account/keys/house/", f"/n/{wall['network']}/keys/"]

    assert barriers(still.new_page(), [web.url + path for path in pages]) == []


@pytest.mark.parametrize("width", [390, 1440])
def test_installations(still: BrowserContext, web: WebServer, wall: Wall, width: int) -> None:
    sign_in(still, web)
    page = still.new_page()
    page.set_viewport_size({"width": width, "height": 844})
    page.goto(f"{web.url}/kiosk/")
    claim = f"/installations/claim/?code={page.inner_text('.waiting-code').strip()}"
    one = f"/installations/{wall['installation']}/"
    pages = [
        "/installations/",
        "/installations/new/",
        one,
        f"{one}displays/grid/",
        f"{one}delete/",
        f"{one}fleet/",
    ]
    pages += ["/installations/claim/?code=wrong", claim]
    pages += [f"{claim}&installation={wall['installation']}"]

    assert barriers(page, [web.url + path for path in pages]) == []
