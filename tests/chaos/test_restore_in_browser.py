"""A backup that is restored while displays are open in a browser: they come to what is true then by themselves, and
are neither black nor an error page for a moment."""

from __future__ import annotations

from pathlib import Path

import httpx
from playwright.sync_api import BrowserContext, Page, Response

from tests.backups.installations import back_up
from tests.stack import Stack

NETWORK = {
    "name": "Restored",
    "public": True,
    "slots": [{"model": "dummy:text-to-image"}, {"model": "dummy:image-to-text"}],
    "lockout_seconds": 0,
    "pacing": [{"until_seconds": None, "delay_seconds": 1}],
}
DISPLAYS = (
    {"name": "grid", "type": "grid", "rows": 2, "columns": 3},
    {"name": "all", "type": "single", "stride": 1, "offset": 0},
)
# What a visitor would see, looked at with every frame that is painted
WATCH = """
() => {
  [window.frames_seen, window.empty_frames] = [0, 0];
  const look = () => {
    const full = [...document.querySelectorAll("#screen .tile")].some((tile) => {
      const picture = tile.querySelector("img");
      return picture ? picture.complete && picture.naturalWidth > 0 : tile.innerText.trim();
    });
    window.frames_seen += 1;
    window.empty_frames += full ? 0 : 1;
    requestAnimationFrame(look);
  };
  look();
}
"""
WELCOMES = """
window.welcomes = [];
document.addEventListener("panic:welcome", ({ detail }) => window.welcomes.push(detail.recovered));
"""
NEWEST = """
() => Math.max(-1, ...[...document.querySelectorAll("#screen .tile[aria-label^='Step ']")]
  .map((tile) => parseInt(tile.getAttribute("aria-label").slice(5))))
"""


def open_displays(client: httpx.Client, context: BrowserContext, stack: Stack) -> list[Page]:
    network = client.post("/api/v1/networks", json=NETWORK).raise_for_status().json()["slug"]
    made = client.post("/api/v1/installations", json={"name": "Hall", "network": network})
    installation = made.raise_for_status().json()["id"]
    path = f"/api/v1/installations/{installation}/displays"
    for display in DISPLAYS:
        client.post(path, json=display).raise_for_status()
    start = {"prompt": "a moth"}
    client.post(f"/api/v1/networks/{network}/runs", json=start).raise_for_status()
    pages = []
    for display in DISPLAYS:
        page = context.new_page()
        page.goto(f"{stack.base_url}/i/{installation}/{display['name']}/")
        page.wait_for_selector("html[data-live=live]")
        pages.append(page)
    return pages


def wait_for_step(page: Page, step: int) -> None:
    page.wait_for_function(f"step => ({NEWEST})() >= step", arg=step)


def test_displays_come_to_what_was_restored_by_themselves(
    stack: Stack, context: BrowserContext, tmp_path: Path
) -> None:
    token = stack.token(admin=True)
    stack.start()
    with stack.client(token) as client:
        pages = open_displays(client, context, stack)
    for page in pages:
        wait_for_step(page, 6)
    file = back_up(stack, "--to", str(tmp_path / "kept"))
    before = max(page.evaluate(NEWEST) for page in pages)
    for page in pages:
        wait_for_step(page, before + 12)
    refused: list[Response] = []
    for page in pages:
        page.on("response", lambda one: refused.append(one) if one.status >= 500 else None)
        page.evaluate(WELCOMES)
        page.evaluate(WATCH)

    stack.manage("restore", str(file), "--replace")

    for page in pages:
        page.wait_for_function("() => window.welcomes.length > 0")  # in the same page: no reload
        wait_for_step(page, before + 12)  # the run goes on from where the backup has it
        page.wait_for_selector("html[data-live=live]")
        seen, empty = page.evaluate("[window.frames_seen, window.empty_frames]")
        assert (seen > 0, empty) == (True, 0)
        assert page.evaluate("window.welcomes[0]") is False  # a fresh snapshot, of a new epoch
    assert refused == []
    assert "Traceback" not in stack.output()
