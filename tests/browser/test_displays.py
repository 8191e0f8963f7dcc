"""Displays in a real browser, before a real web process that is killed, cut off and talked over."""

from __future__ import annotations

from statistics import median
from typing import Any

from playwright.sync_api import BrowserContext, Page, expect

from .faults import Proxy
from .screens import (
    ALL,
    EVEN,
    GRID,
    SOUNDS,
    WORDS,
    opened,
    remembered,
    sign_in,
    wait_for_text,
    wait_for_the_truth,
)
from .web_server import WebServer


def test_a_screen_opened_while_the_server_is_down_shows_its_last_work(
    context: BrowserContext, web: WebServer
) -> None:
    wall = web.do("create", displays=[ALL], models=WORDS)
    run = web.do("start", network=wall["network"])
    with Proxy(web.port) as proxy:
        page = opened(context, proxy.url + wall["all"])
        web.do("work", run=run, texts=["what was last here"])
        wait_for_text(page, "what was last here")
        remembered(page, "what was last here")

        proxy.line.portal = True  # a hotel's page in place of everything
        proxy.cut_all()
        page.goto(proxy.url + wall["all"])
        expect(page.locator("#screen")).to_contain_text("what was last here")
        expect(page.locator(".memory-mark")).to_be_visible()
        assert "hotel" not in page.content()
        web.kill()  # and nothing at all
        proxy.line.portal = False
        page.reload()
        expect(page.locator("#screen")).to_contain_text("what was last here")

        web.start()
        web.do("work", run=run, texts=["and on it goes"])
        wait_for_text(page, "and on it goes")
        expect(page.locator(".memory-mark")).to_be_hidden()


def test_what_the_provider_says_appears_on_the_working_tile_and_is_there_for_late_comers(
    context: BrowserContext, web: WebServer
) -> None:
    wall = web.do("create", displays=[{**ALL, "show_invoking": True}], models=WORDS)
    run = web.do("start", network=wall["network"])
    page = opened(context, web.url + wall["all"])
    web.do("take", run=run)
    page.wait_for_selector("#tile-0[data-state=invoking]")

    web.do("say", run=run, words="place 3 in the queue")
    wait_for_text(page, "place 3 in the queue")
    late = opened(context, web.url + wall["all"])

    wait_for_text(late, "place 3 in the queue")


def test_the_control_room_shows_who_comes_and_goes(context: BrowserContext, web: WebServer) -> None:
    wall = web.do("create", displays=[ALL], models=WORDS)
    sign_in(context, web)
    room = opened(context, f"{web.url}/n/{wall['network']}/")
    audience = room.locator("#network-audience")
    expect(audience).to_contain_text("all 0")

    display = opened(context, web.url + wall["all"])
    expect(audience).to_contain_text("all 1")
    display.close()

    expect(audience).to_contain_text("all 0")


def test_where_sockets_are_refused_the_wall_is_asked_for_over_http(
    context: BrowserContext, web: WebServer
) -> None:
    wall = web.do("create", displays=[EVEN], models=WORDS)
    run = web.do("start", network=wall["network"])
    with Proxy(web.port) as proxy:
        proxy.line.refuse_sockets = True
        page = context.new_page()
        page.goto(proxy.url + wall["even"])
        page.wait_for_selector("html[data-live=polling]")
        web.do("work", run=run, texts=["by another way"])
        wait_for_text(page, "by another way")
        web.do("mute", installation=wall["installation"])
        page.wait_for_selector("#screen[data-muted]")

        proxy.line.refuse_sockets = False
        page.wait_for_selector("html[data-live=live]")


def test_on_a_line_that_cuts_delays_and_reorders_the_end_is_still_the_truth(
    context: BrowserContext, web: WebServer
) -> None:
    wall = web.do("create", displays=[GRID, EVEN], models=WORDS)
    run = web.do("start", network=wall["network"])
    with Proxy(web.port) as proxy:
        pages = {name: opened(context, proxy.url + wall[name]) for name in ("grid", "even")}
        proxy.line.delay, proxy.line.overtake, proxy.line.cut = 0.01, 0.2, 0.02
        for n in range(12):
            web.do("work", run=run, texts=[f"step {n}.{m}" for m in range(5)])
        proxy.line.delay = proxy.line.overtake = proxy.line.cut = 0.0
        web.do("work", run=run, texts=["the end", "after the end"])

        for name, page in pages.items():
            wait_for_the_truth(page, web, wall, name)


def test_two_displays_flip_together(context: BrowserContext, web: WebServer) -> None:
    wall = web.do("create", displays=[ALL, {**ALL, "name": "twin"}], models=WORDS)
    run = web.do("start", network=wall["network"])
    pages = [opened(context, web.url + wall[name]) for name in ("all", "twin")]
    for page in pages:
        page.bring_to_front()
        page.evaluate(
            """() => { at = {}; document.addEventListener("panic:event", ({ detail }) =>
            at[detail.data.sequence + detail.event] = performance.timeOrigin + performance.now()) }"""
        )

    # A machine that is busy draws late, whatever it was told: its calmest moment is what counts.
    assert any(_apart(web, run, pages, first=10 * n) < 50 for n in range(MAX_ROUNDS))


MAX_ROUNDS = 20


def _apart(web: WebServer, run: str, pages: list[Page], *, first: int) -> float:
    """The median of how many ms lie between two pages' showing of the same event."""
    for page in pages:
        page.evaluate("at = {}")
    for n in range(first, first + 10):
        web.do("work", run=run, texts=[f"flip {n}"])
        pages[0].wait_for_timeout(50)
    for page in pages:
        wait_for_text(page, f"flip {first + 9}")
    one, other = (page.evaluate("at") for page in pages)
    apart = [abs(one[key] - other[key]) for key in one if key in other]
    assert len(apart) >= 10
    return float(median(apart))


FORBIDDEN = """
const play = HTMLMediaElement.prototype.play;
let touched = false;
addEventListener("pointerdown", () => (touched = true), true);
HTMLMediaElement.prototype.play = function () {
  return touched ? play.call(this) : Promise.reject(new DOMException("no", "NotAllowedError"));
};
"""


def test_sound_that_is_not_allowed_yet_begins_at_the_first_touch(
    context: BrowserContext, web: WebServer
) -> None:
    wall = web.do("create", displays=[ALL], models=SOUNDS)
    run = web.do("start", network=wall["network"])
    context.add_init_script(FORBIDDEN)  # a script that looks counts as a touch in this browser
    page = opened(context, web.url + wall["all"])
    errors: list[Any] = []
    page.on("pageerror", lambda error: errors.append(error))

    web.do("sound", run=run)
    page.wait_for_selector("#screen audio", state="attached")
    page.wait_for_timeout(300)
    assert page.evaluate("document.querySelector('audio').paused")
    page.mouse.click(300, 300)
    page.wait_for_function("() => !document.querySelector('audio').paused")

    assert errors == []
    assert page.get_attribute("audio", "aria-label")
