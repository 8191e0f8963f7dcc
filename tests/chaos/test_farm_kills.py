"""A ring of the farm's models: its workers are killed, and so is the server, and no step is lost or done
twice."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.chaos.test_worker_kills import completed, start_run, steps
from tests.stack import Stack

WORKER = Path(__file__).resolve().parents[2] / "worker"
WORKERS, KILLS, PATIENCE = 3, 6, 120.0
MODEL = "farm:echo-text"


class Machine:
    """A `panic-worker` of its own folder."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.environment = {**os.environ, "PYTHONPATH": str(WORKER)}
        self.process: subprocess.Popen[bytes] | None = None

    def enrol(self, server: str, token: str) -> None:
        command = self._command("enrol", server, token, "--name", self.folder.name)
        subprocess.run(command, env=self.environment, check=True, timeout=PATIENCE)
        (self.folder / "config.toml").write_text("min_free_bytes = 0\n")

    def start(self) -> None:
        with (self.folder / "log").open("ab") as log:
            command = self._command("run", "--echo")
            self.process = subprocess.Popen(command, env=self.environment, stderr=log)

    def kill(self) -> None:
        if self.process is not None:
            self.process.kill()
            self.process.wait()

    def _command(self, *arguments: str) -> list[str]:
        name, *more = arguments
        data = ["--data", str(self.folder)]
        return [sys.executable, "-m", "panic_worker", name, *more, *data]


@pytest.fixture
def machines(stack: Stack, client: httpx.Client, tmp_path: Path) -> Iterator[list[Machine]]:
    found = [Machine(tmp_path / f"machine-{number}") for number in range(WORKERS)]
    for one in found:
        token = client.post("/api/v1/workers/tokens").raise_for_status().json()["token"]
        one.enrol(stack.base_url, token)
        one.start()
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
    """The outcome of every attempt, by its step."""
    code = (
        "import json\nfrom invocations.models import Attempt\n"
        "rows = Attempt.objects.values('invocation_id', 'outcome', 'worker')\n"
        "print(json.dumps(list(rows)))"
    )

    found: list[dict[str, Any]] = json.loads(stack.manage("shell", "-v", "0", "-c", code))
    return found


def test_a_ring_of_the_farm_outlives_its_workers_and_its_server(
    stack: Stack, client: httpx.Client, machines: list[Machine]
) -> None:
    run = start_run(client, "Far", MODEL)

    for number in range(KILLS):
        wait_for_more(stack, client, run, 5)
        machine = machines[number % WORKERS]
        machine.kill()
        machine.start()
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
    done = Counter(one["invocation_id"] for one in tried if one["outcome"] == "completed")
    assert set(done.values()) == {1}
    assert all(one["worker"].startswith("farm:") for one in tried)


def is_up(client: httpx.Client) -> bool:
    try:
        return client.get("/healthz").status_code == 200
    except httpx.TransportError:
        return False
