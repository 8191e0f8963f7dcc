"""Displays in a real browser whose server dies at the worst moments, and whose day is over."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from typing import Any

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, WebSocket

from tests.browser.faults import Proxy
from tests.browser.screens import ALL, GRID, WORDS, opened, wait_for_text, wait_for_the_truth
from tests.browser.web_server import WebServer

LISTEN = """
seen = []; here = true;
document.addEventListener("panic:event", ({ detail }) =>
  detail.event === "invocation.completed" && seen.push(detail.data.sequence));
"""


def completed(page: Page, last: int) -> list[int]:
    """The steps whose completion the page was told of, up to the last one. The words alone may be
    there before: an earlier frame shows the present, and so does the page that is asked for."""
    page.wait_for_function("last => seen.at(-1) >= last", arg=last)
    found: list[int] = page.evaluate("seen")
    return found


def a_minute_passes(page: Page) -> None:
    """A minute of the page's own time, second by second, in three real seconds.

    Every timer of the page fires as in a real minute: all tries to come back, each a real socket to
    a port where nobody listens. The server has no clock to be cheated: it is dead.
    """
    for _ in range(60):
        page.clock.run_for(1000)
        page.wait_for_timeout(30)


def test_after_a_minute_without_a_server_the_wall_catches_up_without_a_reload_and_without_a_gap(
    context: BrowserContext, web: WebServer
) -> None:
    wall = web.do("create", displays=[GRID], models=WORDS)
    run = web.do("start", network=wall["network"])
    context.clock.install()
    page = opened(context, web.url + wall["grid"])
    tries: list[WebSocket] = []
    page.on("websocket", lambda one: tries.append(one))
    page.evaluate(LISTEN)
    web.do("work", run=run, texts=["before"])
    wait_for_text(page, "before")

    web.kill()
    page.wait_for_selector("html[data-live=offline]")
    web.do("work", run=run, texts=[f"missed {n}" for n in range(100)])  # 300 events
    a_minute_passes(page)
    assert len(tries) >= 5
    assert "before" in page.inner_text("#screen")
    web.start()

    page.clock.resume()
    page.wait_for_selector("html[data-live=live]", timeout=60_000)
    wait_for_text(page, "missed 99")
    assert completed(page, 100) == list(range(101))
    assert page.evaluate("here")
    wait_for_the_truth(page, web, wall, "grid")


def test_a_server_that_dies_in_the_middle_of_a_frame_leaves_no_gap(
    context: BrowserContext, web: WebServer
) -> None:
    wall = web.do("create", displays=[ALL], models=WORDS)
    run = web.do("start", network=wall["network"])
    with Proxy(web.port) as proxy:
        page = opened(context, proxy.url + wall["all"])
        page.evaluate(LISTEN)
        web.do("work", run=run, texts=["whole"])
        wait_for_text(page, "whole")

        proxy.line.tear = True
        web.do("work", run=run, texts=["torn"])
        assert proxy.line.torn.wait(20)
        web.kill()
        proxy.line.tear = False
        page.wait_for_selector("html[data-live=offline]")
        assert "whole" in page.inner_text("#screen")
        web.start()

        wait_for_text(page, "torn")
        assert completed(page, 1) == [0, 1]
        assert page.evaluate("here")


def test_a_line_that_stalls_is_given_up_by_the_server_and_taken_up_where_it_broke_off(
    context: BrowserContext, web: WebServer
) -> None:
    wall = web.do("create", displays=[ALL], models=WORDS)
    run = web.do("start", network=wall["network"])
    with Proxy(web.port) as proxy:
        page = opened(context, proxy.url + wall["all"])
        page.evaluate(LISTEN)
        tries: list[WebSocket] = []
        page.on("websocket", lambda one: tries.append(one))

        proxy.line.stall = True
        web.do("work", run=run, texts=[f"held up {n}" for n in range(40)])  # 120 frames
        until = time.monotonic() + 120  # a full window is forgiven for ten seconds
        while web.connections():
            assert time.monotonic() < until, "the server holds on to a line that stalls"
            page.wait_for_timeout(100)
        proxy.line.stall = False

        wait_for_text(page, "held up 39")
        assert tries
        assert completed(page, 39) == list(range(40))
        wait_for_the_truth(page, web, wall, "all")


def test_a_line_that_died_without_a_word_is_given_up_and_taken_up_where_it_broke_off(
    context: BrowserContext, web: WebServer
) -> None:
    wall = web.do("create", displays=[ALL], models=WORDS)
    run = web.do("start", network=wall["network"])
    context.clock.install()
    with Proxy(web.port) as proxy:
        page = opened(context, proxy.url + wall["all"])
        page.evaluate(LISTEN)
        tries: list[WebSocket] = []
        page.on("websocket", lambda one: tries.append(one))
        web.do("work", run=run, texts=["before"])
        wait_for_text(page, "before")

        proxy.line.stall = True  # nothing comes any more, and nobody says that it is over
        web.do("work", run=run, texts=["unheard"])
        page.clock.run_for(10_000)
        patient = len(tries)
        page.clock.run_for(16_000)
        page.wait_for_function("() => document.documentElement.dataset.live !== 'live'")
        assert "before" in page.inner_text("#screen")
        proxy.line.stall = False

        page.clock.resume()
        wait_for_text(page, "unheard")
        assert (patient, len(tries) >= 1) == (0, True)
        assert completed(page, 1) == [0, 1]
        assert page.evaluate("here")


# A day ends when the test says so; what is tried again after a minute is tried again after a second.
LONG_DAY = """
const later = window.setTimeout;
window.setTimeout = (act, ms, ...rest) => {
  if (ms > 20 * 3600e3) window.midnight = act;
  else return later(act, ms === 60_000 ? 1000 : ms, ...rest);
};
"""


@pytest.fixture
def unremembering(browser: Browser) -> Iterator[BrowserContext]:
    """Without a service worker, whose requests nobody can get between."""
    one = browser.new_context(service_workers="block")
    yield one
    one.close()


def test_the_daily_fresh_start_takes_its_cursor_along_and_misses_nothing(
    unremembering: BrowserContext, web: WebServer
) -> None:
    wall = web.do("create", displays=[ALL], models=WORDS)
    run = web.do("start", network=wall["network"])
    web.do("work", run=run, texts=["yesterday"])
    unremembering.add_init_script(LONG_DAY + LISTEN.replace("seen =", "window.seen ="))
    page = unremembering.new_page()
    welcomes: list[Any] = []

    def received(text: str | bytes) -> None:
        frame = json.loads(text)
        if frame["type"] == "welcome":
            welcomes.append(frame)

    page.on("websocket", lambda one: one.on("framereceived", received))
    page.goto(web.url + wall["all"])
    wait_for_text(page, "yesterday")
    loads: list[Page] = []
    page.on("load", lambda one: loads.append(one))

    def meanwhile(route: Any) -> None:
        if not loads and route.request.method == "GET":
            web.do("work", run=run, texts=["at midnight"])
        route.continue_()

    page.route(web.url + wall["all"], meanwhile)
    with page.expect_event("load", timeout=60_000):
        page.evaluate("window.midnight()")

    page.wait_for_selector("html[data-live=live]", timeout=60_000)
    wait_for_text(page, "at midnight")
    assert completed(page, 1) == [1]
    assert [one["recovered"] for one in welcomes] == [False, True]
