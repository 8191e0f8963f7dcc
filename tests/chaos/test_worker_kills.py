"""Promises 1, 2 and 5: kill what works, in the middle of a call, and count what the provider billed."""

from __future__ import annotations

import itertools
import os
import time
from collections import Counter
from typing import Any

import httpx
import psutil

from tests.fake_servers.process import FakeServer
from tests.stack import Stack

KILLS = int(os.environ.get("PANIC_TEST_KILLS", "20"))
MODEL = "replicate:llama-3-8b"


def start_run(
    client: httpx.Client, name: str = "Killed", model: str = MODEL, **parameters: object
) -> str:
    """A run of a one-model ring that never waits; its id."""
    network = client.post(
        "/api/v1/networks",
        json={
            "name": name,
            "slots": [{"model": model, "parameters": parameters}],
            "lockout_seconds": 0,
            "pacing": [{"until_seconds": None, "delay_seconds": 0}],
        },
    )
    assert network.status_code == 201, network.text
    run = client.post(f"/api/v1/networks/{network.json()['slug']}/runs", json={"prompt": "a moth"})
    assert run.status_code == 201, run.text
    return str(run.json()["id"])


def steps(client: httpx.Client, run: str) -> list[dict[str, Any]]:
    """Every step of a run, oldest first."""
    found: list[dict[str, Any]] = []
    while True:
        after = {"after": found[-1]["sequence"]} if found else {}
        page = client.get(f"/api/v1/runs/{run}/invocations", params={"limit": 500, **after})
        items = page.raise_for_status().json()["items"]
        found += items
        if len(items) < 500:
            return found


def completed(client: httpx.Client, run: str) -> int:
    return sum(step["state"] == "completed" for step in steps(client, run))


def kill_all_workers(stack: Stack) -> None:
    """SIGKILL to every process of the queue at once, its head included."""
    for process in [*stack.processes("queue"), *stack.processes("worker")]:
        try:
            process.kill()
        except psutil.NoSuchProcess:  # its parent took it along
            continue


def assert_whole(client: httpx.Client, run: str, provider: FakeServer) -> None:
    """No gap, no repeat, and one charge for each idempotency key."""
    found = steps(client, run)
    assert [step["sequence"] for step in found] == list(range(len(found)))
    assert {step["state"] for step in found[:-1]} == {"completed"}
    for before, after in itertools.pairwise(found):
        assert after["input"] == before["output"]
    charges = Counter(entry["key"] for entry in provider.entries("charge"))
    assert set(charges.values()) == {1}
    assert len(charges) <= len(found)


def test_a_run_outlives_its_workers(
    stack: Stack, provider: FakeServer, client: httpx.Client
) -> None:
    run = start_run(client)
    recoveries = []

    for _ in range(KILLS):
        seen = len(provider.entries("create"))
        stack.wait_until(lambda: len(provider.entries("create")) > seen, 60, "a call is under way")  # noqa: B023
        done = completed(client, run)
        killed_at = time.monotonic()
        kill_all_workers(stack)
        stack.wait_until(lambda: completed(client, run) > done, 60, "the run goes on")  # noqa: B023
        recoveries.append(time.monotonic() - killed_at)

    client.post(f"/api/v1/runs/{run}/stop").raise_for_status()
    assert_whole(client, run, provider)
    print(f"{KILLS} kills; longest recovery {max(recoveries):.1f} s")  # noqa: T201


def test_a_run_whose_steps_follow_at_once_outlives_its_workers(
    stack: Stack, client: httpx.Client
) -> None:
    """Models without a gate: each step is claimed in the commit of the one before."""
    run = start_run(client, "Following", "dummy:text-to-text")

    for _ in range(5):
        seen = completed(client, run)
        stack.wait_until(lambda: completed(client, run) > seen + 5, 60, "steps follow")  # noqa: B023
        kill_all_workers(stack)
        killed = completed(client, run)
        stack.wait_until(lambda: completed(client, run) > killed, 60, "the run goes on")  # noqa: B023

    client.post(f"/api/v1/runs/{run}/stop").raise_for_status()
    found = steps(client, run)
    assert [step["sequence"] for step in found] == list(range(len(found)))
    assert {step["state"] for step in found[:-1]} == {"completed"}
    assert all(after["input"] == before["output"] for before, after in itertools.pairwise(found))
    assert 1 <= sum(step["attempts"] > 1 for step in found) <= 5


def test_a_request_of_a_dead_worker_is_adopted_and_not_paid_again(
    stack: Stack, provider: FakeServer, client: httpx.Client
) -> None:
    provider.control(default={"seconds": 3_600})
    run = start_run(client)
    stack.wait_until(lambda: provider.entries("followed"), 60, "the call is being followed")

    kill_all_workers(stack)
    provider.control(finish=True)  # what is asked from now on takes its hour

    stack.wait_until(lambda: completed(client, run), 60, "the adopted request is collected")
    assert steps(client, run)[0]["attempts"] == 2
    assert len(Counter(entry["key"] for entry in provider.entries("create"))) <= 2
    first_key = provider.entries("create")[0]["key"]
    assert [e["key"] for e in provider.entries("create")].count(first_key) == 1


def test_one_idle_worker_killed_does_not_stop_the_rest(
    stack: Stack, provider: FakeServer, client: httpx.Client
) -> None:
    stack.wait_until(lambda: stack.processes("worker"), 60, "the queue has workers")
    time.sleep(1)  # let it become idle: the one that is killed then holds the queue's lock or not
    for victim in stack.processes("worker"):
        victim.kill()
        break

    run = start_run(client)

    stack.wait_until(lambda: completed(client, run) >= 2, 60, "the run goes on")


def test_each_kind_of_queue_process_may_die(
    stack: Stack, provider: FakeServer, client: httpx.Client
) -> None:
    run = start_run(client)
    for position in range(len(stack.processes("worker"))):
        workers = stack.processes("worker")
        done = completed(client, run)
        workers[min(position, len(workers) - 1)].kill()
        stack.wait_until(lambda: completed(client, run) > done + 1, 60, "the run goes on")  # noqa: B023

    client.post(f"/api/v1/runs/{run}/stop").raise_for_status()
    assert_whole(client, run, provider)


def test_leaving_on_request_hands_over_and_starting_again_goes_on(
    stack: Stack, provider: FakeServer, client: httpx.Client
) -> None:
    provider.control(default={"seconds": 3_600})
    run = start_run(client)
    stack.wait_until(lambda: provider.entries("followed"), 60, "the call is being followed")

    status, _ = stack.stop(timeout=60)
    provider.control(finish=True)
    stack.start()

    assert status == 0
    stack.wait_until(lambda: completed(client, run), 60, "the run goes on by itself")
    first_key = provider.entries("create")[0]["key"]
    assert [e["key"] for e in provider.entries("create")].count(first_key) == 1


def test_a_stop_reaches_the_provider(
    stack: Stack, provider: FakeServer, client: httpx.Client
) -> None:
    provider.control(default={"seconds": 3_600})
    run = start_run(client)
    stack.wait_until(lambda: provider.entries("followed"), 60, "the call is being followed")

    client.post(f"/api/v1/runs/{run}/stop").raise_for_status()

    stack.wait_until(lambda: provider.entries("cancel"), 60, "the provider hears of it")
    created = len(provider.entries("create"))
    time.sleep(1)
    assert len(provider.entries("create")) == created
