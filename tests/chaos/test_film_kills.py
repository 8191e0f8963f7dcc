"""A film whose workers are killed again and again, and what of it is done twice."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress
from functools import partial
from pathlib import Path
from typing import Any

import av
import httpx
import numpy as np
import psutil
import pytest

from tests.operations.clips import click, moving_sprite, sound_of, write_clip
from tests.stack import Stack

KILLS = 5
PICTURES, RATE, CLICK_AT = 96, 12, 5.0


@pytest.fixture
def client(stack: Stack) -> Iterator[httpx.Client]:
    """An admin's, of a running stack."""
    token = stack.token(admin=True)
    stack.start()
    with stack.client(token) as one:
        yield one


@pytest.fixture
def clip(tmp_path: Path) -> Path:
    """Eight seconds of 240 by 180, with a click at the fifth."""
    pictures = moving_sprite(PICTURES, 240, 180)
    sound = click(PICTURES / RATE, CLICK_AT)
    return write_clip(tmp_path / "clip.mp4", pictures, rate=RATE, sound=sound)


def send(stack: Stack, client: httpx.Client, clip: Path) -> str:
    """The id of an upload that was found good."""
    data = clip.read_bytes()
    made = client.post("/api/v1/uploads", json={"bytes": len(data), "name": clip.name})
    url = made.raise_for_status().json()["url"]
    headers = {"Upload-Offset": "0", "Content-Type": "application/offset+octet-stream"}
    client.patch(
        url, content=data, headers={**headers, "Tus-Resumable": "1.0.0"}
    ).raise_for_status()

    def state() -> str:
        return str(client.get(url).json()["state"])

    stack.wait_until(lambda: state() == "ready", 120, "the clip was looked at")
    return str(made.json()["id"])


def test_killing_every_worker_costs_no_finished_chunk(
    stack: Stack, client: httpx.Client, clip: Path
) -> None:
    order = {
        "recipe": "upscale-interpolate",
        "upload": send(stack, client, clip),
        "options": {"scale": 2, "factor": 2},
    }
    film = client.post("/api/v1/films", json=order).raise_for_status().json()["id"]
    killed = 0
    finished: dict[str, int] = {}  # attempts of tasks that were completed before a kill

    for round_ in range(KILLS):
        done = len(finished)
        stack.wait_until(
            partial(moved_on, client, film, done), 120, f"work goes on after {round_} kills"
        )
        finished = {
            task["id"]: task["attempts"]
            for task in whole_film(client, film)["tasks"]
            if is_done(task)
        }
        killed += kill_workers(stack)
    stack.wait_until(
        lambda: whole_film(client, film)["state"] != "running", 300, "the film is finished"
    )

    end = whole_film(client, film)
    assert (end["state"], end["error"]) == ("completed", None)
    assert killed >= KILLS
    assert {
        task["id"]: task["attempts"] for task in end["tasks"] if task["id"] in finished
    } == finished
    assert not any(task["degraded"] for task in end["tasks"])
    _check_film(client, end, clip.with_name("film.mp4"))


def whole_film(client: httpx.Client, film: str) -> dict[str, Any]:
    answer: dict[str, Any] = client.get(f"/api/v1/films/{film}").raise_for_status().json()
    return answer


def moved_on(client: httpx.Client, film: str, done: int) -> bool:
    """More is done than before, and something is at work; or all of it is done."""
    now = whole_film(client, film)
    tasks = now["tasks"]
    more = sum(map(is_done, tasks)) > done
    return now["state"] == "completed" or (
        more and any(task["state"] == "running" for task in tasks)
    )


def is_done(task: dict[str, Any]) -> bool:
    return bool(task["state"] == "completed")


def kill_workers(stack: Stack) -> int:
    """SIGKILL to each process that makes films, to those of its operations, and to the queue's workers; how many."""
    found = [
        process
        for process in stack.everything()
        if {"make_films", "operations"} & set(process.cmdline())
    ]
    for process in found:
        with suppress(psutil.Error):
            process.kill()
    stack.kill("worker")
    return len(found)


def _check_film(client: httpx.Client, film: dict[str, Any], path: Path) -> None:
    """It decodes to its end; its length is right within a picture, its sound within 20 ms."""
    path.write_bytes(whole_file(client, film["output"]["url"], film["output"]["bytes"]))
    with av.open(str(path)) as media:
        frames: Any = media.decode(video=0)
        times = [frame.pts * frame.time_base for frame in frames]
        seconds = times[-1] - times[0] + 1 / (2 * RATE)
    assert len(times) == 2 * PICTURES
    assert abs(seconds - PICTURES / RATE) <= 1 / (2 * RATE)
    assert times[0] == 0
    sound = sound_of(path)
    assert abs(len(sound) / 48_000 - PICTURES / RATE) <= 0.05
    assert abs(int(np.argmax(np.abs(sound) > 0.2)) / 48_000 - CLICK_AT) <= 0.02


def whole_file(client: httpx.Client, url: str, size: int) -> bytes:
    found = b""
    while len(found) < size:
        answer = client.get(url, headers={"Range": f"bytes={len(found)}-"})
        found += answer.raise_for_status().content
    return found
