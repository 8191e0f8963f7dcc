"""What tests of displays in a real browser have in common."""

from __future__ import annotations

import time

from playwright.sync_api import BrowserContext, Page

from .web_server import WebServer

GRID = {"name": "grid", "kind": "grid", "rows": 2, "columns": 3}
ALL = {"name": "all", "kind": "single", "stride": 1, "offsets": [0]}
EVEN = {"name": "even", "kind": "single", "stride": 2, "offsets": [0]}
WORDS = ["dummy:text-to-text"]
SOUNDS = ["dummy:text-to-audio", "dummy:audio-to-text"]


def opened(context: BrowserContext, address: str) -> Page:
    page = context.new_page()
    page.goto(address)
    page.wait_for_selector("html[data-live=live]")
    return page


def sign_in(context: BrowserContext, web: WebServer) -> None:
    """As the first admin."""
    cookie = {"name": "sessionid", "value": web.do("session"), "url": web.url}
    context.add_cookies([cookie])  # type: ignore[list-item]  # that is all it needs


def wait_for_text(page: Page, text: str, seconds: float = 60) -> None:
    shown = "text => document.getElementById('screen').innerText.includes(text)"
    page.wait_for_function(shown, arg=text, timeout=seconds * 1000)


def remembered(page: Page, text: str) -> None:
    """Wait until the last frame is in the browser's memory, and the worker looks after the page."""
    page.evaluate("navigator.serviceWorker.ready.then(() => 0)")
    until = time.monotonic() + 60
    while time.monotonic() < until:
        kept = page.evaluate(
            """caches.match(location.pathname, { cacheName: "screens" })
            .then((page) => page?.text() ?? "")"""
        )
        if text in kept:
            return
        page.wait_for_timeout(100)
    raise AssertionError(f"{text!r} is not remembered")


def texts(page: Page) -> dict[str, str]:
    found: dict[str, str] = page.evaluate(
        """() => Object.fromEntries([...document.querySelectorAll("#screen .tile")]
        .map((tile) => [tile.id, tile.querySelector(".tile-text")?.innerText.trim() ?? ""]))"""
    )
    return found


def wait_for_the_truth(page: Page, web: WebServer, wall: dict[str, str], name: str) -> None:
    """The page shows what the database has."""
    until = time.monotonic() + 60
    while time.monotonic() < until:
        truth = web.do("cells", installation=wall["installation"], name=name)
        if texts(page) == truth:
            return
        page.wait_for_timeout(100)
    assert texts(page) == truth
