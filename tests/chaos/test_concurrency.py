"""Many calls at once, and the gates before a provider, with worker processes: its journal counts."""

from __future__ import annotations

import time
from collections import Counter
from typing import Any

import httpx
import pytest

from tests.chaos.test_worker_kills import completed, start_run, steps
from tests.fake_servers.process import FakeServer
from tests.stack import Stack

CALLS = 200
MAX_ADDED_BYTES = 25_000_000  # by all these calls, to a stack that has made its first one
PLACES = 3

START_MANY = f"""
from accounts.models import User
from django.utils import timezone
from invocations import runs
from networks.models import Network

owner = User.objects.get(email="ada@example.org")
slots = [{{"model": "replicate:llama-3-8b"}}]
for number in range({CALLS}):
    network = Network.create(owner, name=f"One of many {{number}}", slots=slots)
    network.budgets = {{"laps_per_run": 1}}
    network.save(update_fields=["budgets"])
    runs.start_run(network=network, prompt="a moth", at=timezone.now(), waive_lockout=True)
"""


@pytest.fixture
def one_worker(stack: Stack) -> None:
    stack.workers = 1


@pytest.fixture
def three_places(stack: Stack) -> None:
    stack.environment["PLATFORM_LIMITS"] = f"replicate:{PLACES}"


def most_at_once(provider: FakeServer, seconds: float) -> int:
    """How many of the provider's jobs, each of so many seconds, overlapped."""
    begun: list[int] = sorted(entry["at"] for entry in provider.entries("charge"))
    return max(sum(at <= other < at + seconds * 1000 for other in begun) for at in begun)


def first_refusal(provider: FakeServer) -> dict[str, Any] | None:
    return next((entry for entry in provider.entries("create") if entry["error"]), None)


def test_one_worker_process_holds_two_hundred_calls(
    one_worker: None, stack: Stack, provider: FakeServer, client: httpx.Client
) -> None:
    first = start_run(client, name="The first one")  # imports the client of Replicate: 30 MB
    stack.wait_until(lambda: completed(client, first) >= 2, 60, "the worker has made calls")
    client.post(f"/api/v1/runs/{first}/stop").raise_for_status()
    provider.control(default={"seconds": 3_600})
    before, made = stack.memory(), len(provider.entries("charge"))

    stack.manage("shell", "-c", START_MANY)
    stack.wait_until(lambda: len(provider.entries("charge")) == made + CALLS, 120, "all have begun")
    added = stack.memory() - before
    provider.control(default={"seconds": 0}, finish=True)  # until now none of them has ended

    def all_over() -> bool:
        found = client.get("/api/v1/runs", params={"limit": 500}).json()["items"]
        ended = [run["state"] for run in found if run["id"] != first]
        return ended == ["completed"] * CALLS

    stack.wait_until(all_over, 120, "every run ends after its one lap")
    assert set(Counter(entry["key"] for entry in provider.entries("charge")).values()) == {1}
    assert added < MAX_ADDED_BYTES


def test_a_limit_holds_across_worker_processes_and_its_places_are_shared_fairly(
    three_places: None, stack: Stack, provider: FakeServer, client: httpx.Client
) -> None:
    runs = [start_run(client, name=f"Rival {number}") for number in range(7)]

    stack.wait_until(lambda: completed(client, runs[0]) >= 6, 60, "everybody had a turn")
    client.post("/api/v1/stop-all").raise_for_status()  # or they go on while they are counted
    counts = [completed(client, run) for run in runs]

    assert 1 < most_at_once(provider, 0.5) <= PLACES
    assert max(counts) - min(counts) <= 2


def test_a_wish_to_wait_is_honoured_by_every_worker_process(
    stack: Stack, provider: FakeServer, client: httpx.Client
) -> None:
    runs = [start_run(client, name=f"Patient {number}") for number in range(4)]
    stack.wait_until(lambda: len(provider.entries("charge")) > 8, 60, "all are under way")

    provider.control(next=[{"error": "429", "retry_after": 20}])
    refusal = stack.wait_until(lambda: first_refusal(provider), 60, "one is told to slow down")
    done = [completed(client, run) for run in runs]
    stack.wait_until(
        lambda: all(
            completed(client, run) > before + 1 for run, before in zip(runs, done, strict=True)
        ),
        60,
        "all go on",
    )

    asked = [entry["at"] - refusal["at"] for entry in provider.entries("create")]
    # What was claimed before the refusal was on record is not called back.
    assert not [after for after in asked if 10_000 < after < 20_000]


def test_a_provider_that_is_down_is_left_alone_by_every_worker_process(
    stack: Stack, provider: FakeServer, client: httpx.Client
) -> None:
    provider.control(default={"error": "500"})
    runs = [start_run(client, name=f"Unlucky {number}") for number in range(4)]

    def rested() -> bool:
        params = {"topic": "mission-control"}
        events = client.get("/api/v1/events", params=params).json()["items"]
        return any(event["event"] == "platform.rested" for event in events)

    stack.wait_until(rested, 90, "the breaker opens")
    stack.wait_until(
        lambda: all(steps(client, run)[-1]["state"] == "ready" for run in runs), 60, "all wait"
    )
    asked = len(provider.entries("create"))
    time.sleep(3)

    assert len(provider.entries("create")) == asked
    assert {steps(client, run)[-1]["state"] for run in runs} == {"ready"}
