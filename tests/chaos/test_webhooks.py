"""F4: webhooks that come twice, late, in the wrong order, and from somebody else."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

import httpx
import pytest

from tests.chaos.test_worker_kills import start_run, steps
from tests.fake_servers.process import FakeServer
from tests.stack import Stack

STEPS = 3


@pytest.fixture
def client(stack: Stack, provider: FakeServer) -> Iterator[httpx.Client]:
    """An admin's client of a stack that the provider can reach."""
    provider.control(default={"seconds": 0.5, "webhooks": "badly"})
    stack.environment |= {
        "REPLICATE_BASE_URL": provider.url,
        "REPLICATE_API_TOKEN": "fake",
        "PUBLIC_URL": stack.base_url,
    }
    token = stack.token(admin=True)
    stack.start()
    with stack.client(token) as one:
        yield one


def test_bad_webhooks_change_nothing_and_good_ones_count(
    stack: Stack, provider: FakeServer, client: httpx.Client
) -> None:
    run = start_run(client)

    stack.wait_until(lambda: len(steps(client, run)) > STEPS, 180, "the run goes on")
    client.post(f"/api/v1/runs/{run}/stop").raise_for_status()

    done = [step for step in steps(client, run) if step["state"] == "completed"]
    assert [step["sequence"] for step in done] == list(range(len(done)))
    assert [step["attempts"] for step in done] == [1] * len(done)
    assert all("forged" not in str(step["output"]) for step in done)
    charges = Counter(entry["key"] for entry in provider.entries("charge"))
    assert set(charges.values()) == {1}
    assert len(provider.entries("secret")) <= stack.workers  # once in each process that asks first
    with_webhook = {entry["key"] for entry in provider.entries("create") if entry["webhook"]}
    made = provider.entries("charge")[:STEPS]
    finished = {entry["id"] for entry in made if entry["key"] in with_webhook}
    assert finished
    stack.wait_until(lambda: last_webhook_of(provider, finished), 180, "the last webhook has come")
    answers: dict[str, set[object]] = {}
    for webhook in provider.entries("webhook"):
        if webhook["id"] in finished:
            answers.setdefault(webhook["kind"], set()).add(webhook["answer"])
    assert answers == {
        "forged": {401},
        "replayed": {401},
        "reordered": {204},
        "completed": {204},
    }


def last_webhook_of(provider: FakeServer, predictions: set[str]) -> bool:
    """Each was sent seven times: nothing more comes of it."""
    received = Counter(webhook["id"] for webhook in provider.entries("webhook"))
    return all(received[prediction] >= 7 for prediction in predictions)
