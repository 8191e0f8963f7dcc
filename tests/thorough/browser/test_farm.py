"""The pages of the farm in a browser: they follow the workers, are worked by keyboard, and keep nobody out."""

from __future__ import annotations

import pytest
from playwright.sync_api import BrowserContext, Page, expect

from tests.browser.farm_program import FarmProgram
from tests.browser.screens import opened, sign_in
from tests.browser.web_server import WebServer

from .test_accessibility import barriers


@pytest.fixture(scope="module")
def machine(web: WebServer) -> FarmProgram:
    return FarmProgram.enrol(web, "Back room")


@pytest.fixture
def page(context: BrowserContext, web: WebServer, machine: FarmProgram) -> Page:
    sign_in(context, web)
    return opened(context, f"{web.url}/farm/")


def test_a_machine_that_comes_is_there_and_what_is_ticked_stays_ticked(
    page: Page, web: WebServer, machine: FarmProgram
) -> None:
    box = page.get_by_label("Choose Back room")
    box.check()

    other = FarmProgram.enrol(web, "Attic")
    expect(page.get_by_role("link", name="Attic")).to_be_visible()
    expect(box).to_be_checked()
    expect(page.get_by_label("Choose Attic")).not_to_be_checked()

    machine.call("sign-off")
    expect(page.locator(f"#farm-worker-{machine.id} .alarm")).to_have_text("offline")
    expect(box).to_be_checked()
    machine.call("sign-on", {"session": "Back room"})
    other.call("sign-off")


def test_by_keyboard_one_is_chosen_and_asked_and_the_focus_stays(
    page: Page, web: WebServer, machine: FarmProgram
) -> None:
    box = page.get_by_label("Choose Back room")
    box.focus()
    page.keyboard.press("Space")
    machine.call("sign-on", {"session": "Back room", "slots": 2, "version": "2.0"})
    machine.call("sign-off")
    expect(page.locator(f"#farm-worker-{machine.id} .alarm")).to_have_text("offline")
    expect(box).to_be_focused()
    machine.call("sign-on", {"session": "Back room"})

    page.get_by_role("button", name="Let them sleep").focus()
    page.keyboard.press("Enter")

    expect(page.get_by_text("1 worker was asked.")).to_be_visible()
    row = page.locator(f"#farm-worker-{machine.id}")
    expect(row).to_contain_text("is to be asleep")
    page.wait_for_selector("html[data-live=live]")
    assert machine.call("claim", {"slots": 1}).status_code == 423
    expect(row).not_to_contain_text("is to be asleep")
    expect(row).to_contain_text("asleep")


def test_the_page_of_a_worker_follows_its_work(
    context: BrowserContext, web: WebServer, page: Page
) -> None:
    painter = FarmProgram.enrol(web, "Painter")
    slug = web.do("create", displays=[], models=["farm:shout"])["network"]
    one = opened(context, f"{web.url}/farm/{painter.id}/")
    web.do("start", network=slug)

    token = painter.claim()
    expect(one.locator("#worker-work")).to_contain_text("at work")
    expect(page.locator(f"#farm-worker-{painter.id}")).to_contain_text("Stage, 1")

    output = {"type": "text", "text": "A RED BALLOON"}
    painter.call(f"attempts/{token}/finish", {"outcome": "succeeded", "outputs": [output]})
    expect(one.locator("#worker-work")).not_to_contain_text("at work")


@pytest.mark.parametrize("width", [390, 1440])
def test_nothing_keeps_anybody_out(
    page: Page, web: WebServer, machine: FarmProgram, width: int
) -> None:
    page.set_viewport_size({"width": width, "height": 844})

    addresses = [f"{web.url}/farm/", f"{web.url}/farm/{machine.id}/"]

    assert barriers(page, addresses) == []
