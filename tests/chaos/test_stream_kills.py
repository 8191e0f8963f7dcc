"""A live channel in a real browser, while the processes behind it are killed one after the other.

`PANIC_TEST_STREAM_SECONDS` has it play for longer than the minute and a half of every change.
"""

from __future__ import annotations

import logging
import os
import time
from contextlib import suppress
from functools import partial
from itertools import cycle
from pathlib import Path
from typing import Any

import httpx
from playwright.sync_api import Browser, Page

from tests.stack import Stack

logger = logging.getLogger(__name__)
SECONDS = float(os.environ.get("PANIC_TEST_STREAM_SECONDS", "90"))
KILL_EVERY = 12.0  # seconds
MAX_STALL_SECONDS = 6.0
MAX_SEGMENTS, MAX_BYTES = 12, 80_000_000
RING = ["dummy:text-to-image", "dummy:image-to-text", "dummy:text-to-audio", "dummy:audio-to-text"]
VICTIMS = ("encoder", "worker", "web", "streams")
WATCH = """() => {
  const video = document.querySelector("video");
  const seen = (window.seen = { longest: 0, errors: [], begun: performance.now(), at: 0 });
  let latest = performance.now();
  video.addEventListener("error", () => seen.errors.push(video.error?.message ?? "error"));
  setInterval(() => {
    const now = performance.now();
    if (video.currentTime !== seen.at) latest = now;
    seen.at = video.currentTime;
    seen.longest = Math.max(seen.longest, now - latest);
  }, 100);
}"""
READ = """() => ({ ...seen, played: (performance.now() - seen.begun) / 1000,
  corrupted: document.querySelector("video").getVideoPlaybackQuality().corruptedVideoFrames })"""


def test_a_stream_plays_on_while_worker_encoder_host_and_web_process_are_killed(
    stack: Stack, browser: Browser
) -> None:
    stack.start()
    with stack.client(stack.token(admin=True)) as client:
        slug = _network_on_air(client)
        page = browser.new_page()
        page.goto(f"{stack.base_url}/n/{slug}/live/")
        page.wait_for_function("() => document.querySelector('video').currentTime > 1")
        page.evaluate(WATCH)
        killed = 0

        until = time.monotonic() + SECONDS
        for victim in cycle(VICTIMS):
            if time.monotonic() > until:
                break
            stack.wait_until(
                partial(stack.processes, victim), 30, f"there is {victim} to be killed"
            )
            before = {process.pid for process in stack.processes(victim)}
            stack.kill(victim)
            killed += 1
            _play_for(page, KILL_EVERY)
            stack.wait_until(
                partial(_others, stack, victim, before),
                30,
                f"another {victim} is there",
            )
            _check_bounds(stack)

        found: dict[str, Any] = page.evaluate(READ)
        status = client.get(f"/api/v1/networks/{slug}/stream").json()
    logger.info("%d kills, %s, %s", killed, found, status)
    assert found["longest"] / 1000 <= MAX_STALL_SECONDS, found
    assert (found["errors"], found["corrupted"]) == ([], 0), found
    assert status["state"] == "live", status
    assert status["viewers"] >= 1, (
        status
    )  # what a killed web process counted is forgotten a little later
    assert status["restarts"] >= 1, status


def _others(stack: Stack, role: str, before: set[int]) -> set[int]:
    return {process.pid for process in stack.processes(role)} - before


def _network_on_air(client: httpx.Client) -> str:
    made = client.post(
        "/api/v1/networks",
        json={
            "name": "On air",
            "public": True,
            "model_ids": RING,
            "pacing": [{"until_seconds": None, "delay_seconds": 3}],
        },
    ).json()
    slug = str(made["slug"])
    client.post(f"/api/v1/networks/{slug}/runs", json={"prompt": "a horse in the snow"})
    assert client.post(f"/api/v1/networks/{slug}/stream/start").status_code == 200
    return slug


def _play_for(page: Page, seconds: float) -> None:
    page.wait_for_timeout(seconds * 1000)


def _check_bounds(stack: Stack) -> None:
    (folder,) = (stack.data_dir / "streams").iterdir()
    sizes: dict[Path, int] = {}
    for path in Path(folder).rglob("*"):
        with suppress(FileNotFoundError):  # segments go at any moment
            sizes[path] = path.stat().st_size if path.is_file() else 0
    assert len([path for path in sizes if path.suffix == ".ts"]) <= MAX_SEGMENTS
    assert sum(sizes.values()) <= MAX_BYTES
    assert (folder / "index.m3u8").read_text().count("#EXTINF") <= 6
