"""Boards of a whole stack: the workers send what runs show, also when they are killed meanwhile."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import groupby
from pathlib import Path
from typing import Any

import pytest

from tests.fake_servers.process import FakeServer, running_server
from tests.stack import Stack

PROMPT = "a red balloon"
STRIDE_2 = {"type": "vestaboard", "stride": 2, "vestaboard_name": "panic_1"}


@pytest.fixture
def maker(tmp_path: Path) -> Iterator[FakeServer]:
    with running_server("vestaboard", tmp_path / "journal.jsonl") as one:
        yield one


@pytest.fixture
def stack(tmp_path: Path, stack_template: Path, maker: FakeServer) -> Iterator[Stack]:
    one = Stack(tmp_path / "data", VESTABOARD_BASE_URL=maker.url)
    one.prepare(stack_template)
    yield one
    one.destroy()


def said(maker: FakeServer) -> list[str]:
    """Without repetitions: what was sent by a worker that died before it could say so is sent again."""
    return [text for text, _ in groupby(one["said"] for one in maker.entries("write"))]


def text_of_step(steps: list[dict[str, Any]], sequence: int) -> str:
    return str(steps[sequence]["output"]["text"])


def test_a_board_gets_the_prompt_and_its_texts_though_workers_are_killed(
    stack: Stack, maker: FakeServer
) -> None:
    token = stack.token(admin=True)
    stack.start()
    with stack.client(token) as api:
        network = {
            "name": "Whispers",
            "model_ids": ["dummy:text-to-text"],
            "lockout_seconds": 0,
            "pacing": [{"until_seconds": None, "delay_seconds": 0}],
            "budgets": {"laps_per_run": 2},
        }
        slug = api.post("/api/v1/networks", json=network).json()["slug"]
        api.post("/api/v1/boards", json={"name": "panic_1", "key": "key"}).raise_for_status()
        board = {**STRIDE_2, "name": "board", "offset": 1, "initial_prompt": True}
        installation = {"name": "Foyer", "network": slug, "displays": [board]}
        api.post("/api/v1/installations", json=installation).raise_for_status()

        run = api.post(f"/api/v1/networks/{slug}/runs", json={"prompt": PROMPT}).json()["id"]
        stack.kill("worker")

        stack.wait_until(lambda: said(maker) == [PROMPT.upper()], 90, "the board gets the prompt")
        where = f"/api/v1/runs/{run}"
        stack.wait_until(
            lambda: api.get(where).json()["state"] == "completed", 60, "the run goes on after it"
        )
        stack.kill("worker")
        steps = api.get(f"{where}/invocations").json()["items"]

    wanted = [PROMPT.upper(), text_of_step(steps, 1).upper()]
    stack.wait_until(lambda: said(maker) == wanted, 60, "the board gets its text, and no other")
