"""A ring of the farm's models: its workers are killed, and so is the server, and no step is lost or done
twice."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.chaos.test_worker_kills import completed, start_run, steps
from tests.farm_machine import FarmMachine
from tests.stack import Stack

WORKERS, KILLS, PATIENCE = 3, 6, 120.0
MODEL, LINES = "farm:echo-text", 3


@pytest.fixture
def machines(stack: Stack, client: httpx.Client, tmp_path: Path) -> Iterator[list[FarmMachine]]:
    found = [FarmMachine(tmp_path / f"machine-{number}") for number in range(WORKERS)]
    for one in found:
        token = client.post("/api/v1/workers/tokens").raise_for_status().json()["token"]
        one.enrol(stack.base_url, token)
        one.start("--echo")
    stack.wait_until(lambda: offered(client), PATIENCE, "the farm offers its models")
    yield found
    for one in found:
        one.kill()


def offered(client: httpx.Client) -> bool:
    answer = client.get(f"/api/v1/models/{MODEL}")
    return answer.status_code == 200 and answer.json()["available"]


def wait_for_more(stack: Stack, client: httpx.Client, run: str, count: int) -> None:
    done = completed(client, run)
    stack.wait_until(lambda: completed(client, run) >= done + count, PATIENCE, "the run goes on")


def attempts(stack: Stack) -> list[dict[str, Any]]:
    """Every attempt with its log."""
    code = (
        "import json\nfrom farm.models import Assignment\n"
        "rows = [{'step': one.attempt.invocation_id, 'outcome': one.attempt.outcome,"
        " 'worker': one.attempt.worker, 'log': one.log, 'handed_in': bool(one.finished_at)}"
        " for one in Assignment.objects.select_related('attempt')]\n"
        "print(json.dumps(rows))"
    )

    found: list[dict[str, Any]] = json.loads(stack.manage("shell", "-v", "0", "-c", code))
    return found


def test_a_ring_of_the_farm_outlives_its_workers_and_its_server(
    stack: Stack, client: httpx.Client, machines: list[FarmMachine]
) -> None:
    run = start_run(client, "Far", MODEL, lines=LINES)

    for number in range(KILLS):
        wait_for_more(stack, client, run, 5)
        machine = machines[number % WORKERS]
        machine.kill()
        machine.start("--echo")
        if number in (1, 4):
            stack.kill("web")
            stack.wait_until(lambda: is_up(client), PATIENCE, "the web server is back")
    wait_for_more(stack, client, run, 5)

    client.post(f"/api/v1/runs/{run}/stop").raise_for_status()
    found = steps(client, run)
    assert [step["sequence"] for step in found] == list(range(len(found)))
    assert {step["state"] for step in found[:-1]} == {"completed"}
    assert {step["output"]["text"] for step in found[:-1]} == {"a moth"}
    tried = attempts(stack)
    done = Counter(one["step"] for one in tried if one["outcome"] == "completed")
    assert set(done.values()) == {1}
    assert all(one["worker"].startswith("farm:") for one in tried)
    assert not [one for one in tried if one["outcome"] == "lost" and one["handed_in"]]
    logs = [one["log"].splitlines() for one in tried if one["outcome"] == "completed"]
    whole = [f"line {number}" for number in range(LINES)]
    assert [log for log in logs if log[-LINES:] != whole] == []


def is_up(client: httpx.Client) -> bool:
    try:
        return client.get("/healthz").status_code == 200
    except httpx.TransportError:
        return False
