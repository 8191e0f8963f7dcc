"""The pages of the farm in a browser: they follow the workers, are worked by keyboard, and keep nobody out."""

from __future__ import annotations

import pytest
from playwright.sync_api import BrowserContext, Page, expect

from tests.browser.farm_program import FarmProgram
from tests.browser.screens import opened, sign_in
from tests.browser.web_server import WebServer

from .test_accessibility import barriers


@pytest.fixture(scope="module")
def machine(running_web: WebServer) -> FarmProgram:
    running_web.start_if_dead()
    return FarmProgram.enrol(running_web, "Back room")


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
    link = page.get_by_role("link", name="Back room")
    link.focus()
    machine.call("sign-on", {"session": "Back room"})
    expect(page.locator(f"#farm-worker-{machine.id} .alarm")).to_have_count(0)
    expect(link).to_be_focused()

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


def test_a_step_that_nobody_takes_up_leaves_no_word_of_all_being_well(
    context: BrowserContext, web: WebServer, page: Page
) -> None:
    silent = FarmProgram.enrol(web, "Silent")
    slug = web.do("create", displays=[], models=["farm:shout"])["network"]
    room = opened(context, f"{web.url}/n/{slug}/")
    well = room.get_by_text("All is well.")
    expect(well).to_be_visible()

    silent.call("sign-off")
    web.do("start", network=slug)

    expect(room.get_by_text("The next step is due, and waits.")).to_be_visible()
    expect(well).to_be_hidden()
    expect(room.get_by_text("next in")).to_be_hidden()


def test_a_log_goes_on_is_filtered_and_keeps_its_place(
    context: BrowserContext, web: WebServer, page: Page
) -> None:
    writer = FarmProgram.enrol(web, "Writer")
    slug = web.do("create", displays=[], models=["farm:shout"])["network"]
    web.do("start", network=slug)
    token = writer.claim()
    text = "".join(f"INFO line {n}\n" for n in range(200)) + "ERROR no lamp\n"
    writer.call(f"attempts/{token}/log", {"offset": 0, "text": text})
    page.goto(f"{web.url}/farm/{writer.id}/")
    page.get_by_role("link", name="Log farm:shout").click()
    page.wait_for_selector("html[data-live=live]")
    box = page.locator("#work-log")
    at_end = "box => box.scrollTop + box.clientHeight >= box.scrollHeight - 4"

    more = "WARNING it is slow\n"
    writer.call(f"attempts/{token}/log", {"offset": len(text), "text": more})
    expect(box).to_contain_text("it is slow")
    assert box.evaluate(at_end)

    box.evaluate("box => box.scrollTo(0, 100)")
    writer.call(f"attempts/{token}/log", {"offset": len(text + more), "text": "INFO later\n"})
    expect(box).to_contain_text("later")
    assert box.evaluate("box => box.scrollTop") == 100

    page.get_by_label("Level").select_option("error")
    expect(box.locator(".log-line")).to_have_count(1)
    page.get_by_label("Level").select_option("")
    page.get_by_label("Words in the line").fill("line 19")
    expect(box.locator(".log-line")).to_have_count(11)
    assert barriers(page, [page.url]) == []
    with page.expect_download() as file:
        page.get_by_role("link", name="Download all of it").click()
    assert file.value.path().read_text() == text + more + "INFO later\n"


@pytest.mark.parametrize("width", [390, 1440])
def test_nothing_keeps_anybody_out(
    page: Page, web: WebServer, machine: FarmProgram, width: int
) -> None:
    page.set_viewport_size({"width": width, "height": 844})

    addresses = [f"{web.url}/farm/", f"{web.url}/farm/{machine.id}/"]

    assert barriers(page, addresses) == []
