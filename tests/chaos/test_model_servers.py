"""The operator's own model servers with real workers: a ComfyUI whose askers are killed, a board nobody waits for."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from tests.chaos.test_worker_kills import completed, kill_all_workers, start_run, steps
from tests.fake_servers.process import FakeServer, running_server
from tests.platforms.flows import exported
from tests.stack import Stack


@pytest.fixture
def rack(tmp_path: Path) -> Iterator[FakeServer]:
    with running_server("comfyui", tmp_path / "comfyui.jsonl") as one:
        yield one


@pytest.fixture
def maker(tmp_path: Path) -> Iterator[FakeServer]:
    with running_server("vestaboard", tmp_path / "vestaboard.jsonl") as one:
        yield one


@pytest.fixture
def client(stack: Stack, maker: FakeServer) -> Iterator[httpx.Client]:
    stack.environment |= {"VESTABOARD_BASE_URL": maker.url}
    token = stack.token(admin=True)
    stack.start()
    with stack.client(token) as one:
        yield one


def upload(client: httpx.Client, rack: FakeServer) -> str:
    """A server and a workflow on it, in both of its directions; the first one's model."""
    server = client.post(
        "/api/v1/servers", json={"kind": "comfyui", "name": "Rack", "address": rack.url}
    ).raise_for_status()
    made = client.post(
        "/api/v1/workflows",
        json={"name": "Engraving", "workflow": exported(), "server": server.json()["id"]},
    ).raise_for_status()
    return str(made.json()["model"])


def test_a_prompt_outlives_the_workers_that_asked_for_it(
    stack: Stack, rack: FakeServer, client: httpx.Client
) -> None:
    rack.control(default={"seconds": 3_600})
    engraving = upload(client, rack)
    network = client.post(
        "/api/v1/networks",
        json={
            "name": "Killed",
            "model_ids": [engraving, "dummy:image-to-text"],
            "pacing": [{"until_seconds": None, "delay_seconds": 0}],
            "budgets": {"laps_per_run": 2},
        },
    ).raise_for_status()
    started = client.post(f"/api/v1/networks/{network.json()['slug']}/runs", json={"prompt": "x"})
    run = str(started.raise_for_status().json()["id"])

    for lap in (1, 2):
        stack.wait_until(lambda: len(rack.entries("charge")) == lap, 60, "a prompt is queued")  # noqa: B023
        kill_all_workers(stack)
        rack.control(finish=True)
        stack.wait_until(lambda: completed(client, run) >= 2 * lap, 60, "the run goes on")  # noqa: B023

    found = steps(client, run)
    charges = Counter(entry["client"] for entry in rack.entries("charge"))
    assert [step["state"] for step in found] == ["completed"] * 4
    assert [step["attempts"] for step in found[::2]] == [2, 2]
    assert sorted(charges.values()) == [1, 1]
    assert len(rack.entries("view")) == 2


def test_no_run_waits_for_a_board_that_does_not_answer(
    stack: Stack, maker: FakeServer, client: httpx.Client
) -> None:
    maker.control(default={"error": "hang"})
    for number in range(8):  # more than there are workers
        board = client.post("/api/v1/boards", json={"name": f"panic_{number}", "key": f"k{number}"})
        where = f"/api/v1/boards/{board.raise_for_status().json()['id']}/messages"
        client.post(where, json={"text": "a moth"}).raise_for_status()
    stack.wait_until(lambda: len(maker.entries("write")) == 8, 60, "all boards are asked")

    run = start_run(client, "Beside", "dummy:text-to-text")
    # Less than a board is given to answer; that is enough for many more steps, but on a busy machine.
    stack.wait_until(lambda: completed(client, run) > 2, 14, "steps follow each other")

    client.post(f"/api/v1/runs/{run}/stop").raise_for_status()


def test_a_text_reaches_its_board_after_the_worker_that_sent_it_was_killed(
    stack: Stack, maker: FakeServer, client: httpx.Client
) -> None:
    maker.control(next=[{"error": "hang"}])
    board = client.post("/api/v1/boards", json={"name": "panic_1", "key": "k"}).raise_for_status()
    where = f"/api/v1/boards/{board.json()['id']}"
    client.post(f"{where}/messages", json={"text": "a moth"}).raise_for_status()
    stack.wait_until(lambda: maker.entries("write"), 60, "the board is asked")

    kill_all_workers(stack)

    stack.wait_until(lambda: client.get(where).json()["shown"] == "a moth", 180, "it is shown")
    assert len(maker.entries("write")) == 2
