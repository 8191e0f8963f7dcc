"""From words to wall in a real browser, against the real stack, with dummy models."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, BrowserContext, Page, expect

from tests.stack import Stack

RING = ["dummy:text-to-image", "dummy:image-to-audio", "dummy:audio-to-text"]
CALM = [{"until_seconds": None, "delay_seconds": 0.3}]


@pytest.fixture(scope="module")
def installed(
    tmp_path_factory: pytest.TempPathFactory, stack_template: Path
) -> Iterator[tuple[Stack, dict[str, str]]]:
    """One running installation for all that is looked at here, and its admin."""
    stack = Stack(tmp_path_factory.mktemp("installed") / "data")
    stack.prepare(stack_template)
    admin = json.loads((stack.data_dir / "first-admin.json").read_text())
    try:
        stack.start()
        yield stack, admin
    finally:
        stack.destroy()


@pytest.fixture
def stack(installed: tuple[Stack, dict[str, str]]) -> Stack:
    return installed[0]


@pytest.fixture
def admin(installed: tuple[Stack, dict[str, str]]) -> dict[str, str]:
    return installed[1]


@pytest.fixture
def context(browser: Browser) -> BrowserContext:
    return browser.new_context(reduced_motion="reduce")


def _post(stack: Stack, path: str, body: dict[str, Any]) -> dict[str, Any]:
    with stack.client(stack.token("ada@example.org", admin=True)) as client:
        answer = client.post(f"/api/v1/{path}", json=body)
    assert answer.is_success, answer.text
    return dict(answer.json())


def _network(stack: Stack, name: str, **fields: Any) -> str:
    body = {"name": name, "model_ids": RING, "pacing": CALM, "public": True, **fields}
    return str(_post(stack, "networks", body)["slug"])


def _sign_in(page: Page, stack: Stack, admin: dict[str, str]) -> None:
    page.goto(f"{stack.base_url}/account/sign-in/")
    page.get_by_label("E-mail").fill(admin["email"])
    page.get_by_label("Password").fill(admin["password"])
    page.get_by_role("main").get_by_role("button", name="Sign in").click()
    expect(page.get_by_role("heading", name="Networks")).to_be_visible()


def test_words_become_a_run_on_the_wall_and_a_stop_ends_it(
    stack: Stack, admin: dict[str, str], context: BrowserContext
) -> None:
    slug = _network(stack, "Echo", lockout_seconds=30)
    wall, terminal, room = context.new_page(), context.new_page(), context.new_page()
    wall.goto(f"{stack.base_url}/n/{slug}/wall/?rows=2&columns=2")
    wall.evaluate("window.untouched = true")
    expect(wall.locator("html")).to_have_attribute("data-live", "live")
    _sign_in(room, stack, admin)
    terminal.goto(f"{stack.base_url}/n/{slug}/terminal/")

    field = terminal.get_by_label("What shall it become?")
    expect(field).to_be_focused()
    field.fill("a horse that counts to eleven")
    field.press("Enter")

    # The visitor's own page: emptied, waiting, and telling what goes round.
    expect(field).to_have_value("")
    expect(terminal.locator("#terminal-now q")).to_have_text("a horse that counts to eleven")
    expect(terminal.locator(".panic-button")).to_be_disabled()
    field.fill("too early")
    field.press("Enter")
    expect(terminal.locator("#terminal-refusal")).to_contain_text("Your words are kept")
    expect(field).to_have_value("too early")

    expect(wall.locator("#tile-0 img")).to_have_attribute("alt", "a horse that counts to eleven")
    expect(wall.locator("#tile-1 audio")).to_be_attached()
    expect(wall.locator("#tile-2 .tile-text")).to_be_visible()
    assert wall.evaluate("window.untouched")
    expect(terminal.locator(".panic-button")).to_be_enabled()

    room.goto(f"{stack.base_url}/n/{slug}/")
    room.get_by_role("button", name="Stop").click()
    expect(room.locator("#network-state")).to_contain_text("Somebody stopped it.")
    expect(wall.locator('.tile[data-state="cancelled"]')).to_have_count(1)


def test_mission_control_stops_everything_and_lifts_it_again(
    stack: Stack, admin: dict[str, str], context: BrowserContext
) -> None:
    slug = _network(stack, "Answer")
    _post(stack, f"networks/{slug}/runs", {"prompt": "on and on"})
    wall, page = context.new_page(), context.new_page()
    wall.goto(f"{stack.base_url}/n/{slug}/wall/")
    _sign_in(page, stack, admin)
    page.goto(f"{stack.base_url}/mission-control/")
    expect(page.locator(".running-network")).to_contain_text("on and on")

    page.get_by_role("button", name="Stop all").click()
    page.get_by_role("dialog").get_by_role("button", name="STOP ALL").click()

    expect(page.get_by_role("heading", name="What stop-all did")).to_be_visible()
    expect(wall.locator("#wall-notice")).to_have_text("STOPPED")

    page.get_by_role("button", name="Resume").click()

    expect(page.get_by_text("1 run goes on.")).to_be_visible()
    expect(wall.locator("#wall-notice")).to_have_text("")


@pytest.mark.parametrize(("width", "scheme"), [(390, "light"), (1440, "dark")])
def test_no_page_has_a_barrier_or_scrolls_sideways(
    stack: Stack, admin: dict[str, str], context: BrowserContext, width: int, scheme: Any
) -> None:
    slug = _network(stack, f"Mirror {width}")
    page = context.new_page()
    page.emulate_media(color_scheme=scheme)
    page.set_viewport_size({"width": width, "height": 900})
    _sign_in(page, stack, admin)
    page.goto(f"{stack.base_url}/n/{slug}/terminal/")
    page.get_by_label("What shall it become?").fill("look at me")
    page.keyboard.press("Enter")
    page.wait_for_selector(".is-yours")
    page.goto(f"{stack.base_url}/n/{slug}/")
    page.locator('#tile-2[data-state="completed"]').wait_for()
    page.get_by_role("button", name="Stop").click()
    step = str(page.locator("#tile-2 a.tile-model").get_attribute("href"))
    run = str(page.locator("#network-now a").get_attribute("href"))
    network = f"/n/{slug}/"
    addresses = ["/networks/", "/networks/new/", network, run, step, f"{step}?screen=1", "/models/"]
    addresses += [f"{network}{name}/" for name in ("edit", "settings", "delete", "terminal", "qr")]
    addresses += [f"{network}wall/", "/account/", "/account/people/", "/account/log/"]
    addresses += [f"{network}attendant/", "/mission-control/featured/", "/account/privacy/"]
    addresses += ["/models/local:painter/", "/mission-control/", "/mission-control/stop-all/"]

    complaints = []
    page.on("pageerror", lambda error: complaints.append(str(error)))
    page.on("console", lambda line: complaints.append(line.text) if line.type == "error" else None)
    for address in addresses:
        page.goto(stack.base_url + address)
        found = Axe().run(page).response["violations"]
        complaints += [f"{address} {item['id']} {item['nodes'][0]['html']}" for item in found]
        if page.evaluate("document.documentElement.scrollWidth") > width:
            complaints.append(f"{address} scrolls sideways")

    assert complaints == []
