"""A curator's first evening in a real browser, hands off the mouse: invited by a link, a password, a
network made and mended by keyboard, a run, its wall, a branch, an export, and the end of it."""

from __future__ import annotations

import json
import zipfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.stack import Stack

FOCUSED = """() => { const it = document.activeElement; return [
    it.ariaLabel ?? "", it.labels?.[0]?.textContent ?? "", it.matches('body, main') ? '' : it.textContent].join(" ").trim() }"""
MOST_TABS = 120


@pytest.fixture
def evening(tmp_path: Path, stack_template: Path) -> Iterator[tuple[Stack, dict[str, str]]]:
    """An installation, with DEBUG, so that dummy models are on offer; and its admin."""
    stack = Stack(tmp_path / "data", DEBUG="yes")
    stack.prepare(stack_template)
    admin = json.loads((stack.data_dir / "first-admin.json").read_text())
    try:
        stack.start()
        yield stack, admin
    finally:
        stack.destroy()


def tab_to(page: Page, name: str) -> None:
    """Press Tab until what has the focus is called so."""
    for _ in range(MOST_TABS):
        if name in page.evaluate(FOCUSED):
            return
        page.keyboard.press("Tab")
    raise AssertionError(f"{name!r} cannot be reached with the keyboard on {page.url}")


def press(page: Page, name: str) -> None:
    page.keyboard.press("Tab")  # away from a field whose label is like it
    tab_to(page, name)
    page.keyboard.press("Enter")


def follow(page: Page, name: str) -> None:
    """Press what leads to another page, and be there."""
    with page.expect_navigation():
        press(page, name)


def write(page: Page, label: str, text: str) -> None:
    tab_to(page, label)
    page.keyboard.type(text)


def invitation(browser: Browser, stack: Stack, admin: dict[str, str], email: str) -> str:
    """The link an admin hands out."""
    page = browser.new_page()
    page.goto(f"{stack.base_url}/account/sign-in/?next=/account/people/")
    page.get_by_label("E-mail").fill(admin["email"])
    page.get_by_label("Password").fill(admin["password"])
    page.get_by_role("main").get_by_role("button", name="Sign in").click()
    page.wait_for_url("**/account/people/")
    page.get_by_label("E-mail").fill(email)
    page.get_by_role("button", name="Make a link").click()
    link = page.locator("#link").inner_text()
    page.close()
    return link


def test_from_an_invitation_to_the_end_of_a_network_by_keyboard(
    evening: tuple[Stack, dict[str, str]], browser: Browser, tmp_path: Path
) -> None:
    stack, admin = evening
    link = invitation(browser, stack, admin, "zoe@example.org")
    context = browser.new_context(reduced_motion="reduce", accept_downloads=True)
    page = context.new_page()

    set_a_password(page, link)
    make_a_network(page, stack)
    wall = context.new_page()
    wall.goto(f"{stack.base_url}/n/first-light/wall/")
    expect(wall.locator("html")).to_have_attribute("data-live", "live")

    page.goto(f"{stack.base_url}/n/first-light/")
    write(page, "Start with", "a lighthouse in love")
    follow(page, "Start")
    expect(wall.locator("#tile-2 .tile-text")).not_to_be_empty()
    follow(page, "Stop")
    expect(page.locator("#network-state")).to_contain_text("Somebody stopped it")

    page.goto(f"{stack.base_url}{page.locator('#tile-1 a.tile-model').get_attribute('href')}")
    follow(page, "Begin")
    token = stack.token(admin=True)
    stack.wait_until(lambda: len(runs(stack, token)) == 2, 60, "a second run goes on from the step")

    page.goto(f"{stack.base_url}/runs/{runs(stack, token)[-1]['id']}/")
    assert "a lighthouse in love" in exported(page, tmp_path / "bundle.zip")

    page.goto(f"{stack.base_url}/n/first-light/settings/")
    follow(page, "Delete …")
    write(page, "To be sure", "first-light")
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name="Networks")).to_be_visible()
    with stack.client(token) as client:
        assert client.get("/api/v1/networks/first-light").status_code == 404


def set_a_password(page: Page, link: str) -> None:
    page.goto(link)
    write(page, "Password", "a-horse-in-the-snow")
    write(page, "Password again", "a-horse-in-the-snow")
    page.keyboard.press("Enter")
    expect(page.get_by_role("link", name="Account")).to_be_visible()


def make_a_network(page: Page, stack: Stack) -> None:
    """Two models that do not fit together, and what has to stand between them."""
    page.goto(f"{stack.base_url}/networks/new/")
    expect(page.get_by_label("Name")).to_be_focused()
    page.keyboard.type("First light")
    page.keyboard.press("Enter")
    expect(page.get_by_role("combobox", name="Add a model")).to_be_focused()
    for typed in ("dummy text to im", "dummy text to te"):
        page.keyboard.type(typed)
        page.keyboard.press("Enter")
    expect(page.locator("#connection-1")).to_contain_text("but “Dummy text to text” takes text")
    press(page, "Insert Dummy image to text")
    expect(page.locator("#editor-message")).to_contain_text("The ring closes.")
    page.keyboard.press("Control+s")
    expect(page.locator(".editor-facts")).to_contain_text("Runnable")


def runs(stack: Stack, token: str) -> list[dict[str, str]]:
    """Of the network, the oldest last."""
    with stack.client(token) as admin:
        found: list[dict[str, str]] = admin.get("/api/v1/networks/first-light/runs").json()["items"]
    return found


def exported(page: Page, bundle: Path) -> str:
    """What can be read in the bundle of the run on this page."""
    with page.expect_download() as download:
        press(page, "Export")
    download.value.save_as(bundle)
    with zipfile.ZipFile(bundle) as opened:
        texts = [name for name in opened.namelist() if name.endswith((".json", ".html"))]
        return "\n".join(opened.read(name).decode() for name in texts)
