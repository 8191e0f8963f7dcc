"""A visitor with a phone: from the code on the wall to the page to keep, and what a code does not open."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, BrowserContext, Page, expect

from tests.browser.screens import ALL, WORDS, opened, sign_in, wait_for_text
from tests.browser.web_server import WebServer

Wall = dict[str, str]
Phone = Callable[[], Page]


@pytest.fixture
def wall(web: WebServer) -> Wall:
    """Anybody may watch, and whoever has a code may type."""
    fields = {"open_terminal": False, "lockout_seconds": 600}
    found: Wall = web.do("create", displays=[ALL], models=WORDS, **fields)
    return found


@pytest.fixture
def phone(browser: Browser) -> Iterator[Phone]:
    """Another visitor's each time."""
    contexts: list[BrowserContext] = []

    def another() -> Page:
        contexts.append(
            browser.new_context(
                viewport={"width": 390, "height": 844},
                has_touch=True,
                is_mobile=True,
                reduced_motion="reduce",
            )
        )
        return contexts[-1].new_page()

    yield another
    for one in contexts:
        one.close()


def _terminal(web: WebServer, wall: Wall, token: str) -> str:
    return f"{web.url}/n/{wall['network']}/terminal/?token={token}"


def _open_with_code(page: Page, web: WebServer, wall: Wall) -> None:
    page.goto(_terminal(web, wall, web.do("token", network=wall["network"])))
    page.wait_for_selector("html[data-live=live]")


def _barriers(page: Page) -> list[str]:
    found = [
        f"{one['id']} {one['nodes'][0]['html']}" for one in Axe().run(page).response["violations"]
    ]
    if page.evaluate("document.documentElement.scrollWidth > innerWidth"):
        found.append("it scrolls sideways")
    return found


def test_from_the_code_to_the_page_to_keep(
    context: BrowserContext, web: WebServer, wall: Wall, phone: Phone
) -> None:
    screen = opened(context, web.url + wall["all"])
    sign_in(context, web)
    code = context.new_page()
    code.goto(f"{web.url}/n/{wall['network']}/qr/")
    visitor = phone()
    visitor.goto(str(code.locator(".qr a").get_attribute("href")))
    visitor.wait_for_selector("html[data-live=live]")
    assert _barriers(visitor) == []

    visitor.get_by_label("What shall it become?").fill("a lighthouse that counts")
    visitor.locator(".panic-button").tap()
    visitor.wait_for_selector(".is-yours")
    expect(screen.locator("#wall-caption")).to_contain_text("a lighthouse that counts")
    run = str(visitor.locator("#terminal-now").get_attribute("data-run"))
    web.do("work", run=run, texts=["eleven ships"])

    expect(visitor.locator("#terminal-steps .tile").first).to_contain_text("eleven ships")
    expect(visitor.locator("#terminal-words h2")).to_have_text(
        "Yours is going round", use_inner_text=True
    )
    wait_for_text(screen, "eleven ships")
    assert _barriers(visitor) == []
    visitor.get_by_role("link", name="Keep your run").first.tap()
    visitor.wait_for_url("**/souvenirs/*/")
    expect(visitor.get_by_role("heading", level=1)).to_contain_text("a lighthouse that counts")
    expect(visitor.locator(".visitor-page-strip")).to_contain_text("eleven ships")
    expect(visitor.get_by_role("button", name="Take my words back")).to_be_visible()
    assert _barriers(visitor) == []


def test_an_expired_a_revoked_and_another_networks_code_open_nothing(
    web: WebServer, wall: Wall, phone: Phone
) -> None:
    network, visitor = wall["network"], phone()
    other: Wall = web.do("create", displays=[], models=WORDS, open_terminal=False)
    foreign = web.do("token", network=other["network"])
    expired = web.do("token", network=network)
    web.do("expire_tokens", network=network)
    revoked = web.do("token", network=network)
    web.do("revoke_tokens", network=network)

    for token in (expired, revoked, foreign, "made-up"):
        answer = visitor.goto(_terminal(web, wall, token))
        assert answer is not None
        assert answer.status == 403
        expect(visitor.get_by_role("heading", level=1)).to_have_text("This code is no longer good")
        expect(visitor.locator(".terminal-form")).to_have_count(0)
        assert _barriers(visitor) == []


def test_a_code_that_is_revoked_while_somebody_types_starts_nothing(
    web: WebServer, wall: Wall, phone: Phone
) -> None:
    visitor = phone()
    _open_with_code(visitor, web, wall)
    visitor.fill("#prompt", "too late")
    web.do("revoke_tokens", network=wall["network"])

    visitor.locator(".panic-button").tap()

    expect(visitor.get_by_role("heading", level=1)).to_have_text("This code is no longer good")
    assert web.do("prompts", network=wall["network"]) == []


def test_of_two_who_press_in_the_same_second_one_is_first_and_the_other_hears_when_it_is_free(
    web: WebServer, wall: Wall, phone: Phone
) -> None:
    pages = {name: phone() for name in ("anna", "ben")}
    for name, page in pages.items():
        _open_with_code(page, web, wall)
        page.fill("#prompt", f"words of {name}")
    for page in pages.values():  # neither waits for the other's answer
        page.evaluate("setTimeout(() => document.querySelector('.terminal-form').requestSubmit())")

    for page in pages.values():
        page.wait_for_function(
            """() => document.querySelector(".is-yours")
            || document.querySelector("#terminal-status[data-locked]")"""
        )
    kept = web.do("prompts", network=wall["network"])
    assert len(kept) == 1
    first = kept[0].removeprefix("words of ")
    second = next(name for name in pages if name != first)
    pages[first].wait_for_selector(".is-yours")
    late = pages[second]
    expect(late.locator("#terminal-status")).to_contain_text("Your turn in")
    expect(late.locator("#terminal-status [data-until]")).not_to_have_text("")
    expect(late.locator("#terminal-now q")).to_contain_text(kept[0])
    assert late.input_value("#prompt") == f"words of {second}"


def test_by_keyboard_alone(web: WebServer, wall: Wall, phone: Phone) -> None:
    page = phone()
    _open_with_code(page, web, wall)
    keyboard = page.keyboard
    expect(page.locator("#prompt")).to_be_focused()
    keyboard.type("a bell under water")
    keyboard.press("Enter")
    page.wait_for_selector(".is-yours")
    run = str(page.locator("#terminal-now").get_attribute("data-run"))
    web.do("work", run=run, texts=["it rings"])

    for _ in range(30):
        keyboard.press("Tab")
        if page.evaluate("document.activeElement.textContent.trim()") == "Keep your run":
            break
    keyboard.press("Enter")
    page.wait_for_url("**/souvenirs/*/")

    expect(page.locator(".visitor-page-strip")).to_contain_text("it rings")


def test_an_attendant_takes_an_output_off_every_screen_from_a_phone(
    context: BrowserContext, web: WebServer, wall: Wall, phone: Phone
) -> None:
    run = web.do("start", network=wall["network"])
    web.do("work", run=run, texts=["something rude"])
    screen = opened(context, web.url + wall["all"])
    guest = opened(context, f"{web.url}/n/{wall['network']}/wall/")
    visitor = phone()
    _open_with_code(visitor, web, wall)
    attendant = phone()
    cookie = {
        "name": "sessionid",
        "value": web.do("attend", network=wall["network"]),
        "url": web.url,
    }
    attendant.context.add_cookies([cookie])  # type: ignore[list-item]  # that is all it needs
    attendant.goto(f"{web.url}/n/{wall['network']}/attendant/")
    attendant.wait_for_selector("html[data-live=live]")
    for page in (screen, guest, visitor, attendant):
        expect(page.locator("#main")).to_contain_text("something rude")
    assert _barriers(attendant) == []

    attendant.get_by_role("button", name="Take off").first.tap()
    attendant.get_by_role("dialog").get_by_role("button", name="Take off").tap()

    for page in (screen, guest, visitor, attendant):
        expect(page.locator("#main")).not_to_contain_text("something rude")
        expect(page.locator("#main")).to_contain_text("A quiet room")
    attendant.get_by_role("button", name="Pause").tap()
    expect(attendant.get_by_role("button", name="Resume")).to_be_visible()
    assert web.do("state", network=wall["network"]) == "paused"
