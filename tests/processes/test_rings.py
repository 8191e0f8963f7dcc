"""F4: a provider that rings twice, late, in the wrong order, and others who ring in its name."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

import httpx
import pytest

from tests.stack import Stack
from tests.standins.process import StandIn

from .test_kills import start_run, steps

pytestmark = [pytest.mark.processes, pytest.mark.enable_socket]
STEPS = 3


@pytest.fixture
def client(stack: Stack, provider: StandIn) -> Iterator[httpx.Client]:
    """An admin's client of a stack that the provider can ring at."""
    provider.control(default={"seconds": 0.5, "rings": "badly"})
    stack.environment |= {
        "REPLICATE_BASE_URL": provider.url,
        "REPLICATE_API_TOKEN": "stand-in",
        "PUBLIC_URL": stack.base_url,
    }
    token = stack.token(admin=True)
    stack.start()
    with stack.client(token) as one:
        yield one


def test_bad_rings_change_nothing_and_good_ones_are_taken(
    stack: Stack, provider: StandIn, client: httpx.Client
) -> None:
    run = start_run(client)

    stack.wait_until(lambda: len(steps(client, run)) > STEPS, 60, "the run goes on")
    client.post(f"/api/v1/runs/{run}/stop").raise_for_status()

    done = [step for step in steps(client, run) if step["state"] == "completed"]
    assert [step["sequence"] for step in done] == list(range(len(done)))
    assert [step["attempts"] for step in done] == [1] * len(done)
    assert all("forged" not in str(step["output"]) for step in done)
    charges = Counter(entry["key"] for entry in provider.entries("charge"))
    assert set(charges.values()) == {1}
    assert len(provider.entries("secret")) <= stack.workers  # once in each process that asks first
    told = {entry["key"] for entry in provider.entries("create") if entry["webhook"]}
    made = provider.entries("charge")[:STEPS]
    finished = {entry["id"] for entry in made if entry["key"] in told}
    assert finished
    stack.wait_until(lambda: last_ring_of(provider, finished), 60, "the last ring has come")
    answers: dict[str, set[object]] = {}
    for ring in provider.entries("rang"):
        if ring["id"] in finished:
            answers.setdefault(ring["kind"], set()).add(ring["answer"])
    assert answers == {
        "forged": {401},
        "replayed": {401},
        "reordered": {204},
        "completed": {204},
    }


def last_ring_of(provider: StandIn, predictions: set[str]) -> bool:
    """Each has rung seven times: nothing more comes of it."""
    rung = Counter(ring["id"] for ring in provider.entries("rang"))
    return all(rung[prediction] >= 7 for prediction in predictions)
