"""A provider that declines everything, and what the three policies of a network make of it."""

from __future__ import annotations

from typing import Any

import httpx

from tests.chaos.test_worker_kills import steps
from tests.fake_servers.process import FakeServer
from tests.stack import Stack

PROMPT = "a moth by a lamp"
RING = ["replicate:llama-3-8b", "dummy:text-to-text"]


def start(client: httpx.Client, policy: str) -> str:
    """A run, once round, of a network with this policy; its id."""
    network = client.post(
        "/api/v1/networks",
        json={
            "name": policy,
            "model_ids": RING,
            "refusal_policy": policy,
            "pacing": [{"until_seconds": None, "delay_seconds": 0}],
            "budgets": {"laps_per_run": 1},
        },
    ).raise_for_status()
    path = f"/api/v1/networks/{network.json()['slug']}/runs"
    return str(client.post(path, json={"prompt": PROMPT}).raise_for_status().json()["id"])


def test_the_networks_policy_decides_what_a_refusal_does(
    stack: Stack, provider: FakeServer, client: httpx.Client
) -> None:
    provider.control(default={"seconds": 0, "failure": "NSFW content detected. Try again."})
    runs = {policy: start(client, policy) for policy in ("substitute", "skip", "stop")}

    def ended() -> dict[str, dict[str, Any]]:
        now = {policy: client.get(f"/api/v1/runs/{run}").json() for policy, run in runs.items()}
        return now if all(run["state"] != "running" for run in now.values()) else {}

    now = stack.wait_until(ended, 180, "every run has ended")
    found = {policy: steps(client, run) for policy, run in runs.items()}
    states = {policy: [step["state"] for step in of] for policy, of in found.items()}
    assert states == {
        "substitute": ["completed", "completed"],
        "skip": ["failed", "completed"],
        "stop": ["failed"],
    }
    assert [run["state"] for run in now.values()] == ["completed", "completed", "failed"]
    assert now["stop"]["reason"] == "refused"
    assert found["substitute"][0]["substituted"]
    assert "NSFW" not in found["substitute"][0]["output"]["text"]
    assert found["skip"][1]["input"] == {"text": PROMPT}
    assert all(of[0]["error"]["code"] == "refused" for of in found.values())
    assert len(provider.entries("charge")) == len(runs)
