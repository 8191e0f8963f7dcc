"""F5 and F6 on a real stack: what a provider may give instead of an output, and what it comes to.

Each is one lap whose first request goes wrong: it must end well, at the declared price, after one more
try, and nothing broken may be seen. (`make rehearse` plays many more.)
"""

from __future__ import annotations

import io
from collections import Counter
from typing import Any

import httpx
from PIL import Image

from tests.fake_servers.process import FakeServer
from tests.stack import Stack

from .test_worker_kills import steps

PICTURE = ["replicate:flux-schnell", "dummy:image-to-text"]
TEXT = ["replicate:llama-3-8b"]
# (the ring, how the first request goes wrong, what the step is charged in the end)
FAULTS: list[tuple[list[str], dict[str, Any], int]] = [
    (TEXT, {"error": "429", "retry_after": 1}, 1),
    (TEXT, {"error": "429", "retry_after": None}, 1),
    (TEXT, {"error": "503"}, 1),
    (TEXT, {"error": "503", "lost": True}, 1),  # it was made all the same
    (TEXT, {"error": "502", "lost": True}, 1),
    (TEXT, {"error": "drop", "lost": True}, 1),
    (TEXT, {"statuses": ["starting", "dreaming", "dreaming", "succeeded"]}, 1),
    (TEXT, {"statuses": ["aborted"]}, 2),
    (PICTURE, {"output": "moved"}, 1),  # its first address has expired: asked for by its id
]
# Output that was made and cannot be used: charged, and not asked for again
UNUSABLE: list[tuple[list[str], dict[str, Any]]] = [
    (TEXT, {"output": "none"}),
    (PICTURE, {"output": "truncated"}),
    (PICTURE, {"output": "html"}),
    (PICTURE, {"output": "audio"}),  # not what its type says
    (PICTURE, {"output": "empty"}),
    (PICTURE, {"output": "huge"}),
    (PICTURE, {"removed": True}),  # F6: it was deleted before it could be fetched
    (PICTURE, {"output": "gone"}),  # the same, and its provider does not know
]


def one_lap(stack: Stack, client: httpx.Client, ring: list[str]) -> list[dict[str, Any]]:
    """The steps of a run that has gone round once."""
    network = client.post(
        "/api/v1/networks",
        json={
            "name": "Fault",
            "model_ids": ring,
            "pacing": [{"until_seconds": None, "delay_seconds": 0}],
            "budgets": {"laps_per_run": 1},
        },
    ).raise_for_status()
    path = f"/api/v1/networks/{network.json()['slug']}/runs"
    run = client.post(path, json={"prompt": "a moth"}).raise_for_status().json()["id"]

    def over() -> bool:
        return str(client.get(f"/api/v1/runs/{run}").json()["state"]) != "running"

    stack.wait_until(over, 180, "the lap is done")
    return steps(client, run)


def test_nothing_that_a_provider_gives_stops_the_ring_or_is_paid_for_without_need(
    stack: Stack, provider: FakeServer, client: httpx.Client
) -> None:
    provider.control(default={"seconds": 0})
    for ring, knobs, price in FAULTS:
        before = len(provider.entries("charge"))
        provider.control(next=[knobs])

        found = one_lap(stack, client, ring)

        assert [step["state"] for step in found] == ["completed"] * len(ring), (knobs, found)
        assert found[0]["attempts"] <= 2, knobs
        charges = [entry["key"] for entry in provider.entries("charge")[before:]]
        assert len(charges) == price, knobs
        assert set(Counter(charges).values()) == {1}, knobs
        if ring is PICTURE:
            shown = client.get(found[0]["output"]["asset"]["url"]).raise_for_status().content
            Image.open(io.BytesIO(shown)).load()


def test_output_that_cannot_be_used_is_paid_for_once_and_fails_its_step(
    stack: Stack, provider: FakeServer, client: httpx.Client
) -> None:
    provider.control(default={"seconds": 0})
    for ring, knobs in UNUSABLE:
        before = len(provider.entries("charge"))
        provider.control(next=[knobs])

        found = one_lap(stack, client, ring)

        asked = 2 if knobs.get("output") == "gone" else 1  # once more for its address, for nothing
        assert (found[0]["state"], found[0]["attempts"]) == ("failed", asked), (knobs, found)
        assert found[0]["error"]["code"] == "unusable", (knobs, found)
        assert len(provider.entries("charge")) - before == 1, knobs
