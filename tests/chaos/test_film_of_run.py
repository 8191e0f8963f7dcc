"""The film of a long run, made beside a ring that lives, while its workers are killed."""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction
from functools import partial
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import av
import httpx
import numpy as np
import pytest

from films.run_plans import scenes_of_run, timed
from tests.chaos.test_film_kills import is_done, kill_workers, moved_on, whole_file, whole_film
from tests.operations.clips import SOUND_RATE, sound_of
from tests.stack import Stack

STEPS, KILLS, RATE = 60, 5, 15
RING = ["dummy:text-to-image", "dummy:image-to-text", "dummy:text-to-audio", "dummy:audio-to-text"]
LIVE = ["dummy:text-to-text"]
OPTIONS = {
    "width": 160,
    "height": 90,
    "rate": RATE,
    "seconds": 1,
    "fade": 0.4,
    "captions": False,
    "last": STEPS - 1,
}
SLACK = 0.02  # seconds


@pytest.fixture
def client(stack: Stack) -> Iterator[httpx.Client]:
    token = stack.token(admin=True)
    stack.start()
    with stack.client(token) as one:
        yield one


def begin(client: httpx.Client, name: str, ring: list[str], delay: float) -> str:
    """The id of a run on a network of this ring."""
    body = {
        "name": name,
        "model_ids": ring,
        "pacing": [{"until_seconds": None, "delay_seconds": delay}],
    }
    slug = client.post("/api/v1/networks", json=body).raise_for_status().json()["slug"]
    run = client.post(f"/api/v1/networks/{slug}/runs", json={"prompt": "a horse in the snow"})
    return str(run.raise_for_status().json()["id"])


def count(client: httpx.Client, run: str) -> int:
    return int(client.get(f"/api/v1/runs/{run}").raise_for_status().json()["invocations"])


def test_film_of_a_long_run_beside_a_ring_loses_nothing_to_kills(
    stack: Stack, client: httpx.Client, tmp_path: Path
) -> None:
    run = begin(client, "Long", RING, 0)
    stack.wait_until(lambda: count(client, run) > STEPS, 300, "the run has its steps")
    client.post(f"/api/v1/runs/{run}/stop").raise_for_status()
    live = begin(client, "Beside it", LIVE, 1)

    order = {"recipe": "film-of-run", "run": run, "options": OPTIONS}
    film = client.post("/api/v1/films", json=order).raise_for_status().json()["id"]
    finished: dict[str, int] = {}  # attempts of tasks that were completed before a kill
    killed, before = 0, count(client, live)
    for round_ in range(KILLS):
        done = len(finished)
        stack.wait_until(
            partial(moved_on, client, film, done), 240, f"work goes on after {round_} kills"
        )
        tasks = whole_film(client, film)["tasks"]
        finished = {task["id"]: task["attempts"] for task in tasks if is_done(task)}
        killed += kill_workers(stack)
    stack.wait_until(
        lambda: whole_film(client, film)["state"] != "running", 600, "the film is finished"
    )

    end = whole_film(client, film)
    assert (end["state"], end["error"]) == ("completed", None)
    assert killed >= KILLS
    assert count(client, live) > before  # the ring goes on
    assert {one["id"]: one["attempts"] for one in end["tasks"] if one["id"] in finished} == finished
    assert not any(task["degraded"] for task in end["tasks"])
    path = tmp_path / "film.mp4"
    path.write_bytes(whole_file(client, end["output"]["url"], end["output"]["bytes"]))
    check_pictures_and_sounds(path, steps_of(client, run), client)


def steps_of(client: httpx.Client, run: str) -> list[dict[str, Any]]:
    path, found = f"/api/v1/runs/{run}/invocations", list[dict[str, Any]]()
    while len(found) < STEPS:
        answer = client.get(path, params={"after": len(found) - 1, "limit": 50})
        found += answer.raise_for_status().json()["items"]
    return found[:STEPS]


def check_pictures_and_sounds(
    path: Path, steps: list[dict[str, Any]], client: httpx.Client
) -> None:
    """It decodes to its end; it is as long as its scenes, and its sounds begin with theirs."""
    scenes = timed(scenes_of_run("a horse in the snow", map(_as_row, steps)), 1, Fraction(RATE))  # type: ignore[arg-type]
    frames = scenes[-1].first + scenes[-1].frames
    with av.open(str(path)) as media:
        times = [frame.pts * frame.time_base for frame in media.decode(video=0)]  # type: ignore[operator]
    assert abs(len(times) - frames) <= 1
    assert times[0] == 0
    assert abs(float(times[-1]) + 1 / RATE - frames / RATE) <= 1 / RATE
    heard = np.abs(sound_of(path))
    checked = 0
    for scene in scenes:
        for url, _ in scene.scene.sounds[:1]:
            own = path.with_name("sound.media")
            own.write_bytes(client.get(url).raise_for_status().content)
            begin = round(scene.first * SOUND_RATE / RATE)
            before = heard[max(0, begin - SOUND_RATE // 10) : begin]
            if before.size and before.max() > 0.01:
                continue  # the sound before it is still heard
            assert abs(_onset(heard[begin:]) - _onset(np.abs(sound_of(own)))) <= SLACK
            checked += 1
    assert checked >= 5


def _onset(sound: Any) -> float:
    """Seconds until it is heard: a tenth of its loudest moment in the first half a second."""
    part = sound[: SOUND_RATE // 2]
    return float(np.argmax(part > part.max() / 10)) / SOUND_RATE


def _as_row(step: dict[str, Any]) -> SimpleNamespace:
    """As the plan of a film sees it; media are named by their addresses here."""
    asset = step["output"].get("asset")
    if asset is None:
        return SimpleNamespace(output_asset=None, output_text=step["output"]["text"])
    kind = asset["type"].partition("/")[0]
    found = SimpleNamespace(kind=kind, sha256=asset["url"], seconds=asset["seconds"])
    return SimpleNamespace(output_asset=found, output_text="")
