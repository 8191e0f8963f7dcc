"""The disk is full: what was accepted waits, and goes on when there is room again."""

from __future__ import annotations

import contextlib
import os
import time
from pathlib import Path

import httpx

from rehearsal.stage import CAPTION, IMAGE, TEXT, Broken, Stage

from .base import Act, NotPlayed

FULL = 8.0


def play(stage: Stage) -> str:
    folder = stage.stack.data_dir
    if not folder.is_mount():
        raise NotPlayed(stage.why_no_small_disk or "no small disk could be made here")
    runs = [stage.start(stage.network(f"Full {n}", *ring)) for n, ring in enumerate(RINGS)]
    stage.goes_on(*runs)
    fresh = stage.network("Pressed while full", TEXT)

    ballast = folder / "ballast"
    fill(ballast)
    time.sleep(FULL / 2)
    ready = httpx.get(f"{stage.stack.base_url}/readyz", timeout=20).status_code
    answer = stage.press(fresh, "a moth")
    time.sleep(FULL / 2)
    fill(ballast)
    ballast.unlink()

    accepted = [answer.json()["id"]] if answer.status_code == 201 else []
    seconds = stage.goes_on(*runs, *accepted, seconds=90)
    if ready != 503:
        raise Broken(f"/readyz said {ready} with a full disk")
    for run in [*runs, *accepted]:
        stage.stop(run)
    told = "accepted" if accepted else f"told {answer.status_code}"
    return f"{FULL:.0f} s full: a visitor was {told}; every run went on {seconds:.1f} s after"


RINGS = ((TEXT,), (IMAGE, CAPTION))


def fill(path: Path) -> None:
    """Write until there is no room for a single byte more."""
    with path.open("ab", buffering=0) as file, contextlib.suppress(OSError):
        for size in (1 << 20, 1 << 12, 1):
            with contextlib.suppress(OSError):
                while os.write(file.fileno(), bytes(size)):
                    continue


ACTS = (Act("disk", "The disk is full", (1, 5), 150, play),)
