"""`python -m tests.readme_images`: the pictures of the README, of a run of this machine's models, into docs/images."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import httpx
from playwright.sync_api import Browser, sync_playwright

from tests.screenshots import installation
from tests.stack import ROOT, Stack

SIZE = {"width": 1440, "height": 900}
NETWORK, STEPS, PATIENCE = "particulars", 8, 300.0
FOLDER = ROOT / "docs/images"


def main() -> None:
    with installation() as (stack, admin), stack.client(stack.token(admin["email"])) as client:
        wall = client.get("/api/v1/installations").json()["items"][0]
        client.patch(f"/api/v1/installations/{wall['id']}", json={"network": NETWORK})
        display = client.get(f"/api/v1/installations/{wall['id']}/displays").json()["items"][0]
        run = f"/api/v1/networks/{NETWORK}/runs"
        client.post(run, json={"prompt": "a lighthouse that counts"}).raise_for_status()
        stack.wait_until(lambda: steps_made(client) >= STEPS, PATIENCE, "some steps are done")
        with sync_playwright() as playwright:
            browser = playwright.chromium.launch(executable_path=chromium())
            shoot(browser, stack, admin, display["url"])
            browser.close()


def steps_made(client: httpx.Client) -> int:
    found = client.get(f"/api/v1/networks/{NETWORK}/runs").json()["items"]
    return int(found[0]["invocations"])


def chromium() -> str | None:
    """The system's; None: the one that Playwright brings."""
    path = Path("/usr/bin/chromium")
    return str(path) if path.exists() else None


def shoot(browser: Browser, stack: Stack, admin: Mapping[str, str], display: str) -> None:
    page = browser.new_page(viewport=SIZE, locale="en")  # type: ignore[arg-type]
    page.goto(f"{stack.base_url}/account/sign-in/")
    page.fill("input[type=email]", admin["email"])
    page.fill("input[type=password]", admin["password"])
    page.click("main form button")
    for name, path in (("control-room", f"/n/{NETWORK}/"), ("wall", display)):
        page.goto(stack.base_url + path)
        page.wait_for_timeout(1500)
        page.screenshot(path=FOLDER / f"{name}.png")


if __name__ == "__main__":
    main()
