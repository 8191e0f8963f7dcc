"""Three hundred outputs that nobody can use, through the real adapters: charged once each, in the books
and in the budget, and nobody else's ring, credential or model rests for them."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from asgiref.sync import async_to_sync
from django.db import connections
from django.utils import timezone
from pytest_django.fixtures import Settings

from accounts.models import User
from credentials.models import Credential
from invocations import budgets
from invocations.engine import claims
from invocations.models import Attempt, RateLimiter, Run, Spending
from invocations.states import Reason
from networks.models import Network
from platforms import http, http_pool
from platforms.adapters import openai
from platforms.registry import get_model
from tests.fake_servers.process import FakeServer, running_server
from tests.invocations.conftest import Threads
from tests.invocations.manual_worker import last, perform, start

pytestmark = pytest.mark.django_db(transaction=True)
REPLICATE, OPENAI = "replicate:flux-schnell", "openai:gpt-image-2.5-flare"
OTHER_MODEL = "replicate:z-image-turbo"
CAPTION = "dummy:image-to-text"
# Damaged, of another kind, too large, empty
OUTPUTS = {
    REPLICATE: ["truncated", "html", "audio", "huge", "empty", "none"],
    OPENAI: ["truncated", "audio", "empty", "none"],
}
EACH = 30  # runs of every network, in turns
PRICES = {"input": 5.0, "output": 40.0}  # dollars per million tokens
USED_BY_PICTURE = {"input": 20, "output": 400}  # as the fake server counts
KEYS = {"replicate": "REPLICATE_API_TOKEN", "openai": "OPENAI_API_KEY"}


@pytest.fixture
def vendors(tmp_path: Path, settings: Settings) -> Iterator[dict[str, FakeServer]]:
    with (
        running_server("replicate", tmp_path / "replicate.jsonl", "--seconds", "0") as one,
        running_server("openai", tmp_path / "openai.jsonl") as other,
    ):
        settings.PLATFORM_URLS = {
            "REPLICATE_BASE_URL": one.url,
            "OPENAI_BASE_URL": f"{other.url}/v1",
        }
        settings.PLATFORM_KEYS = {}
        yield {"replicate": one, "openai": other}


@pytest.fixture
def usd(monkeypatch: pytest.MonkeyPatch) -> dict[str, float]:
    """What a picture of each model is charged: as its provider counts it, or its typical price."""
    row = replace(openai.ROWS[OPENAI], prices=PRICES)
    monkeypatch.setitem(openai.ROWS, OPENAI, row)
    counted = row.cost(USED_BY_PICTURE)
    typical = get_model(REPLICATE).usd
    assert counted
    assert typical
    return {REPLICATE: typical, OPENAI: counted}


def make_network(owner: User, model: str, **parameters: object) -> Network:
    slots = [{"model": model, "parameters": parameters}, {"model": CAPTION}]
    pacing = [{"until_seconds": None, "delay_seconds": 0}]
    return Network.create(owner, name=f"Unusable {model}", slots=slots, pacing=pacing)


def give_keys(owner: User) -> None:
    for platform in KEYS:
        plain = f"{platform}-of-{owner.pk}-secret"
        Credential.store(owner=owner, platform=platform, name=platform, plain=plain)


@async_to_sync
async def work(claim: claims.Claim) -> None:
    await perform(claim, Threads())
    await asyncio.gather(http.close(), http_pool.close())


def take_first_steps(network: Network, count: int) -> list[Run]:
    """So many runs of it, one after the other, each as far as its first step goes."""
    runs = []
    for _ in range(count):
        at = timezone.now()
        run = start(network, at)
        step = run.invocations.get()
        claim = claims.claim_step(step.pk, holder=claims.Holder("test:1:a"), at=at)
        assert claim, "something rests"
        work(claim)
        runs.append(run)
    return runs


def must_have_asked_once(vendors: dict[str, FakeServer], runs: int) -> None:
    """Each was a failure of what was given."""
    attempts = Attempt.objects.values_list("number", "outcome", "error_code")
    assert Counter(attempts) == {(1, "failed", "unusable"): runs}
    assert set(Run.objects.values_list("state", "reason")) == {("failed", Reason.ERROR)}
    charged = Counter(
        (slug, entry["key"]) for slug in vendors for entry in vendors[slug].entries("charge")
    )
    assert len(charged) == runs
    assert set(charged.values()) == {1}


def must_be_booked(network: Network, usd: float) -> None:
    """What one output was charged, for each of them, and so that the budget knows."""
    at = timezone.now()
    books = Spending.objects.filter(network=network).lately(at).day
    assert (books.calls, books.failed) == (EACH, EACH)
    assert books.usd == pytest.approx(EACH * usd)
    assert books.usd_uncertain == 0
    network.budgets = {"usd_per_day": (EACH + 0.5) * usd}
    spent = budgets.reached_limit(network, at, price=usd)
    assert spent
    assert spent.reason == Reason.MONEY


def test_unusable_outputs_cost_what_was_charged_and_rest_nobody(
    alice: User, bob: User, vendors: dict[str, FakeServer], usd: dict[str, float]
) -> None:
    give_keys(alice)
    give_keys(bob)
    networks = {
        make_network(alice, model, fake={"output": output}): model
        for model, outputs in OUTPUTS.items()
        for output in outputs
    }

    for _ in range(EACH):
        for network in networks:
            take_first_steps(network, 1)

    assert EACH * len(networks) == 300
    must_have_asked_once(vendors, 300)
    for network, model in networks.items():
        must_be_booked(network, usd[model])
    assert not RateLimiter.objects.filter(failures__gt=0).exists()
    assert not RateLimiter.objects.filter(open_until__isnull=False).exists()
    others = [
        make_network(bob, REPLICATE),
        make_network(bob, OPENAI),
        make_network(alice, OTHER_MODEL),
        make_network(alice, REPLICATE),
    ]
    for network in others:
        (run,) = take_first_steps(network, 1)
        assert run.invocations.get(sequence=0).state == "completed"
        assert last(run).sequence == 1
    connections.close_all()
