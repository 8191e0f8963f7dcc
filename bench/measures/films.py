"""B12: the recipe `interpolate` on two seconds of 480p, against FFmpeg's filter alone; and two workers
against one."""

from __future__ import annotations

import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import httpx

from bench.engines import Engine
from bench.environment import Context, PreparedStack, print_progress
from bench.rows import Row, judge_ratio, ratio_bar
from bench.statistics import interleaved
from tests.chaos.test_film_kills import send
from tests.operations.clips import moving_sprite, write_clip
from tests.stack import ROOT

WIDTH, HEIGHT, RATE, SECONDS = 854, 480, 24, 2
ROUNDS = 5
MAX_RECIPE, MAX_TWO = 2.0, 1 / 1.6
PATIENCE = 600.0
BARS = {
    "B12.recipe": ratio_bar(MAX_RECIPE, "s"),
    "B12.workers": ratio_bar(MAX_TWO, "s"),
}
# The pictures of a clip through the filter as `operations/motion.py` sets it, nothing encoded.
FILTER = """
import sys
from fractions import Fraction
from pathlib import Path
from operations.inspection import inspect_clip
from operations.motion import motion_between
from operations.steady import steady_frames

path = Path(sys.argv[1])
timing = inspect_clip(path).timing
instants = [Fraction(number, 2) for number in range(2 * timing.count - 1)]
print(sum(1 for _ in motion_between(steady_frames(path, timing), instants)))
"""


class FilmSides:
    """A film by one process or by two, and the filter in a process; in seconds by the clock."""

    def __init__(self, prepared: PreparedStack, client: httpx.Client, clip: Path) -> None:
        self._prepared, self._client, self._clip = prepared, client, clip
        self._upload = send(prepared.stack, client, clip)

    def by_filter(self) -> float:
        began = time.monotonic()
        command = [sys.executable, "-c", FILTER, str(self._clip)]
        subprocess.run(command, cwd=ROOT, check=True, capture_output=True)
        return time.monotonic() - began

    def by_one(self) -> float:
        return self._film()

    def by_two(self) -> float:
        second = self._prepared.start(
            *("manage.py", "make_films", "--place", "1", "--quiet-seconds", "3600")
        )
        log = self._prepared.log
        before = log().count("place 1 is at work")
        try:
            self._prepared.stack.wait_until(
                lambda: log().count("place 1 is at work") > before, 60, "the second is there"
            )
            return self._film()
        finally:
            second.kill()
            second.wait()

    def _film(self) -> float:
        began = time.monotonic()
        order = {"recipe": "interpolate", "upload": self._upload, "options": {"factor": 2}}
        made = self._client.post("/api/v1/films", json=order).raise_for_status().json()
        film: dict[str, Any] = made
        while film["state"] in ("queued", "running"):
            time.sleep(0.05)
            film = self._client.get(f"/api/v1/films/{made['id']}").raise_for_status().json()
        assert film["state"] == "completed", film["error"]
        return time.monotonic() - began


def measure(context: Context, engine: Engine) -> list[Row]:
    prepared = context.prepare_stack(engine)
    stack = prepared.stack
    stack.environment["FILM_PROCESSES"] = "1"
    token = stack.token(admin=True)
    stack.start()
    prepared.start("manage.py", "make_films", "--place", "0", "--quiet-seconds", "3600")
    client = context.closing.enter_context(stack.client(token))
    clip = stack.data_dir / "clip.mp4"
    write_clip(clip, moving_sprite(RATE * SECONDS, WIDTH, HEIGHT), rate=RATE)
    sides = FilmSides(prepared, client, clip)
    sides.by_one()  # whatever is loaded once
    found = interleaved(
        ROUNDS,
        {"filter": sides.by_filter, "one": sides.by_one, "two": sides.by_two},
        print_progress=print_progress,
    )
    note = (
        f"{SECONDS} s of {WIDTH}x{HEIGHT} at {RATE} pictures a second, from the order to the film; "
    )
    return [
        judge_ratio(
            "B12.recipe",
            ours=found["one"],
            theirs=found["filter"],
            unit="s",
            maximum=MAX_RECIPE,
            note=note
            + "one worker; baseline: the pictures decoded and through the filter, in a process",
        ),
        judge_ratio(
            "B12.workers",
            ours=found["two"],
            theirs=found["one"],
            unit="s",
            maximum=MAX_TWO,
            note=note + "two workers; baseline: one",
        ),
    ]
