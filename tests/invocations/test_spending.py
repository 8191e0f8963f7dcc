"""The ledger of what was spent: budgets and totals read it, and nothing that is deleted leaves it."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest

from accounts.models import User
from invocations import refusals, removal, runs
from invocations.engine import claims, outcomes
from invocations.engine.claims import Claim
from invocations.engine.outcomes import Result
from invocations.models import Run, Spending
from invocations.models.spending import DAY, HOUR, MAX_SPENDING_AGE, SLICE, SpendingTotals
from invocations.states import Outcome, Reason
from networks.models import Network
from platforms.errors import Unavailable
from studio import mission_control

from .manual_worker import start, take

pytestmark = pytest.mark.django_db


def limit(network: Network, **budgets: float) -> None:
    Network.objects.filter(pk=network.pk).update(budgets=budgets)
    network.refresh_from_db()


def spend(network: Network, usd: float, at: datetime) -> Claim:
    """One step of a new run that costs as much."""
    claim = take(start(network, at), at)
    outcomes.complete(claim, Result(text="a flame", usd=usd), at=at)
    return claim


def of_day(network: Network, at: datetime) -> SpendingTotals:
    return Spending.objects.filter(network=network).lately(at).day


def charged(run: Run) -> float | None:
    run.refresh_from_db()
    return run.usd


def test_a_deleted_run_still_counts_against_the_calls_of_the_hour(
    network: Network, at: datetime
) -> None:
    limit(network, calls_per_hour=1)
    run = spend(network, 0.0, at).run

    removal.delete_run(run=run, at=at)

    with pytest.raises(refusals.BudgetSpent):
        start(network, at)


def test_a_deleted_run_still_counts_against_the_dollars_of_the_day(
    network: Network, at: datetime
) -> None:
    limit(network, usd_per_day=1)
    run = spend(network, 1.0, at).run

    removal.delete_run(run=run, at=at)

    with pytest.raises(refusals.BudgetSpent):
        start(network, at + DAY - SLICE)
    assert start(network, at + DAY + SLICE).live


def test_what_a_deleted_network_spent_still_counts_for_its_owner(
    network: Network, alice: User, at: datetime
) -> None:
    alice.budgets = {"usd_per_day": 1}
    alice.save()
    other = Network.create(alice, name="Shouts", slots=network.slots)
    spend(network, 1.0, at)

    removal.delete_network(network=network, at=at)

    with pytest.raises(refusals.BudgetSpent):
        start(other, at)


def test_a_call_counts_for_an_hour_and_at_most_five_minutes_more(
    network: Network, at: datetime
) -> None:
    limit(network, calls_per_hour=1)
    spend(network, 0.0, at + timedelta(minutes=4))

    with pytest.raises(refusals.BudgetSpent):
        start(network, at + HOUR + timedelta(minutes=3))
    assert start(network, at + HOUR + SLICE).live


def test_the_clock_set_back_does_not_make_money_free(network: Network, at: datetime) -> None:
    limit(network, usd_per_day=1)
    spend(network, 1.0, at)

    with pytest.raises(refusals.BudgetSpent):
        start(network, at - 3 * DAY)


def test_a_run_has_cost_what_all_its_tries_were_charged(network: Network, at: datetime) -> None:
    first = take(start(network, at), at)
    outcomes.complete(first, Result(text="a flame", usd=0.25), at=at)
    second = take(first.run, at)
    outcomes.fail(second, Unavailable("Down."), at=at)
    later = at + timedelta(minutes=5)
    third = take(first.run, later)
    runs.stop_run(run=first.run, reason=Reason.PERSON, at=later)
    outcomes.complete(third, Result(text="too late", usd=0.5), at=later)

    assert charged(first.run) == 0.75
    assert of_day(network, later) == SpendingTotals(calls=3, failed=1, usd=0.75, usd_uncertain=0.0)


def test_nobody_knows_what_a_run_cost_until_somebody_says(network: Network, at: datetime) -> None:
    run = start(network, at)
    outcomes.complete(take(run, at), Result(text="a flame"), at=at)
    unknown = charged(run)
    outcomes.complete(take(run, at), Result(text="a moth", usd=0.0), at=at)

    assert unknown is None
    assert charged(run) == 0.0


def test_what_a_lost_try_turns_out_to_have_cost_is_added_once(
    network: Network, at: datetime
) -> None:
    claim = take(start(network, at), at)
    outcomes.requeue(claim.attempt, Outcome.LOST, at=at)

    for _ in range(2):
        claim.attempt.record_late_result("Too late.", usd=0.5)

    assert charged(claim.run) == 0.5
    assert of_day(network, at) == SpendingTotals(calls=1, failed=0, usd=0.5, usd_uncertain=0.0)


def test_evidence_about_a_deleted_run_is_dropped(network: Network, at: datetime) -> None:
    claim = take(start(network, at), at)
    removal.delete_run(run=claim.run, at=at)

    claim.attempt.record_late_result("Too late.", usd=0.5)

    assert of_day(network, at) == SpendingTotals(calls=1, failed=0, usd=0.0, usd_uncertain=0.0)


def test_a_claim_that_is_refused_is_not_booked(network: Network, at: datetime) -> None:
    claim = take(start(network, at), at)

    assert claims.claim_step(claim.invocation.pk, holder=claims.Holder("test:2:b"), at=at) is None
    assert of_day(network, at).calls == 1


def test_mission_control_tells_of_today(network: Network, at: datetime) -> None:
    claim = take(start(network, at), at)
    outcomes.fail(claim, Unavailable("Down."), at=at)
    spend(network, 0.5, at)

    today = mission_control.figures(at)

    assert (today.calls_today, today.failed_today, today.usd_today) == (2, 1, 0.5)


def test_old_slices_are_forgotten(network: Network, at: datetime) -> None:
    spend(network, 0.5, at)
    spend(network, 0.25, at + MAX_SPENDING_AGE)

    forgotten = Spending.prune(at + MAX_SPENDING_AGE + SLICE)

    assert forgotten == 1
    assert Spending.objects.get().usd == 0.25
