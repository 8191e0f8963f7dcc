"""A ring of four vendors, each a fake server asked through its real client, turned by real workers."""

from __future__ import annotations

import contextlib
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import httpx
import psutil
import pytest

from tests.fake_servers.process import FakeServer, running_server
from tests.stack import Stack

LAPS = 25  # a hundred steps
RING = [
    "replicate:flux-schnell",  # text to image
    "anthropic:claude-haiku-5.5-caption",
    "openai:gpt-image-2.5-flare",
    "gemini:gemini-3.8-flash-caption",
]
ADDRESSES = {"replicate": "", "anthropic": "", "openai": "/v1", "gemini": ""}
NOWHERE = "http://127.0.0.1:9"  # a proxy that is not there: whoever goes outside fails


@pytest.fixture
def vendors(tmp_path: Path) -> Iterator[dict[str, FakeServer]]:
    with contextlib.ExitStack() as closing:
        yield {
            slug: closing.enter_context(running_server(slug, tmp_path / f"{slug}.jsonl"))
            for slug in ADDRESSES
        }


@pytest.fixture
def client(stack: Stack, vendors: dict[str, FakeServer]) -> Iterator[httpx.Client]:
    vendors["replicate"].control(default={"seconds": 0})
    keys = {"REPLICATE_API_TOKEN": "fake"}
    for slug, ending in ADDRESSES.items():
        keys[f"{slug.upper()}_BASE_URL"] = f"{vendors[slug].url}{ending}"
        keys.setdefault(f"{slug.upper()}_API_KEY", "fake")
    stack.environment |= {**keys, "HTTP_PROXY": NOWHERE, "HTTPS_PROXY": NOWHERE}
    token = stack.token(admin=True)
    stack.start()
    with stack.client(token) as one:
        yield one


def strangers(stack: Stack) -> set[str]:
    """Addresses outside this machine that any of its processes is connected to."""
    found = set()
    for process in stack.everything():
        with contextlib.suppress(psutil.Error):
            ends = [one.raddr for one in process.net_connections(kind="inet") if one.raddr]
            found |= {end.ip for end in ends if not end.ip.startswith(("127.", "::1"))}
    return found


def test_four_vendors_take_turns_and_nobody_else_is_asked(
    stack: Stack, vendors: dict[str, FakeServer], client: httpx.Client
) -> None:
    network = client.post(
        "/api/v1/networks",
        json={
            "name": "Four vendors",
            "model_ids": RING,
            "pacing": [{"until_seconds": None, "delay_seconds": 0}],
            "budgets": {"laps_per_run": LAPS},
        },
    ).raise_for_status()
    slug = network.json()["slug"]
    run = client.post(f"/api/v1/networks/{slug}/runs", json={"prompt": "a moth"})
    path = f"/api/v1/runs/{run.raise_for_status().json()['id']}"
    outside: set[str] = set()

    def over() -> bool:
        outside.update(strangers(stack))
        return str(client.get(path).json()["state"]) != "running"

    stack.wait_until(over, 500, "all laps are done")

    steps = client.get(f"{path}/invocations", params={"limit": 500}).json()["items"]
    assert [step["state"] for step in steps] == ["completed"] * LAPS * len(RING), steps
    assert [step["model"] for step in steps] == RING * LAPS
    assert [step["attempts"] for step in steps] == [1] * len(steps)
    for vendor in vendors.values():
        charged = Counter(entry["key"] for entry in vendor.entries("charge"))
        assert sorted(charged.values()) == [1] * LAPS
    assert not outside
