"""Limits, a provider's wish to wait, the circuit breaker and the fallback, across all networks."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta

import pytest

from accounts.models import User
from invocations import runs
from invocations.engine import claims, outcomes, rate_limits
from invocations.engine.outcomes import Result
from invocations.models import RateLimiter, Run
from invocations.models.rate_limiter import FAILURES_TO_REST, FIRST_REST
from invocations.states import Outcome
from networks.models import Network
from platforms.base import Call, Limits, Modality, Model, Output, Platform
from platforms.errors import NotConfigured, RateLimited, Unavailable
from platforms.registry import registered_temporarily
from realtime.models import Event

from .manual_worker import last, start, states, take

pytestmark = pytest.mark.django_db


class Shop(Platform):
    """A platform that must be asked gently."""

    slug, label = "shop", "The Shop"
    limits = Limits(calls_at_once=2, calls_per_minute=5)

    def models(self) -> list[Model]:
        return [Model("shop:words", "Words", input=Modality.TEXT, output=Modality.TEXT, usd=0.5)]

    async def invoke(self, call: Call) -> Output:
        raise NotImplementedError


@pytest.fixture(autouse=True)
def shop() -> Iterator[None]:
    with registered_temporarily(Shop()):
        yield


def runs_of(alice: User, count: int, at: datetime, **slot: object) -> list[Run]:
    """As many networks, each with a run of one step in the shop."""
    return [
        start(
            Network.create(
                alice,
                name=f"Shopper {n}",
                slots=[{"model": "shop:words", **slot}],
                pacing=[{"until_seconds": None, "delay_seconds": 0}],
            ),
            at,
        )
        for n in range(count)
    ]


def tries(run: Run, at: datetime) -> claims.Claim | None:
    return claims.claim_step(run.invocations.open().get().pk, holder=claims.Holder("w"), at=at)


def fail_often(run: Run, at: datetime) -> datetime:
    """Failures in a row, each a little later; when the last one was."""
    now = at
    for n in range(FAILURES_TO_REST):
        now = at + timedelta(minutes=2 * n)
        outcomes.fail(take(run, now), Unavailable("Down."), at=now)
    return now


def test_no_more_calls_at_once_than_the_platform_takes(alice: User, at: datetime) -> None:
    one, two, three = runs_of(alice, 3, at)

    first, second, third = (tries(run, at) for run in (one, two, three))

    assert (first is not None, second is not None, third) == (True, True, None)
    assert last(three).due_at == at + rate_limits.RETRY_AFTER
    assert first is not None
    outcomes.complete(first, Result(text="done"), at=at)
    assert tries(three, at + rate_limits.RETRY_AFTER) is not None


def test_whoever_was_turned_away_first_gets_the_free_place(alice: User, at: datetime) -> None:
    busy, other, patient, late = runs_of(alice, 4, at)
    first, second = take(busy, at), take(other, at)
    assert tries(patient, at) is None
    assert tries(late, at + timedelta(seconds=0.1)) is None

    now = at + timedelta(seconds=0.5)
    outcomes.complete(first, Result(text="done"), at=now)

    assert tries(busy, now) is None  # its next step is due at once, and comes behind the others
    assert last(patient).due_at == now  # called in, and not left to wait for its next look
    assert tries(late, now) is None
    third = tries(patient, now)
    assert third is not None
    outcomes.complete(second, Result(text="done"), at=now)
    assert tries(busy, now) is None
    assert tries(late, now) is not None


def test_the_control_room_says_how_many_wait_for_a_place(alice: User, at: datetime) -> None:
    one, two, three, four = runs_of(alice, 4, at)
    take(one, at)
    take(two, at)
    assert rate_limits.describe_problems(one.network, at) == []

    tries(three, at)
    (queue,) = rate_limits.describe_problems(one.network, at)
    tries(four, at)

    assert queue == "1 step waits for a free place at The Shop, which takes 2 calls at once."
    assert "2 steps wait" in rate_limits.describe_problems(one.network, at)[0]


def test_a_place_is_not_kept_for_somebody_who_is_elsewhere(alice: User, at: datetime) -> None:
    busy, other, gone = runs_of(alice, 3, at)
    first = take(busy, at)
    take(other, at)
    assert tries(gone, at) is None

    runs.pause_run(run=gone)
    outcomes.complete(first, Result(text="done"), at=at)

    assert tries(busy, at) is not None


def test_a_call_that_got_in_has_left_the_queue(alice: User, at: datetime) -> None:
    one, two, three = runs_of(alice, 3, at)
    first = take(one, at)
    take(two, at)
    assert tries(three, at) is None
    outcomes.complete(first, Result(text="done"), at=at)

    third = take(three, at + rate_limits.RETRY_AFTER)
    outcomes.fail(third, Unavailable("Down."), at=at + rate_limits.RETRY_AFTER)

    assert last(three).queueing_since is None


def test_no_more_calls_a_minute_than_the_platform_takes(alice: User, at: datetime) -> None:
    (run,) = runs_of(alice, 1, at)
    for n in range(5):
        now = at + timedelta(seconds=n)
        outcomes.complete(take(run, now), Result(text="done"), at=now)

    now = at + timedelta(seconds=10)
    assert tries(run, now) is None

    assert last(run).due_at == at + timedelta(seconds=60)


def test_a_wish_to_wait_is_honoured_by_everybody(alice: User, at: datetime) -> None:
    one, two = runs_of(alice, 2, at)

    outcomes.fail(take(one, at), RateLimited("Slow down.", retry_after=40), at=at)

    assert tries(two, at + timedelta(seconds=39)) is None
    assert last(two).due_at == at + timedelta(seconds=40)
    assert tries(two, at + timedelta(seconds=40)) is not None


def test_a_platform_that_fails_often_is_left_alone_for_a_while(alice: User, at: datetime) -> None:
    one, two = runs_of(alice, 2, at)

    failed_at = fail_often(one, at)

    assert tries(two, failed_at + FIRST_REST - timedelta(seconds=1)) is None
    assert (
        "The Shop (words) failed 5 times in a row"
        in rate_limits.describe_problems(one.network, failed_at)[0]
    )
    assert Event.objects.filter(
        type="platform.rested", data={"platform": "shop", "model": "shop:words"}
    ).exists()


def test_after_the_rest_one_call_shows_whether_it_is_back(alice: User, at: datetime) -> None:
    one, two, three = runs_of(alice, 3, at)
    later = fail_often(one, at) + FIRST_REST

    probe = tries(two, later)
    assert probe is not None
    assert tries(three, later) is None
    outcomes.complete(probe, Result(text="back"), at=later)

    assert tries(three, later + rate_limits.RETRY_AFTER) is not None
    assert not RateLimiter.objects.get(key="shop:words").has_failed
    assert Event.objects.filter(type="platform.recovered").exists()


def test_a_rest_that_did_not_help_is_followed_by_a_longer_one(alice: User, at: datetime) -> None:
    one, two = runs_of(alice, 2, at)
    later = fail_often(one, at) + FIRST_REST

    outcomes.fail(take(two, later), Unavailable("Still down."), at=later)

    assert RateLimiter.objects.get(key="shop:words").open_until == later + 2 * FIRST_REST


def test_a_slots_fallback_is_asked_while_the_platform_rests(alice: User, at: datetime) -> None:
    one, two = runs_of(alice, 2, at, fallback="dummy:text-to-text")
    failed_at = fail_often(one, at)

    claim = tries(two, failed_at)

    assert claim is not None
    assert claim.model.id == "dummy:text-to-text"
    step = last(two)
    assert (step.model, step.fallen_back) == ("dummy:text-to-text", True)


def test_what_was_asked_for_is_not_given_up_for_the_fallback(alice: User, at: datetime) -> None:
    one, two = runs_of(alice, 2, at, fallback="dummy:text-to-text")
    asked = take(two, at)
    asked.attempt.remember("prediction-7")
    outcomes.requeue(asked.attempt, Outcome.LOST, at=at)
    now = fail_often(one, at)

    assert tries(two, now) is None
    assert take(two, now + FIRST_REST).attempt.reference == "prediction-7"


class Dear(Shop):
    slug, label, limits = "dear", "The Dear Shop", Limits()

    def models(self) -> list[Model]:
        return [Model("dear:words", "Words", input=Modality.TEXT, output=Modality.TEXT, usd=4.0)]


def test_a_fallback_that_the_budget_has_no_room_for_is_not_asked(alice: User, at: datetime) -> None:
    with registered_temporarily(Dear()):
        one, two = runs_of(alice, 2, at, fallback="dear:words")
        Network.objects.filter(pk=two.network_id).update(budgets={"usd_per_day": 2.0})
        now = fail_often(one, at)

        assert tries(two, now) is None
        assert (last(two).state, last(two).model) == ("ready", "shop:words")
        assert take(two, now + FIRST_REST).model.id == "shop:words"


def test_a_fallback_takes_over_when_the_model_cannot_be_had(alice: User, at: datetime) -> None:
    (run,) = runs_of(alice, 1, at, fallback="dummy:text-to-text")
    first = take(run, at)

    outcomes.fail(first, NotConfigured("No key."), at=at)

    again = take(run, at)
    assert again.model.id == "dummy:text-to-text"
    assert again.attempt.idempotency_key != first.attempt.idempotency_key
    assert states(run) == ["invoking"]


def test_what_is_under_way_counts_as_spent(alice: User, at: datetime) -> None:
    alice.budgets = {"usd_per_day": 0.9}
    alice.save()
    one, two = runs_of(alice, 2, at)

    first = tries(one, at)
    second = tries(two, at)

    two.refresh_from_db()
    assert first is not None
    assert second is None
    assert (two.state, two.reason) == ("completed", "money_limit")


def test_what_a_provider_says_it_charged_replaces_what_was_set_aside(
    alice: User, at: datetime
) -> None:
    alice.budgets = {"usd_per_day": 0.9}
    alice.save()
    one, two = runs_of(alice, 2, at)

    outcomes.complete(take(one, at), Result(text="cheap", usd=0.1), at=at)

    assert tries(two, at) is not None
