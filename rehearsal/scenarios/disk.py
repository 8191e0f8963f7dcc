"""The disk is full: prompts are refused in words, accepted runs wait, and go on when there is space again. Where
there is another machine, it goes on with them."""

from __future__ import annotations

import contextlib
import os
import time
from pathlib import Path

import httpx

from rehearsal.stack import CAPTION, IMAGE, TEXT, Broken, RehearsalStack

from .base import Scenario, Skipped

FULL_SECONDS = 8.0


def fill_disk(stack: RehearsalStack) -> str:
    folder = stack.data_dir
    if not folder.is_mount():
        raise Skipped(stack.why_no_small_disk or "no small disk could be made here")
    runs = [
        stack.start_run(stack.create_network(f"Full {n}", *slots)) for n, slots in enumerate(SLOTS)
    ]
    stack.await_progress(*runs)
    fresh = stack.create_network("Prompted while full", TEXT)

    ballast = folder / "ballast"
    fill(ballast)
    time.sleep(FULL_SECONDS / 2)
    ready = httpx.get(f"{stack.base_url}/readyz", timeout=20).status_code
    answer = stack.submit_prompt(fresh, "a moth")
    time.sleep(FULL_SECONDS / 2)
    fill(ballast)
    ballast.unlink()

    accepted = [answer.json()["id"]] if answer.status_code == 201 else []
    seconds = stack.await_progress(*runs, *accepted, seconds=90)
    if ready != 503:
        raise Broken(f"/readyz said {ready} with a full disk")
    if not accepted and answer.json().get("code") != "storage_full":
        raise Broken(f"a prompt was answered {answer.status_code}: {answer.text[:200]}")
    for run in [*runs, *accepted]:
        stack.stop_run(run)
    outcome = "accepted" if accepted else f"answered {answer.status_code}"
    return f"{FULL_SECONDS:.0f} s full: a prompt was {outcome}; every run went on {seconds:.1f} s after"


SLOTS = ((TEXT,), (IMAGE, CAPTION))


def fill(path: Path) -> None:
    """Write until not one more byte fits."""
    with path.open("ab", buffering=0) as file, contextlib.suppress(OSError):
        for size in (1 << 20, 1 << 12, 1):
            with contextlib.suppress(OSError):
                while os.write(file.fileno(), bytes(size)):
                    continue


SCENARIOS = (Scenario("disk", "The disk is full", (1, 5), 150, fill_disk),)
