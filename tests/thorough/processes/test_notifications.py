"""Messages of a real installation: from a run that fails to a webhook, whatever is killed in between."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import psutil
import pytest

from tests.chaos.test_worker_kills import kill_all_workers
from tests.fake_servers.process import FakeServer, running_server
from tests.stack import Stack

LEASES_END = (
    "from notifications.models import Delivery; from django.utils import timezone; "
    "Delivery.objects.open().update(lease_until=timezone.now())"
)
API = "/api/v1/notification-channels"


@pytest.fixture
def receiver(tmp_path: Path) -> Iterator[FakeServer]:
    with running_server("receiver", tmp_path / "journal.jsonl") as one:
        yield one


@pytest.fixture
def client(stack: Stack) -> Iterator[httpx.Client]:
    token = stack.token(admin=True)
    stack.start()
    with stack.client(token) as one:
        yield one


def add_channel(client: httpx.Client, receiver: FakeServer, **fields: object) -> str:
    body = {"name": "Watch", "address": f"{receiver.url}/hook", "private_allowed": True, **fields}
    return str(client.post(API, json=body).raise_for_status().json()["id"])


def fail_a_run(client: httpx.Client) -> None:
    slot = {"model": "dummy:text-to-text", "parameters": {"fail": ["NotConfigured"]}}
    body = {"name": "Broken", "slots": [slot]}
    made = client.post("/api/v1/networks", json=body).raise_for_status().json()
    client.post(f"/api/v1/networks/{made['slug']}/runs", json={"prompt": "x"}).raise_for_status()


def last_delivery(client: httpx.Client, channel: str) -> dict[str, Any]:
    found = client.get(f"{API}/{channel}").raise_for_status().json()["last_delivery"]
    return found or {"state": ""}


def has_apprise(process: psutil.Process) -> bool:
    return any("apprise" in one.path for one in process.memory_maps()) or any(
        "send_process" in part for child in process.children() for part in child.cmdline()
    )


def test_a_run_that_fails_is_told_and_the_workers_stay_as_small_as_they_were(
    stack: Stack, client: httpx.Client, receiver: FakeServer
) -> None:
    channel = add_channel(client, receiver)
    before = stack.memory()

    fail_a_run(client)
    stack.wait_until(lambda: last_delivery(client, channel)["state"] == "sent", 60, "it is sent")

    (received,) = receiver.entries("received")
    assert received["content"]["title"] == "PANIC!: A run fails"
    assert "A run of “Broken” failed" in received["content"]["message"]
    client.post(f"{API}/{channel}/test").raise_for_status()
    stack.wait_until(lambda: len(receiver.entries("received")) == 2, 60, "the test is there")
    stack.wait_until(lambda: last_delivery(client, channel)["state"] == "sent", 60, "it is sent")
    after = stack.memory()
    print(f"PSS before {before / 1e6:.0f} MB, after two messages {after / 1e6:.0f} MB")  # noqa: T201
    assert not any(has_apprise(worker) for worker in stack.processes("worker"))


def test_a_message_whose_worker_is_killed_is_sent_once_and_said_to_be_uncertain(
    stack: Stack, client: httpx.Client, receiver: FakeServer
) -> None:
    receiver.reset(seconds=15)  # still at it when the workers are killed
    channel = add_channel(client, receiver, digest_minutes=1)
    fail_a_run(client)
    stack.wait_until(lambda: receiver.entries("received"), 60, "the service has the message")

    kill_all_workers(stack)
    receiver.reset()
    stack.manage("shell", "-c", LEASES_END)
    stack.wait_until(
        lambda: last_delivery(client, channel)["state"] == "uncertain", 60, "it is uncertain"
    )
    client.post(f"{API}/{channel}/test").raise_for_status()
    stack.wait_until(lambda: len(receiver.entries("received")) == 2, 60, "the test is there")

    first, second = receiver.entries("received")
    assert "failed" in first["content"]["message"]
    assert "This is a test" in second["content"]["message"]
    assert "may not have arrived" in second["content"]["message"]


def test_a_message_that_nobody_had_begun_to_send_is_sent_after_a_kill(
    stack: Stack, client: httpx.Client, receiver: FakeServer
) -> None:
    channel = add_channel(client, receiver)
    kill_all_workers(stack)
    claim = (
        "from notifications.models import Channel; from django.utils import timezone; "
        "channel = Channel.objects.get(); channel.put('run-failed', at=timezone.now()); "
        "channel.notifications.update(facts={'network': 'N', 'reason': 'R'}); "
        "assert Channel.claim_message(channel.pk, at=timezone.now())"
    )
    stack.manage("shell", "-c", claim)

    stack.manage("shell", "-c", LEASES_END)
    stack.wait_until(lambda: last_delivery(client, channel)["state"] == "sent", 60, "it is sent")

    assert len(receiver.entries("received")) == 1
