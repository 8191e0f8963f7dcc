"""The history in a real browser: barriers, the keyboard, a list that follows what is typed, and a
bundle that is opened from a disk."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from django.conf import settings as configured
from django.test import Client
from django.utils import timezone
from playwright.sync_api import Browser, Page, expect
from pytest_django.live_server_helper import LiveServer

from assets import ingest
from invocations import chosen, souvenirs
from invocations.bundles import writing
from invocations.models import Invocation, Run
from networks.models import Network
from tests.assets import samples
from tests.browsers import IN_A_BROWSER

pytestmark = IN_A_BROWSER
STEPS = 8


@pytest.fixture
def past(live_server: LiveServer, public: Network) -> Run:
    """A run of words and pictures; a second one of the same words, and one of others."""
    pictures = [ingest.store(samples.image(seed=seed), kind="image") for seed in range(2)]
    for prompt in ("an owl at sea", "a red balloon", "a red balloon"):
        run = _written(public, prompt)
        for n in range(STEPS):
            gave: dict[str, Any] = (
                {"output_text": f"step {n}"} if n % 2 else {"output_asset": pictures[n // 2 % 2]}
            )
            Invocation.objects.create(
                run=run,
                network=public,
                sequence=n,
                slot=0,
                model="dummy:text-to-text",
                state="completed",
                input_text=prompt,
                seconds=0.5,
                **gave,
            )
    return run


def _written(network: Network, prompt: str) -> Run:
    at = timezone.now()
    ring = [{"model": "dummy:text-to-text"}]
    over = {"state": "completed", "ended_at": at, "lockout_until": at}
    return Run.objects.create(network=network, prompt=prompt, ring=ring, **over)


@pytest.fixture
def page(browser: Browser, live_server: LiveServer, owner: Client) -> Iterator[Page]:
    """As the owner sees it."""
    context = browser.new_context(reduced_motion="reduce", viewport={"width": 1280, "height": 900})
    session = owner.cookies[configured.SESSION_COOKIE_NAME].value
    context.add_cookies(
        [{"name": configured.SESSION_COOKIE_NAME, "value": session, "url": live_server.url}]
    )
    yield context.new_page()
    context.close()


def test_no_page_of_the_history_has_a_barrier_or_scrolls_sideways(
    page: Page, live_server: LiveServer, past: Run
) -> None:
    other = Run.objects.filter(prompt=past.prompt).exclude(pk=past.pk).get()
    sheet = chosen.make_sheet(
        run=past, sequences=range(5), made_by=past.network.owner, at=timezone.now()
    )
    step = past.invocations.get(sequence=3).get_absolute_url()
    run = past.get_absolute_url()
    complaints: list[str] = []
    page.on("pageerror", lambda error: complaints.append(str(error)))
    page.on(
        "console", lambda line: complaints.append(line.text) if "Security" in line.text else None
    )

    for address in (
        "/runs/?q=red&since=yesterday",
        run,
        f"{run}compare/",
        f"{run}compare/?with={other.public_id}",
        step,
        f"{step}?screen=1",
        sheet.get_absolute_url(),
        "/runs/import/",
        souvenirs.own_address(past),
    ):
        for width in (390, 1440):
            page.set_viewport_size({"width": width, "height": 900})
            page.goto(live_server.url + address)
            found = Axe().run(page).response["violations"]
            complaints += [f"{address} {item['id']} {item['nodes'][0]['html']}" for item in found]
            if page.evaluate("document.documentElement.scrollWidth") > width:
                complaints.append(f"{address} scrolls sideways at {width}")

    assert complaints == []


def test_a_strip_is_gone_through_and_chosen_from_by_keyboard(
    page: Page, live_server: LiveServer, past: Run
) -> None:
    page.goto(live_server.url + past.get_absolute_url())
    page.locator(".frame-link").first.focus()

    for key in ("ArrowRight", "ArrowRight", "ArrowLeft", "Tab", "Space"):
        page.keyboard.press(key)
    expect(page.locator("[data-chosen]")).to_have_text("1 chosen.")
    page.keyboard.press("Shift+Tab")
    page.keyboard.press("End")
    expect(page.locator(".frame-link").last).to_be_focused()
    page.keyboard.press("Tab")
    page.keyboard.press("Space")
    page.reload()
    expect(page.locator("[data-chosen]")).to_have_text("2 chosen.")
    page.get_by_role("button", name="Hang them").click()

    page.wait_for_url("**/sheets/*/")
    assert past.sheets.get().sequences == [1, STEPS - 1]
    assert page.locator(".sheet .tile").count() == 2


def test_arrows_lead_from_step_to_step_on_the_full_screen(
    page: Page, live_server: LiveServer, past: Run
) -> None:
    first, second = past.invocations.in_order()[:2]
    page.goto(f"{live_server.url}{first.get_absolute_url()}?screen=1")

    page.keyboard.press("ArrowRight")
    page.wait_for_url(f"**{second.get_absolute_url()}?screen=1")
    page.keyboard.press("ArrowLeft")
    page.wait_for_url(f"**{first.get_absolute_url()}?screen=1")
    page.keyboard.press("Escape")
    page.wait_for_url(f"**{first.get_absolute_url()}")


def test_the_list_of_runs_follows_what_is_typed(
    page: Page, live_server: LiveServer, past: Run
) -> None:
    page.goto(f"{live_server.url}/runs/")
    page.evaluate("window.same = true")
    expect(page.locator(".run-entry")).to_have_count(3)

    page.get_by_label("Words").press_sequentially("owl")

    expect(page.locator(".run-entry")).to_have_count(1)
    expect(page.locator(".run-words")).to_have_text("“an owl at sea”")
    page.wait_for_url("**/runs/?q=owl*")
    assert page.evaluate("window.same")


def test_a_bundle_is_looked_at_without_a_server(
    browser: Browser, past: Run, tmp_path: Path
) -> None:
    content = b"".join(writing.pieces(past, at=timezone.now()))
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        archive.extractall(tmp_path)
    page = browser.new_page(viewport={"width": 390, "height": 844}, java_script_enabled=True)

    page.goto((tmp_path / "index.html").as_uri())

    expect(page.locator("li")).to_have_count(STEPS + 1)
    for picture in page.locator("img").all():
        picture.scroll_into_view_if_needed()
        expect(picture).to_have_js_property("naturalWidth", 64)
    assert Axe().run(page).response["violations"] == []
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
    page.close()
