from __future__ import annotations

from datetime import datetime, timedelta

import pytest

from invocations import runs
from invocations.engine import claims
from invocations.leases import LOCAL_LEASE
from invocations.models import Attempt
from invocations.states import Reason
from networks.models import Network

from .manual_worker import start, states, take

pytestmark = pytest.mark.django_db


def test_a_claim_is_on_record_before_anybody_is_asked(network: Network, at: datetime) -> None:
    run = start(network, at)

    claim = take(run, at, worker="here:1:x")

    attempt = Attempt.objects.get()
    assert (attempt.worker, attempt.number, attempt.lease_until) == (
        "here:1:x",
        1,
        at + LOCAL_LEASE,
    )
    assert attempt.idempotency_key == f"{claim.invocation.public_id}-1"
    assert len(attempt.token) == 32
    assert states(run) == ["invoking"]


def test_the_second_claim_of_a_step_loses(network: Network, at: datetime) -> None:
    run = start(network, at)
    step = run.invocations.get()

    first = claims.claim_step(step.pk, holder=claims.Holder("here:1:x"), at=at)
    second = claims.claim_step(step.pk, holder=claims.Holder("here:2:y"), at=at)

    assert first is not None
    assert second is None
    assert Attempt.objects.count() == 1


def test_a_step_is_not_to_be_had_before_it_is_due(network: Network, at: datetime) -> None:
    run = start(network, at)
    step = run.invocations.get()

    assert (
        claims.claim_step(step.pk, holder=claims.Holder("w"), at=at - timedelta(milliseconds=1))
        is None
    )
    assert claims.claim_step(step.pk, holder=claims.Holder("w"), at=at) is not None


def test_a_held_step_is_not_to_be_had(network: Network, at: datetime) -> None:
    run = start(network, at)
    runs.pause_run(run=run)

    assert claims.claim_step(run.invocations.get().pk, holder=claims.Holder("w"), at=at) is None


def test_nothing_begins_after_a_stop(network: Network, at: datetime) -> None:
    run = start(network, at)
    runs.stop_run(run=run, reason=Reason.PERSON, at=at)

    assert claims.claim_step(run.invocations.get().pk, holder=claims.Holder("w"), at=at) is None


def test_a_budget_that_is_spent_at_the_claim_ends_the_run(network: Network, at: datetime) -> None:
    run = start(network, at)
    Network.objects.filter(pk=network.pk).update(budgets={"calls_per_hour": 0})

    assert claims.claim_step(run.invocations.get().pk, holder=claims.Holder("w"), at=at) is None

    run.refresh_from_db()
    assert (run.state, run.reason, states(run)) == ("completed", "call_limit", ["cancelled"])
