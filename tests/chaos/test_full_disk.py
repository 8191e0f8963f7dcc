"""A disk that really fills up: nothing begins below the floor, nothing breaks, and all goes on by itself."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator, Sequence
from pathlib import Path

import httpx
import pytest
from playwright.sync_api import BrowserContext, Page, expect

from rehearsal.small_disk import small_disk
from tests.stack import Stack

MEGA = 10**6
# Of what is above what
TOPS = "['.disk-banner', '.header', 'main'].map((one) => document.querySelector(one).getBoundingClientRect().y)"
SESSION = "from tests.browser import control; print(control.session())"
FLOOR_MB, LEFT_MB = 150, 60


@pytest.fixture
def stack(stack_template: Path, tmp_path: Path) -> Iterator[Stack]:
    with small_disk(tmp_path / "data") as reason:
        if reason:
            pytest.skip(reason)
        made = Stack(tmp_path / "data", RUNS_DISK_FLOOR_MB=str(FLOOR_MB))
        made.prepare(stack_template)
        try:
            yield made
        finally:
            made.destroy()


def fill(path: Path, leave: int) -> None:
    """A file after which so many bytes are free."""
    with path.open("wb") as file:
        free = shutil.disk_usage(path.parent).free
        os.posix_fallocate(file.fileno(), 0, free - leave)


def test_a_run_waits_below_the_floor_and_goes_on_above_it(stack: Stack) -> None:
    token = stack.token(admin=True)
    stack.start()
    ballast = stack.data_dir / "ballast"
    with stack.client(token) as client:
        run = start_run(client, make_network(client, "Going on"))
        other = make_network(client, "Prompted while full")
        stack.wait_until(lambda: steps(client, run) > 3, 60, "the run goes on")

        fill(ballast, leave=LEFT_MB * MEGA)
        stack.wait_until(lambda: waits_for_room(client, run), 30, "the run waits for room")
        before = steps(client, run)
        refused = client.post(f"/api/v1/networks/{other}/runs", json={"prompt": "a moth"})
        ready = client.get("/readyz")
        page = client.get("/api/v1/networks")
        assert waits_for_room(client, run)
        assert steps(client, run) == before

        ballast.unlink()
        stack.wait_until(lambda: steps(client, run) > before, 30, "the run goes on by itself")
        start_run(client, other)

    assert (refused.status_code, refused.json()["code"]) == (503, "storage_full")
    assert ready.status_code == 503
    assert not ready.json()["checks"]["disk"]["ok"]
    assert page.status_code == 200
    assert "Traceback" not in stack.output()


def test_open_pages_say_it_and_take_it_back_by_themselves(
    stack: Stack, context: BrowserContext
) -> None:
    token = stack.token(admin=True)
    stack.start()
    ballast = stack.data_dir / "ballast"
    with stack.client(token) as client:
        run = start_run(client, make_network(client, "At work", delay_seconds=15))
        quiet = make_network(client, "Quiet", open_terminal=True, public=True)
        addresses = ("/networks/", f"/n/{quiet}/", f"/n/{quiet}/terminal/")
        listed, control_room, terminal = pages = open_pages(context, stack, addresses)
        stack.wait_until(
            lambda: newest(client, run)["state"] == "invoking", 60, "a step is at work"
        )
        step = newest(client, run)["id"]
        expect(listed.locator(".disk-banner .trouble")).to_have_count(0)

        fill(ballast, leave=LEFT_MB * MEGA)
        for page in pages:
            expect(page.locator(".disk-banner .trouble")).to_contain_text("The disk is full.")
        assert listed.evaluate(TOPS) == sorted(listed.evaluate(TOPS))
        expect(control_room.locator("#network-troubles")).to_contain_text("The disk is full.")
        expect(terminal.locator("#terminal-status")).to_contain_text("There is no room")
        terminal.fill("#prompt", "a moth in the lamp")
        terminal.keyboard.press("Enter")
        expect(terminal.locator("#terminal-refusal")).to_contain_text(
            "The disk is full: nothing starts"
        )
        assert terminal.input_value("#prompt") == "a moth in the lamp"
        stack.wait_until(lambda: output_of(client, step), 60, "what was at work is there")

        ballast.unlink()
        for page in pages:
            expect(page.locator(".disk-banner .trouble")).to_have_count(0)
            assert page.evaluate("window.kept")
        expect(control_room.locator("#network-troubles")).not_to_contain_text("full")
        expect(terminal.locator("#terminal-status")).not_to_contain_text("no room")
        stack.wait_until(lambda: newest(client, run)["id"] != step, 60, "the run goes on")
    assert "Traceback" not in stack.output()


def open_pages(context: BrowserContext, stack: Stack, addresses: Sequence[str]) -> list[Page]:
    """As an admin sees them; a page that is loaded again is not `kept`."""
    session = stack.manage("shell", "--no-imports", "-c", SESSION).splitlines()[-1]
    context.add_cookies([{"name": "sessionid", "value": session, "url": stack.base_url}])
    pages = []
    for address in addresses:
        page = context.new_page()
        page.goto(f"{stack.base_url}{address}")
        page.evaluate("window.kept = true")
        pages.append(page)
    return pages


def make_network(
    client: httpx.Client, name: str, *, delay_seconds: float = 0, **more: object
) -> str:
    slow = {"model": "dummy:text-to-image", "parameters": {"delay_seconds": delay_seconds}}
    body = {
        "name": name,
        "slots": [slow, {"model": "dummy:image-to-text"}],
        "pacing": [{"until_seconds": None, "delay_seconds": 0}],
        "lockout_seconds": 0,
        **more,
    }
    return str(client.post("/api/v1/networks", json=body).raise_for_status().json()["slug"])


def start_run(client: httpx.Client, slug: str) -> str:
    answer = client.post(f"/api/v1/networks/{slug}/runs", json={"prompt": "a moth"})
    return str(answer.raise_for_status().json()["id"])


def steps(client: httpx.Client, run: str) -> int:
    return int(client.get(f"/api/v1/runs/{run}").json()["invocations"])


def newest(client: httpx.Client, run: str) -> dict[str, str]:
    path = f"/api/v1/runs/{run}/invocations"
    found: dict[str, str] = client.get(path, params={"after": steps(client, run) - 2}).json()[
        "items"
    ][-1]
    return found


def output_of(client: httpx.Client, step: str) -> bool:
    found = client.get(f"/api/v1/invocations/{step}").json()
    return bool(found["state"] == "completed" and found["output"])


def waits_for_room(client: httpx.Client, run: str) -> bool:
    path = f"/api/v1/invocations/{newest(client, run)['id']}/why-waiting"
    why = client.get(path).json()
    return bool(why["code"] == "storage")
