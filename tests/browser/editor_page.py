"""The ring editor in a browser, as a test works with it."""

from __future__ import annotations

from playwright.sync_api import BrowserContext, Page

from tests.browser.web_server import WebServer

MOST_TABS = 60


def edit(context: BrowserContext, web: WebServer, *models: str, slug: str = "") -> Page:
    slug = slug or web.do("create", displays=[], models=list(models))["network"]
    page = context.new_page()
    page.goto(f"{web.url}/n/{slug}/edit/")
    return page


def expect_ring(page: Page, *names: str) -> None:
    shown = """(names) => JSON.stringify(names) === JSON.stringify([...document.querySelectorAll(
        "[data-slot]")].map((slot) => slot.dataset.name.replace("Dummy ", "")))"""
    page.wait_for_function(shown, arg=list(names))


def tab_to(page: Page, name: str) -> None:
    """Press Tab until the element of this name has the focus."""
    for _ in range(MOST_TABS):
        page.keyboard.press("Tab")
        if name in page.evaluate("document.activeElement.textContent"):
            return
    raise AssertionError(f"{name!r} cannot be reached with the keyboard")


def drag(page: Page, at: int, to: int) -> None:
    """By the handle of slot `at` to below the middle of slot `to`."""
    handle = page.locator(f"#slot-{at}-handle").bounding_box()
    target = page.locator(f"#slot-{to} .slot").bounding_box()
    assert handle
    assert target
    x = handle["x"] + handle["width"] / 2
    page.mouse.move(x, handle["y"] + handle["height"] / 2)
    page.mouse.down()
    page.mouse.move(x, target["y"] + target["height"] / 2, steps=4)
    page.mouse.move(x, target["y"] + target["height"] - 4, steps=2)
    page.mouse.up()
