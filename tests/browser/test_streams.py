"""The pages of a stream in a real browser: no barrier, and a player that works by keyboard."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from axe_playwright_python.sync_playwright import Axe
from django.conf import settings as configured
from django.test import Client
from playwright.sync_api import Browser, Page, expect
from pytest_django.live_server_helper import LiveServer

from networks.models import Network
from streams.models import Broadcast

pytestmark = pytest.mark.django_db(transaction=True)
PICTURE = """() => {
  const canvas = document.createElement("canvas");
  canvas.getContext("2d").fillRect(0, 0, 9, 9);
  const video = document.querySelector("video");
  video.srcObject = canvas.captureStream(10);
  return video.play();
}"""

FULL_SCREEN = (
    "() => (HTMLVideoElement.prototype.requestFullscreen = function () { window.filled = this; })"
)


@pytest.fixture(params=[390, 1440])
def page(
    request: pytest.FixtureRequest, browser: Browser, live_server: LiveServer, owner: Client
) -> Iterator[Page]:
    size = {"width": request.param, "height": 900}
    context = browser.new_context(reduced_motion="reduce", viewport=size)  # type: ignore[arg-type]
    name = configured.SESSION_COOKIE_NAME
    value = owner.cookies[name].value
    context.add_cookies([{"name": name, "value": value, "url": live_server.url}])
    yield context.new_page()
    context.close()


def barriers(page: Page) -> list[str]:
    violations = Axe().run(page).response["violations"]
    found = [f"{one['id']} {one['nodes'][0]['html']}" for one in violations]
    if page.evaluate("document.documentElement.scrollWidth > innerWidth"):
        found.append("it scrolls sideways")
    return found


def test_pages_of_a_stream_have_no_barrier(
    page: Page, live_server: LiveServer, network: Network
) -> None:
    for wanted in (False, True):
        Broadcast.objects.update_or_create(network=network, defaults={"wanted": wanted})
        for path in ("live/", "stream/", ""):
            page.goto(f"{live_server.url}/n/{network.slug}/{path}")
            assert barriers(page) == [], path


def test_the_control_room_has_the_one_button_that_applies(
    page: Page, live_server: LiveServer, network: Network
) -> None:
    page.goto(f"{live_server.url}/n/{network.slug}/")
    part = page.locator("#network-stream")

    expect(part.get_by_role("button")).to_have_text(["Put it on air"])
    part.get_by_role("button").click()

    expect(part.get_by_role("button")).to_have_text(["Take it off air"])
    assert Broadcast.objects.get().wanted
    part.get_by_role("button").focus()
    with page.expect_response("**/stream/health/?room"):
        pass
    expect(part.get_by_role("button")).to_be_focused()


def test_the_player_works_by_keyboard(
    page: Page, live_server: LiveServer, network: Network
) -> None:
    page.goto(f"{live_server.url}/n/{network.slug}/live/")
    page.evaluate(PICTURE)
    state = "() => { const v = document.querySelector('video'); return [v.paused, v.muted]; }"
    assert page.evaluate(state) == [False, True]

    page.keyboard.press("m")
    expect(page.get_by_role("button", name="Sound off")).to_be_visible()
    page.keyboard.press("K")
    expect(page.get_by_role("button", name="Play")).to_be_visible()

    assert page.evaluate(state) == [True, False]
    page.keyboard.press("Control+m")
    assert page.evaluate(state) == [True, False]
    page.evaluate(FULL_SCREEN)  # without a window there is no screen to fill
    page.keyboard.press("f")
    assert page.evaluate("() => window.filled?.tagName") == "VIDEO"


def test_buttons_of_the_player_come_in_the_order_in_which_they_are_seen(
    page: Page, live_server: LiveServer, network: Network
) -> None:
    page.goto(f"{live_server.url}/n/{network.slug}/live/")
    page.get_by_role("button", name="Pause").or_(page.get_by_role("button", name="Play")).focus()

    found = []
    for _ in range(3):
        focused = page.locator(":focus")
        found.append(focused.get_attribute("aria-keyshortcuts"))
        assert focused.evaluate("element => element.offsetHeight") >= 24
        page.keyboard.press("Tab")

    assert found == ["k", "m", "f"]
