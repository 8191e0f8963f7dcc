"""Several processes' worth of threads at the same rows; run on SQLite and on Postgres."""

from __future__ import annotations

from datetime import datetime

import pytest

from accounts.models import AuditEntry, User
from invocations import halts, refusals, removal, runs
from invocations.engine import claims
from invocations.models import Attempt, Invocation, Run
from networks.models import Network
from realtime.models import Event
from tests.concurrency import at_once

from .manual_worker import start

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.mark.parametrize("round_number", range(20))
def test_of_many_claims_one_wins(network: Network, at: datetime, round_number: int) -> None:
    step = start(network, at).invocations.get()

    results = at_once(
        *(
            lambda n=n: claims.claim_step(step.pk, holder=claims.Holder(f"w{n}"), at=at)
            for n in range(4)
        )
    )

    assert not [r for r in results if isinstance(r, Exception)]
    assert sum(r is not None for r in results) == 1
    assert step.attempts.count() == 1


def test_two_prompts_at_once_leave_one_live_run(network: Network, at: datetime) -> None:
    results = at_once(
        *(
            lambda n=n: runs.start_run(network=network, prompt=f"prompt {n}", at=at)
            for n in range(4)
        )
    )

    assert sum(isinstance(r, runs.Started) for r in results) == 1
    assert sum(isinstance(r, refusals.Lockout) for r in results) == 3
    assert Run.objects.live().count() == 1


def test_a_repeated_request_makes_one_run(network: Network, at: datetime) -> None:
    results = at_once(
        *(
            lambda: runs.start_run(network=network, prompt="once", at=at, client_key="k")
            for _ in range(4)
        )
    )

    assert {r.run.pk for r in results if isinstance(r, runs.Started)} == {Run.objects.get().pk}
    assert len([r for r in results if isinstance(r, runs.Started)]) == 4


def test_nothing_is_left_running_when_starts_and_the_red_button_cross(
    alice: User, network: Network, at: datetime
) -> None:
    networks = [
        Network.create(alice, name=f"Ring {n}", slots=network.slots, lockout_seconds=0)
        for n in range(4)
    ]

    def prompt_and_claim(one: Network) -> object:
        run = start(one, at)
        return claims.claim_step(run.invocations.get().pk, holder=claims.Holder("w"), at=at)

    results = at_once(
        *(lambda one=one: prompt_and_claim(one) for one in networks),
        lambda: halts.stop_all(stopped_by=None, at=at),
    )

    assert not Run.objects.live().exists()
    assert not Invocation.objects.open().exists()
    assert not Attempt.objects.live().filter(cancel_requested_at=None).exists()
    unexpected = [
        r for r in results if isinstance(r, Exception) and not isinstance(r, refusals.Halted)
    ]
    assert unexpected == []


def test_the_log_has_no_gap_and_no_repeat(alice: User, network: Network, at: datetime) -> None:
    for _ in range(5):
        at_once(*(lambda: start(network, at) for _ in range(4)))

    seqs = list(
        Event.objects.filter(topic__name=network.topic)
        .order_by("seq")
        .values_list("seq", flat=True)
    )
    assert seqs == list(range(1, len(seqs) + 1))


def test_a_run_that_two_delete_at_once_is_deleted_once(network: Network, at: datetime) -> None:
    run = start(network, at)

    results = at_once(*(lambda: removal.delete_run(run=run, at=at) for _ in range(3)))

    assert sorted(map(str, results)) == ["False", "False", "True"]
    assert not Run.objects.exists()
    assert AuditEntry.objects.filter(action="run.deleted").count() == 1
