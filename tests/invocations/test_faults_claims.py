"""Contended claims: thousands of races over the same rows, one winner each.

CLAIMS says how many; run it with DATABASE_URL pointing to a Postgres as well.
"""

from __future__ import annotations

import itertools
import os
from collections import Counter
from datetime import datetime

import pytest

from accounts.models import User
from invocations.engine import claims, outcomes
from invocations.engine.outcomes import Result
from invocations.models import Attempt, Invocation
from invocations.states import Outcome
from networks.models import Network
from realtime.models import Event
from tests.concurrency import at_once

from .manual_worker import start

pytestmark = pytest.mark.django_db(transaction=True)
CLAIMS = int(os.environ.get("CLAIMS", "200"))
WORKERS = 4
RUNS = 8


@pytest.fixture
def networks(alice: User, network: Network) -> list[Network]:
    """Every one with pacing 0, so that a step that is done leaves the next one to be fought for."""
    fields = {"slots": network.slots, "pacing": network.pacing}
    more = [Network.create(alice, name=f"Ring {n}", **fields) for n in range(1, RUNS)]
    return [network, *more]


def test_every_contended_claim_has_one_winner(networks: list[Network], at: datetime) -> None:
    """All workers want the oldest due steps at the same moment, as after a doorbell."""
    for one in networks:
        start(one, at)
    wins: Counter[int] = Counter()
    tries = Counter[str]()

    def worker(name: str) -> None:
        while sum(wins.values()) < CLAIMS:
            due = Invocation.objects.due(at).values_list("pk", flat=True)[:WORKERS]
            for pk in list(due):
                tries[name] += 1
                if taken := claims.claim_step(pk, holder=claims.Holder(name), at=at):
                    wins[pk] += 1
                    outcomes.complete(taken, Result(text=f"by {name}"), at=at)

    found = at_once(*(lambda n=n: worker(f"w{n}") for n in range(WORKERS)))

    assert found == [None] * WORKERS
    assert set(wins.values()) == {1}
    assert Attempt.objects.count() == sum(wins.values()) >= CLAIMS
    assert len(tries) == WORKERS
    for one in networks:
        assert_whole(one)


def test_of_a_dead_workers_step_one_heir_takes_hold(networks: list[Network], at: datetime) -> None:
    """The step is given back by several sweeps at once while its worker comes back to life."""
    for one in networks:
        run = start(one, at)
        step = run.invocations.get()
        zombie = claims.claim_step(step.pk, holder=claims.Holder("w0"), at=at)
        assert zombie is not None

        def requeue(attempt: Attempt = zombie.attempt) -> None:
            fresh = Attempt.objects.select_related("invocation").get(pk=attempt.pk)
            outcomes.requeue(fresh, Outcome.LOST, at=at)

        def come_back(claim: claims.Claim = zombie) -> None:
            outcomes.complete(claim, Result(text="from the dead"), at=at)

        found = at_once(requeue, requeue, come_back)

        assert sorted(type(one).__name__ for one in found) == ["NoneType", "Stale", "Stale"]
        assert_whole(one)


def assert_whole(network: Network) -> None:
    """No gap, no repeat, every input the output before it, every event in its place."""
    steps = list(Invocation.objects.filter(network=network).order_by("sequence"))
    assert [step.sequence for step in steps] == list(range(len(steps)))
    assert {step.state for step in steps[:-1]} <= {"completed"}
    for before, after in itertools.pairwise(steps):
        assert after.input_text == before.output_text
    seqs = Event.objects.filter(topic__name=network.topic).order_by("seq")
    numbers = list(seqs.values_list("seq", flat=True))
    assert numbers == list(range(1, len(numbers) + 1))
