"""A step that is due at once: taken by the same worker, in the commit of the step before it."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any

import pytest

from accounts.models import User
from invocations import runs
from invocations.engine import claims, outcomes, rate_limits
from invocations.engine.claims import Claim, Holder
from invocations.engine.outcomes import Result
from invocations.leases import LOCAL_LEASE, Renewal, look_for_stops
from invocations.models import Attempt, RateLimiter, Run
from invocations.states import Outcome, Reason
from networks.models import Network
from platforms.base import Call, Limits, Modality, Model, Output, Platform
from platforms.registry import registered_temporarily
from realtime.models import Event

from .conftest import ring
from .manual_worker import last, start, states, take

pytestmark = pytest.mark.django_db
DUMMY = "dummy:text-to-text"
WORKER = "here:1:x"


class Booth(Platform):
    """Takes one caller at a time."""

    slug, label = "booth", "The Booth"
    limits = Limits(calls_at_once=1)

    def models(self) -> list[Model]:
        return [Model("booth:words", "Words", input=Modality.TEXT, output=Modality.TEXT)]

    async def invoke(self, call: Call) -> Output:
        raise NotImplementedError


@pytest.fixture(autouse=True)
def booth() -> Iterator[None]:
    with registered_temporarily(Booth()):
        yield


def network_of(
    alice: User, *slots: str | dict[str, object], delay: float = 0, **fields: Any
) -> Network:
    pacing = [{"until_seconds": None, "delay_seconds": delay}]
    return Network.create(alice, name="Ring", slots=ring(*slots), pacing=pacing, **fields)


def stops(tokens: list[str]) -> Renewal:
    return look_for_stops(Attempt.objects.all(), tokens, holder=WORKER)


def write_next_step(claim: Claim, at: datetime) -> Claim | None:
    return outcomes.complete(claim, Result(text="so far"), at=at, next_holder=Holder(WORKER))


def event_types(run: Run) -> list[str]:
    events = Event.objects.filter(topic__name=run.network.topic).order_by("seq")
    return list(events.values_list("type", flat=True))


def test_the_next_step_comes_with_the_outcome_under_a_claim_of_its_own(
    network: Network, at: datetime
) -> None:
    run = start(network, at)
    first = take(run, at, worker=WORKER)

    following = write_next_step(first, at)

    assert following is not None
    attempt = Attempt.objects.live().get()
    assert (attempt.worker, attempt.number, attempt.lease_until) == (WORKER, 1, at + LOCAL_LEASE)
    assert attempt.token == following.attempt.token != first.attempt.token
    assert attempt.idempotency_key == f"{last(run).public_id}-1"
    assert following.invocation.input_text == "so far"
    assert states(run) == ["completed", "invoking"]
    assert event_types(run)[-3:] == [
        "invocation.completed",
        "invocation.created",
        "invocation.started",
    ]


def test_a_step_that_is_due_later_is_left_to_whoever_comes_first(alice: User, at: datetime) -> None:
    run = start(network_of(alice, DUMMY, delay=1), at)

    assert write_next_step(take(run, at), at) is None

    assert states(run) == ["completed", "ready"]


def test_a_pause_holds_the_step(network: Network, at: datetime) -> None:
    run = start(network, at)
    first = take(run, at)
    runs.pause_run(run=run)

    assert write_next_step(first, at) is None

    assert (states(run), last(run).due_at) == (["completed", "ready"], None)


def test_nothing_follows_after_a_stop_that_came_in_between(network: Network, at: datetime) -> None:
    run = start(network, at)
    first = take(run, at)
    runs.stop_run(run=run, reason=Reason.PERSON, at=at)

    assert write_next_step(first, at) is None

    assert states(run) == ["cancelled"]
    assert list(run.invocations.get().attempts.values_list("outcome", flat=True)) == ["late"]


def test_a_worker_does_not_drop_what_it_has_just_ended_itself(
    network: Network, at: datetime
) -> None:
    run = start(network, at)
    first = take(run, at)
    following = write_next_step(first, at)
    assert following is not None
    tokens = [first.attempt.token, following.attempt.token]

    assert stops(tokens).lost == []
    outcomes.requeue(following.attempt, Outcome.LOST, at=at)

    assert stops(tokens).lost == [following.attempt.token]


def test_a_stop_that_comes_next_finds_the_step_that_followed(
    network: Network, at: datetime
) -> None:
    run = start(network, at)
    following = write_next_step(take(run, at), at)
    assert following is not None

    runs.stop_run(run=run, reason=Reason.PERSON, at=at)

    token = following.attempt.token
    assert stops([token]).cancelled == [token]
    assert states(run) == ["completed", "cancelled"]


def test_a_budget_that_is_spent_in_between_ends_the_run(network: Network, at: datetime) -> None:
    run = start(network, at)
    first = take(run, at)
    Network.objects.filter(pk=network.pk).update(budgets={"calls_per_hour": 1})

    assert write_next_step(first, at) is None

    run.refresh_from_db()
    assert (run.state, run.reason) == ("completed", "call_limit")
    assert states(run) == ["completed", "cancelled"]
    assert event_types(run)[-4:] == [
        "invocation.completed",
        "invocation.created",
        "invocation.cancelled",
        "run.completed",
    ]


def test_the_last_lap_is_not_followed(alice: User, at: datetime) -> None:
    run = start(network_of(alice, DUMMY, budgets={"laps_per_run": 1}), at)

    assert write_next_step(take(run, at), at) is None

    run.refresh_from_db()
    assert (run.state, run.reason, states(run)) == ("completed", "lap_limit", ["completed"])


def test_a_crowded_gate_lets_nobody_through_and_says_when_to_come_back(
    alice: User, at: datetime
) -> None:
    take(start(network_of(alice, "booth:words"), at), at)
    run = start(network_of(alice, DUMMY, "booth:words"), at)

    assert write_next_step(take(run, at), at) is None

    assert states(run) == ["completed", "ready"]
    assert last(run).due_at == at + rate_limits.RETRY_AFTER
    assert event_types(run)[-2:] == ["invocation.completed", "invocation.created"]


def test_after_a_gate_whoever_queues_there_comes_first(alice: User, at: datetime) -> None:
    first = take(start(network_of(alice, "booth:words"), at), at)
    other = start(network_of(alice, "booth:words"), at)
    assert claims.claim_step(last(other).pk, holder=claims.Holder(WORKER), at=at) is None

    assert write_next_step(first, at) is None

    assert (states(first.run), last(other).due_at) == (["completed", "ready"], at)


def test_a_step_with_a_price_is_settled_before_anybody_goes_on(
    network: Network, at: datetime
) -> None:
    run = start(network, at)
    result = Result(text="so far", usd=0.5)

    assert outcomes.complete(take(run, at), result, at=at, next_holder=Holder(WORKER)) is None

    assert states(run) == ["completed", "ready"]


def test_a_fallback_follows_while_the_platform_rests(alice: User, at: datetime) -> None:
    slot: dict[str, object] = {"model": "booth:words", "fallback": DUMMY}
    run = start(network_of(alice, DUMMY, slot), at)
    RateLimiter.objects.create(key="booth", failures=5, open_until=at + timedelta(seconds=30))

    following = write_next_step(take(run, at), at)

    assert following is not None
    assert (following.model.id, last(run).fallen_back) == (DUMMY, True)


@pytest.mark.django_db(transaction=True)
def test_nothing_is_left_of_a_follow_that_did_not_commit(
    network: Network, at: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Killed between the two halves: both or neither."""
    run = start(network, at)
    first = take(run, at)
    before = event_types(run)
    with monkeypatch.context() as patch:
        patch.setattr("invocations.engine.claims.claim_locked_step", lambda *args, **named: 1 / 0)
        with pytest.raises(ZeroDivisionError):
            write_next_step(first, at)

    assert (states(run), event_types(run)) == (["invoking"], before)
    assert Attempt.objects.live().get().token == first.attempt.token
    assert write_next_step(first, at) is not None
