"""Installations in a real browser: from nothing to claimed screens with a phone, and by keyboard alone."""

from __future__ import annotations

from collections.abc import Iterator
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, Response, expect

from tests.browser.faults import Proxy
from tests.browser.screens import ALL, GRID, WORDS, opened, sign_in, texts
from tests.browser.web_server import WebServer
from tests.thorough.browser.test_curator_tasks import follow, press, tab_to, write


@pytest.fixture
def phone(browser: Browser, web: WebServer) -> Iterator[Page]:
    """A curator's."""
    context = browser.new_context(
        viewport={"width": 390, "height": 844}, has_touch=True, is_mobile=True
    )
    sign_in(context, web)
    yield context.new_page()
    context.close()


@pytest.fixture
def desk(browser: Browser, web: WebServer) -> Iterator[Page]:
    """The same curator, at a table."""
    context = browser.new_context(viewport={"width": 1280, "height": 720})
    sign_in(context, web)
    yield context.new_page()
    context.close()


@pytest.fixture
def kiosks(browser: Browser, web: WebServer) -> Iterator[list[Page]]:
    """Four screens that have just been switched on."""
    contexts: list[BrowserContext] = []
    pages = []
    for _ in range(4):
        contexts.append(browser.new_context(viewport={"width": 640, "height": 360}))
        page = contexts[-1].new_page()
        page.goto(f"{web.url}/kiosk/")
        pages.append(page)
    yield pages
    for context in contexts:
        context.close()


def code_on(page: Page) -> str:
    return page.inner_text(".waiting-code").strip()


def name_of(page: Page) -> str:
    return urlsplit(page.url).path.split("/")[-2]


def claim(phone: Page, kiosk: Page, installation: str, display: str) -> None:
    """Type the code of the screen, and say which display it is to be."""
    phone.get_by_role("link", name="Claim a screen").tap()
    phone.get_by_label("The code on the screen").fill(code_on(kiosk).upper())
    phone.get_by_role("button", name="Find it").tap()
    phone.get_by_label(display).check()
    phone.get_by_role("button", name="Claim it").tap()
    expect(phone).to_have_url(installation + "#displays")
    kiosk.wait_for_url(f"**/i/*/{display}/")
    kiosk.wait_for_selector("html[data-live=live]")


def test_from_nothing_to_four_claimed_screens_that_follow_to_another_network(
    web: WebServer, phone: Page, kiosks: list[Page]
) -> None:
    first = web.do("create", displays=[], models=WORDS)
    second = web.do("create", displays=[], models=WORDS)
    run = web.do("start", network=second["network"])
    web.do("work", run=run, texts=["one", "two", "three", "four"])
    phone.goto(f"{web.url}/installations/")

    phone.get_by_role("link", name="New installation").tap()
    phone.get_by_label("Name").fill("Foyer")
    phone.get_by_label("Network").select_option(index=0)
    phone.get_by_label("Screens in a row").fill("4")
    phone.get_by_role("button", name="Make it").tap()
    phone.wait_for_selector("h1:text('Foyer')")
    installation = phone.url
    for at, kiosk in enumerate(kiosks):
        claim(phone, kiosk, installation, f"screen-{at + 1}")

    phone.locator("#id_network").select_option(web.do("network_id", slug=second["network"]))
    phone.get_by_role("button", name="Save", exact=True).tap()
    for kiosk, text in zip(kiosks, ["one", "two", "three", "four"], strict=True):
        expect(kiosk.locator("#tile-0 .tile-text")).to_have_text(text)
    assert [name_of(kiosk) for kiosk in kiosks] == [f"screen-{at}" for at in range(1, 5)]
    assert first["network"] != second["network"]


def test_a_claimed_screen_is_released_moved_and_renamed_without_being_touched(
    web: WebServer, desk: Page, kiosks: list[Page]
) -> None:
    wall = web.do("create", displays=[ALL, {**ALL, "name": "other"}], models=WORDS)
    page, kiosk = f"{web.url}/installations/{wall['installation']}/", kiosks[0]
    code = code_on(kiosk)
    web.do("claim_screen", code=code, installation=wall["installation"], name="all")
    kiosk.wait_for_url("**/all/")
    kiosk.wait_for_selector("html[data-live=live]")

    desk.goto(f"{page}displays/all/")
    desk.get_by_label("Name").fill("renamed")
    desk.get_by_role("button", name="Save").click()
    kiosk.wait_for_url("**/renamed/")
    kiosk.wait_for_selector("html[data-live=live]")
    desk.get_by_role("link", name=f"Move the screen {code}").click()
    desk.wait_for_url("**/installations/claim/?code=*")
    desk.goto(f"{desk.url}&installation={wall['installation']}")
    desk.get_by_label("other").check()
    desk.get_by_role("button", name="Claim it").click()
    kiosk.wait_for_url("**/other/")
    kiosk.wait_for_selector("html[data-live=live]")
    desk.get_by_role("button", name=f"Release the screen {code}").click()
    desk.locator("dialog").get_by_role("button", name="Release").click()

    kiosk.wait_for_url("**/kiosk/")
    assert code_on(kiosk) != code


def test_a_screen_that_gets_no_answer_asks_again_where_it_belongs(
    web: WebServer, context: BrowserContext, desk: Page
) -> None:
    wall = web.do("create", displays=[ALL, {**ALL, "name": "other"}], models=WORDS)
    page = f"/installations/{wall['installation']}/"
    with Proxy(web.port) as proxy:
        screen = context.new_page()
        screen.goto(f"{proxy.url}/kiosk/")
        code = code_on(screen)
        web.do("claim_screen", code=code, installation=wall["installation"], name="all")
        screen.wait_for_url("**/all/")
        screen.wait_for_selector("html[data-live=live]")

        proxy.line.portal = True  # its socket stays
        desk.goto(f"{web.url}/installations/claim/?code={code}&installation={wall['installation']}")
        desk.get_by_label("other").check()
        with screen.expect_response(_asks_where_it_belongs):
            desk.get_by_role("button", name="Claim it").click()
        proxy.line.portal = False
        screen.wait_for_url("**/other/")
        screen.wait_for_selector("html[data-live=live]")

        proxy.line.portal = True
        desk.goto(f"{web.url}{page}delete/")
        with screen.expect_response(_asks_where_it_belongs):
            desk.get_by_role("button", name="Delete for good").click()
        proxy.line.portal = False
        screen.wait_for_url("**/kiosk/")


def _asks_where_it_belongs(answer: Response) -> bool:
    return urlsplit(answer.url).path == "/kiosk/"


def test_a_new_layout_reaches_an_open_screen(
    web: WebServer, context: BrowserContext, desk: Page
) -> None:
    wall = web.do("create", displays=[ALL], models=WORDS)
    run = web.do("start", network=wall["network"])
    web.do("work", run=run, texts=["one", "two"])
    screen = opened(context, web.url + wall["all"])
    screen.evaluate("window.untouched = true")

    desk.goto(f"{web.url}/installations/{wall['installation']}/displays/all/")
    desk.get_by_label("Many steps at once").check()
    desk.get_by_label("Rows").fill("1")
    desk.get_by_label("Columns").fill("3")
    desk.get_by_role("button", name="Save").click()

    expect(screen.locator("#tile-1 .tile-text")).to_have_text("two")
    expect(screen.locator("#screen .tile")).to_have_count(3)
    assert texts(screen) == {"tile-0": "one", "tile-1": "two", "tile-2": ""}
    assert screen.evaluate("window.untouched")


def test_displays_are_made_and_put_in_order_by_keyboard_alone(web: WebServer, desk: Page) -> None:
    web.do("create", displays=[], models=WORDS)
    desk.goto(f"{web.url}/installations/")
    follow(desk, "New installation")
    write(desk, "Name", "Hall")
    write(desk, "Screens in a row", "12")  # in the place of what is there: Tab selects it
    follow(desk, "Make it")
    names = desk.locator(".display-what h3")
    expect(names).to_have_text([f"screen-{at + 1}" for at in range(12)])

    tab_to(desk, "Move screen-1, number 1")
    for _ in range(3):
        desk.keyboard.press("Alt+ArrowDown")
    saved = ["screen-2", "screen-3", "screen-4", "screen-1"]
    desk.wait_for_function(ORDER_SAVED, arg=saved)
    expect(desk.locator(":focus")).to_contain_text("Move screen-1, number 4")
    press(desk, "Move screen-12 up")
    desk.wait_for_function(ORDER_SAVED, arg=["screen-12", "screen-11"])

    follow(desk, "Delete …")
    follow(desk, "Delete for good")
    expect(desk.locator("#toasts")).to_contain_text("“Hall” is deleted.")


# The displays stand next to each other in the page as the server has it.
ORDER_SAVED = """async (wanted) => {
    const page = await (await fetch(location.pathname)).text();
    const names = [...new DOMParser().parseFromString(page, "text/html").querySelectorAll("#displays h3")];
    return names.map((one) => one.textContent).join(" ").includes(wanted.join(" "));
}"""


def test_displays_are_dragged_into_order(web: WebServer, desk: Page) -> None:
    three = [{**ALL, "name": name} for name in ("a", "b", "c")]
    wall = web.do("create", displays=three, models=WORDS)
    desk.goto(f"{web.url}/installations/{wall['installation']}/")
    desk.locator("button.display-handle").last.scroll_into_view_if_needed()
    handle = desk.locator("button.display-handle").last.bounding_box()
    first = desk.locator(".display-row").first.bounding_box()
    assert handle is not None
    assert first is not None

    desk.mouse.move(handle["x"] + 9, handle["y"] + 9)
    desk.mouse.down()
    desk.mouse.move(handle["x"] + 9, first["y"] + 2, steps=6)
    desk.mouse.up()

    desk.wait_for_function(ORDER_SAVED, arg=["c", "a", "b"])
    expect(desk.locator(".display-what h3")).to_have_text(["c", "a", "b"])


def test_the_fleet_page_says_how_a_screen_is_and_tells_it_what_to_do(
    web: WebServer, context: BrowserContext, desk: Page
) -> None:
    wall = web.do("create", displays=[ALL, {**ALL, "name": "other"}], models=WORDS)
    screen = opened(context, web.url + wall["all"])
    screen.evaluate("window.untouched = true")
    desk.goto(f"{web.url}/installations/{wall['installation']}/fleet/")
    row = desk.locator("#fleet tbody tr").first
    expect(row).to_contain_text("now")
    expect(row).to_contain_text("1280x720")
    expect(row).to_contain_text("100 %")
    expect(desk.locator("#fleet tbody tr").last).to_contain_text("never")

    desk.get_by_label("Choose all").check()
    desk.get_by_label("Volume").fill("40")
    desk.get_by_role("button", name="Set volume").click()
    screen.wait_for_function("() => localStorage.getItem('volume') === '0.4'")
    desk.get_by_role("button", name="Mute", exact=True).click()
    screen.wait_for_selector("#screen[data-muted]")
    assert screen.evaluate("window.untouched")
    desk.get_by_role("button", name="Reload").click()
    screen.wait_for_function("() => !window.untouched")
    screen.wait_for_selector("html[data-live=live]")

    desk.get_by_label("Choose other").check()
    screen.close()
    expect(row).to_contain_text("gone")
    expect(desk.get_by_label("Choose other")).to_be_checked()


def test_the_picture_of_a_screen_is_renewed_less_often_than_its_row(
    web: WebServer, desk: Page
) -> None:
    wall = web.do("create", displays=[ALL], models=WORDS)
    run = web.do("start", network=wall["network"])
    web.do("work", run=run, texts=["one"])
    desk.clock.install(time=0)
    desk.clock.pause_at(1000)  # time passes only when it is told to
    desk.goto(f"{web.url}/installations/{wall['installation']}/fleet/")
    picture = desk.locator(".fleet-thumbnail")
    expect(picture).to_contain_text("one")

    web.do("work", run=run, texts=["two"])
    desk.evaluate("document.querySelector('#fleet tr').dataset.before = ''")
    desk.clock.run_for(5_000)
    expect(desk.locator("[data-before]")).to_have_count(0)
    expect(picture).to_contain_text("one")
    for _ in range(6):
        with desk.expect_response("**/fleet/"):
            desk.clock.run_for(5_000)

    expect(picture).to_contain_text("two")


def test_the_wall_is_live_in_miniature(web: WebServer, desk: Page) -> None:
    wall = web.do("create", displays=[GRID, ALL], models=WORDS)
    desk.goto(f"{web.url}/installations/{wall['installation']}/")
    desk.wait_for_selector("html[data-live=live]")

    run = web.do("start", network=wall["network"])
    web.do("work", run=run, texts=["one", "two"])

    miniatures = desk.locator(".miniature")
    expect(miniatures.first.locator(".tile-text")).to_have_text(["one", "two"])
    expect(miniatures.last.locator(".tile-text")).to_have_text(["two"])
