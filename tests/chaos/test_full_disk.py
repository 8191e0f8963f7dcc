"""A disk that really fills up: nothing begins below the floor, nothing breaks, and all goes on by itself."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from rehearsal.small_disk import small_disk
from tests.stack import Stack

MEGA = 10**6
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


def make_network(client: httpx.Client, name: str) -> str:
    body = {
        "name": name,
        "slots": [{"model": "dummy:text-to-image"}, {"model": "dummy:image-to-text"}],
        "pacing": [{"until_seconds": None, "delay_seconds": 0}],
        "lockout_seconds": 0,
    }
    return str(client.post("/api/v1/networks", json=body).raise_for_status().json()["slug"])


def start_run(client: httpx.Client, slug: str) -> str:
    answer = client.post(f"/api/v1/networks/{slug}/runs", json={"prompt": "a moth"})
    return str(answer.raise_for_status().json()["id"])


def steps(client: httpx.Client, run: str) -> int:
    return int(client.get(f"/api/v1/runs/{run}").json()["invocations"])


def waits_for_room(client: httpx.Client, run: str) -> bool:
    path = f"/api/v1/runs/{run}/invocations"
    newest = client.get(path, params={"after": steps(client, run) - 2}).json()["items"][-1]
    why = client.get(f"/api/v1/invocations/{newest['id']}/why-waiting").json()
    return bool(why["code"] == "storage")
