from __future__ import annotations

from datetime import datetime, timedelta

import pytest

from invocations import runs
from invocations.engine import outcomes
from invocations.engine.outcomes import Result
from invocations.models import Attempt
from invocations.states import Outcome, Reason, Stale
from networks.models import Network
from platforms.errors import NotConfigured, RateLimited, Refused, TimedOut, Unavailable
from realtime.models import Event

from .manual_worker import last, start, states, take

pytestmark = pytest.mark.django_db


def test_an_output_is_the_next_steps_input(network: Network, at: datetime) -> None:
    run = start(network, at)

    outcomes.complete(take(run, at), Result(text="a blue kite", usd=0.25), at=at)

    done, following = run.invocations.in_order()
    assert (done.state, done.output_text, done.usd) == ("completed", "a blue kite", 0.25)
    assert (following.state, following.sequence, following.slot) == ("ready", 1, 1)
    assert following.input_text == "a blue kite"


def test_pacing_says_when_the_next_step_is_due(network: Network, at: datetime) -> None:
    Network.objects.filter(pk=network.pk).update(
        pacing=[
            {"until_seconds": 600, "delay_seconds": 1},
            {"until_seconds": None, "delay_seconds": 15},
        ]
    )
    run = start(network, at)

    outcomes.complete(take(run, at), Result(text="one"), at=at)
    first_wait = last(run).due_at
    later = at + timedelta(minutes=11)
    outcomes.complete(take(run, later), Result(text="two"), at=later)

    assert first_wait == at + timedelta(seconds=1)
    assert last(run).due_at == later + timedelta(seconds=15)


def test_the_ring_closes(network: Network, at: datetime) -> None:
    run = start(network, at)

    for text in ("one", "two", "three"):
        outcomes.complete(take(run, at), Result(text=text), at=at)

    assert [step.slot for step in run.invocations.in_order()] == [0, 1, 0, 1]


def test_a_step_that_ends_while_the_run_is_paused_holds_its_successor(
    network: Network, at: datetime
) -> None:
    run = start(network, at)
    claim = take(run, at)
    runs.pause_run(run=run)

    outcomes.complete(claim, Result(text="kept"), at=at)

    assert (last(run).state, last(run).due_at, last(run).input_text) == ("ready", None, "kept")


def test_a_result_after_a_stop_is_kept_and_changes_nothing(network: Network, at: datetime) -> None:
    run = start(network, at)
    claim = take(run, at)
    runs.stop_run(run=run, reason=Reason.PERSON, at=at)

    outcomes.complete(claim, Result(text="too late", usd=0.5), at=at)

    attempt = Attempt.objects.get()
    assert (attempt.outcome, attempt.usd) == ("late", 0.5)
    assert states(run) == ["cancelled"]


def test_a_late_worker_is_fenced_out(network: Network, at: datetime) -> None:
    run = start(network, at)
    zombie = take(run, at, worker="here:1:zombie")
    outcomes.requeue(zombie.attempt, Outcome.LOST, at=at)
    heir = take(run, at, worker="here:2:heir")

    with pytest.raises(Stale):
        outcomes.complete(zombie, Result(text="from the dead"), at=at)
    outcomes.complete(heir, Result(text="from the living"), at=at)

    assert run.invocations.get(sequence=0).output_text == "from the living"
    assert states(run) == ["completed", "ready"]


def test_a_lost_request_is_adopted_under_the_same_key(network: Network, at: datetime) -> None:
    run = start(network, at)
    lost = take(run, at)
    lost.attempt.remember("prediction-7")

    outcomes.requeue(lost.attempt, Outcome.LOST, at=at)

    again = take(run, at)
    assert again.attempt.reference == "prediction-7"
    assert again.attempt.idempotency_key == lost.attempt.idempotency_key
    assert again.attempt.number == 2


def test_a_step_that_takes_its_worker_down_three_times_is_put_in_quarantine(
    network: Network, at: datetime
) -> None:
    run = start(network, at)

    for _ in range(3):
        outcomes.requeue(take(run, at).attempt, Outcome.LOST, at=at, blamed=True)

    run.refresh_from_db()
    assert (run.state, run.reason, states(run)) == ("failed", "poison", ["failed"])
    assert "quarantine" in run.detail


def test_a_worker_that_was_asked_to_leave_is_not_blamed(network: Network, at: datetime) -> None:
    run = start(network, at)

    for _ in range(4):
        outcomes.requeue(take(run, at).attempt, Outcome.HANDED_OVER, at=at)

    assert states(run) == ["ready"]


def test_a_passing_fault_is_tried_again_with_the_same_key(network: Network, at: datetime) -> None:
    run = start(network, at)
    claim = take(run, at)

    outcomes.fail(claim, Unavailable("The provider is down."), at=at)

    step = last(run)
    assert (step.state, step.error_code, step.error_detail) == (
        "ready",
        "unavailable",
        "The provider is down.",
    )
    assert at <= (step.due_at or at) <= at + timedelta(seconds=1)
    assert step.idempotency_key == claim.attempt.idempotency_key


def test_what_the_provider_has_settled_is_asked_anew(network: Network, at: datetime) -> None:
    run = start(network, at)
    claim = take(run, at)
    claim.attempt.remember("prediction-7")

    outcomes.fail(claim, Unavailable("It failed there.").as_settled(), at=at)

    step = last(run)
    assert step.reference == ""
    assert step.idempotency_key != claim.attempt.idempotency_key


def test_a_request_that_may_still_run_is_taken_up_again(network: Network, at: datetime) -> None:
    run = start(network, at)
    claim = take(run, at)
    claim.attempt.remember("prediction-7")

    outcomes.fail(claim, TimedOut("It took too long."), at=at)

    assert last(run).reference == "prediction-7"


def test_a_rate_limit_is_waited_out(network: Network, at: datetime) -> None:
    run = start(network, at)

    outcomes.fail(take(run, at), RateLimited("Slow down.", retry_after=40), at=at)

    assert (last(run).due_at or at) >= at + timedelta(seconds=40)


def test_a_missing_key_ends_the_run_with_the_reason(network: Network, at: datetime) -> None:
    run = start(network, at)

    outcomes.fail(take(run, at), NotConfigured("Set REPLICATE_API_TOKEN."), at=at)

    run.refresh_from_db()
    assert (run.state, run.reason, run.detail) == ("failed", "error", "Set REPLICATE_API_TOKEN.")
    assert states(run) == ["failed"]


def test_tries_run_out(network: Network, at: datetime) -> None:
    run = start(network, at)

    for minutes in range(6):
        now = at + timedelta(minutes=2 * minutes)
        outcomes.fail(take(run, now), Unavailable("Down."), at=now)

    run.refresh_from_db()
    assert (run.state, run.detail, last(run).attempts_made) == ("failed", "Down.", 6)


def test_a_failure_after_a_stop_leaves_the_step_cancelled(network: Network, at: datetime) -> None:
    run = start(network, at)
    claim = take(run, at)
    runs.stop_run(run=run, reason=Reason.PERSON, at=at)

    outcomes.fail(claim, Unavailable("Down."), at=at)

    assert Attempt.objects.get().outcome == "failed"
    assert states(run) == ["cancelled"]


def test_a_refusal_is_stood_in_for(network: Network, at: datetime) -> None:
    run = start(network, at)
    claim = take(run, at)
    error = Refused("Not that.", kind="sensitive")

    outcomes.fail(claim, error, at=at, substitute=outcomes.placeholder_for(claim, error))

    done, following = run.invocations.in_order()
    assert (done.state, done.substituted, done.error_detail) == ("completed", True, "Not that.")
    assert following.input_text == done.output_text != ""


def test_a_refusal_can_be_skipped(network: Network, at: datetime) -> None:
    Network.objects.filter(pk=network.pk).update(refusal_policy="skip")
    run = start(network, at)
    claim = take(run, at)

    outcomes.fail(claim, Refused("Not that.", kind="sensitive"), at=at)

    refused, following = run.invocations.in_order()
    assert (refused.state, following.slot, following.input_text) == ("failed", 1, "a red balloon")


def test_a_refusal_can_stop_the_run(network: Network, at: datetime) -> None:
    Network.objects.filter(pk=network.pk).update(refusal_policy="stop")
    run = start(network, at)

    outcomes.fail(take(run, at), Refused("Not that.", kind="sensitive"), at=at)

    run.refresh_from_db()
    assert (run.state, run.reason) == ("failed", "refused")


@pytest.mark.parametrize("policy", ["substitute", "skip", "stop"])
def test_what_can_never_work_ends_the_run_whatever_the_policy_for_content(
    network: Network, at: datetime, policy: str
) -> None:
    Network.objects.filter(pk=network.pk).update(refusal_policy=policy)
    run = start(network, at)
    claim = take(run, at)
    error = Refused("The picture is too large.", kind="invalid")

    outcomes.fail(claim, error, at=at, substitute=outcomes.placeholder_for(claim, error))

    run.refresh_from_db()
    assert (run.state, run.reason, states(run)) == ("failed", "refused", ["failed"])


def test_a_run_ends_after_its_laps(network: Network, at: datetime) -> None:
    Network.objects.filter(pk=network.pk).update(budgets={"laps_per_run": 1})
    run = start(network, at)

    outcomes.complete(take(run, at), Result(text="one"), at=at)
    outcomes.complete(take(run, at), Result(text="two"), at=at)

    run.refresh_from_db()
    assert (run.state, run.reason, states(run)) == ("completed", "lap_limit", ["completed"] * 2)


def test_events_tell_the_whole_story_in_order(network: Network, at: datetime) -> None:
    run = start(network, at)
    outcomes.complete(take(run, at), Result(text="one"), at=at)

    events = Event.objects.order_by("seq")

    assert [event.type for event in events] == [
        "run.started",
        "invocation.created",
        "invocation.started",
        "invocation.completed",
        "invocation.created",
    ]
    assert [event.seq for event in events] == [1, 2, 3, 4, 5]


def test_what_a_provider_says_is_stored_without_what_no_database_takes(
    network: Network, at: datetime
) -> None:
    run = start(network, at)

    outcomes.fail(take(run, at), NotConfigured("No \0key\ud800."), at=at)

    run.refresh_from_db()
    assert (run.state, run.detail) == ("failed", "No key.")
