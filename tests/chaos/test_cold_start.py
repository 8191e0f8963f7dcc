"""The power of a whole house goes and comes back: server and screen begin by themselves, and art is on the wall."""

from __future__ import annotations

import subprocess
from pathlib import Path
from typing import Any

import httpx
import pytest
from playwright.sync_api import Browser, BrowserContext, Page

from tests.browser.chromium import CHROMIUM
from tests.stack import ROOT, Stack

PATIENCE_SECONDS = 180  # some seconds are enough, but on a busy machine
SHOWN = "() => document.querySelector('#screen .tile-text')?.innerText.trim()"


def switched_on(browser: Browser, profile: Path, address: str) -> tuple[BrowserContext, Page]:
    """A kiosk machine: waits for the server with the script of deploy/kiosk, then opens the address."""
    (profile / "address").write_text(address)
    subprocess.run(
        [ROOT / "deploy/kiosk/panic-kiosk", "wait"],
        env={"PATH": "/usr/bin:/bin", "PANIC_KIOSK_FILES": str(profile / "address")},
        stdout=subprocess.DEVNULL,
        timeout=PATIENCE_SECONDS,
        check=True,
    )
    context = browser.browser_type.launch_persistent_context(
        profile / "chromium",
        executable_path=CHROMIUM,
        args=["--no-sandbox", "--disable-gpu", "--disable-background-networking"],
        viewport={"width": 1280, "height": 720},
    )
    context.set_default_timeout(PATIENCE_SECONDS * 1000)
    page = context.pages[0]
    page.goto(address)
    return context, page


def made(client: httpx.Client) -> tuple[str, str]:
    """A network of words without a pause, and a display of its own."""
    network = client.post(
        "/api/v1/networks",
        json={
            "name": "Cold",
            "public": True,
            "model_ids": ["dummy:text-to-text"],
            "pacing": [{"until_seconds": None, "delay_seconds": 0}],
        },
    ).json()
    installation = client.post(
        "/api/v1/installations", json={"name": "Hall", "network": network["slug"]}
    ).json()
    display = {"name": "one", "type": "grid", "rows": 2, "columns": 2}
    answer = client.post(f"/api/v1/installations/{installation['id']}/displays", json=display)
    assert answer.status_code == 201, answer.text
    return network["slug"], installation["id"]


@pytest.mark.parametrize("running", [True, False], ids=["a run goes on", "nothing runs"])
def test_a_claimed_screen_shows_the_work_by_itself_once_the_power_is_back(
    stack: Stack, browser: Browser, tmp_path: Path, running: bool
) -> None:
    stack.start()
    kiosk = f"{stack.base_url}/kiosk/"
    with stack.client(stack.token(admin=True)) as client:
        network, installation = made(client)
        run: dict[str, Any] = client.post(
            f"/api/v1/networks/{network}/runs", json={"prompt": "a cold morning"}
        ).json()
        context, page = switched_on(browser, tmp_path, kiosk)
        code = page.inner_text(".waiting-code").strip()
        claim = {"code": code, "installation": installation, "name": "one"}
        assert client.post("/api/v1/kiosks/claim", json=claim).is_success
        page.wait_for_url("**/i/*/one/")
        page.wait_for_function(SHOWN)
        if not running:
            client.post(f"/api/v1/runs/{run['id']}/stop")
        before = client.get(f"/api/v1/runs/{run['id']}").json()["invocations"]
    stack.kill("up")
    stack.destroy()
    context.close()

    stack.start(ready=False)
    context, page = switched_on(browser, tmp_path, kiosk)
    page.wait_for_url("**/i/*/one/")
    page.wait_for_function(SHOWN)

    page.wait_for_selector("html[data-live=live]")
    with stack.client(stack.token(admin=True)) as client:

        def steps() -> int:
            return int(client.get(f"/api/v1/runs/{run['id']}").json()["invocations"])

        if running:
            stack.wait_until(lambda: steps() > before, 60, "the run goes on")
        else:
            assert steps() == before
    context.close()
