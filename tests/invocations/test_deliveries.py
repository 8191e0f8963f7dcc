"""Steps that are delivered from outside: what an adapter has only asked for, and the fence of a delivery."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from functools import partial

import pytest
from asgiref.sync import async_to_sync

from accounts.models import User
from invocations import leases, runs
from invocations.engine import claims, delivery, sweep
from invocations.engine.outcomes import Result
from invocations.leases import MAX_LEASE, NO_HOLDER
from invocations.models import Attempt, Run
from invocations.states import Reason, Stale
from platforms.base import Modality, Output
from platforms.errors import Cancelled, Refused, Unavailable

from .conftest import Threads
from .manual_worker import last, perform, states, take
from .remote_steps import (
    DEADLINE,
    Asks,
    Away,
    ask,
    ask_from_away,
    attempt_of,
    run_of,
)

pytestmark = pytest.mark.django_db


# What an adapter has only asked for


def test_a_pending_step_is_held_until_its_deadline_and_not_asked_again(
    alice: User, at: datetime, asks: Asks, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("django.utils.timezone.now", lambda: at)
    run = run_of(alice, at, "asks:words")
    taken = ask(run, at)

    swept = [sweep.sweep(at + timedelta(seconds=seconds)).requeued for seconds in (16, 60, 119)]

    attempt = attempt_of(taken)
    assert (swept, asks.references, states(run)) == ([0, 0, 0], [""], ["invoking"])
    assert (attempt.reference, attempt.worker, attempt.outcome) == ("request-7", NO_HOLDER, "")
    assert attempt.lease_until == attempt.deadline_at == at + DEADLINE


def test_a_pending_step_that_is_not_delivered_times_out_and_is_collected_by_its_reference(
    alice: User, at: datetime, asks: Asks, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("django.utils.timezone.now", lambda: at)
    run = run_of(alice, at, "asks:words")
    taken = ask(run, at)
    late = at + DEADLINE + timedelta(seconds=1)

    sweep.sweep(late)
    failed = attempt_of(taken)
    asks.answer = Output(text="there all along")
    ask(run, late + timedelta(minutes=1))

    assert (failed.outcome, failed.error_code) == ("failed", "timed_out")
    assert failed.error_detail == "Nothing was delivered within 120 seconds."
    assert asks.references == ["", "request-7"]
    assert run.invocations.get(sequence=0).output_text == "there all along"


def test_a_step_that_stays_pending_fails_its_run_in_the_end(
    alice: User, at: datetime, asks: Asks, monkeypatch: pytest.MonkeyPatch
) -> None:
    run = run_of(alice, at, "asks:words")
    now = at
    while Run.objects.get().live:
        now = max(now, last(run).due_at or now)
        monkeypatch.setattr("django.utils.timezone.now", lambda now=now: now)
        ask(run, now)
        now += DEADLINE + timedelta(seconds=1)
        sweep.sweep(now)

    assert len(asks.references) == 3
    assert (Run.objects.get().reason, last(run).error_code) == ("error", "timed_out")


def test_a_pending_step_is_delivered_by_whoever_has_its_token(
    alice: User, at: datetime, asks: Asks
) -> None:
    run = run_of(alice, at, "asks:words")
    taken = ask(run, at)

    delivery.deliver(taken.attempt.token, Result(text=" a moth \0", usd=0.5), at=at)

    assert states(run) == ["completed", "ready"]
    assert (last(run).input_text, attempt_of(taken).usd) == ("a moth", 0.5)


def test_a_stopped_pending_step_is_cancelled_at_its_provider_by_the_next_worker(
    alice: User, at: datetime, asks: Asks
) -> None:
    run = run_of(alice, at, "asks:words")
    taken = ask(run, at)
    runs.stop_run(run=run, reason=Reason.PERSON, at=at)

    swept = sweep.sweep(at + timedelta(seconds=1))
    again = claims.adopt_stopped_call(taken.attempt.token, worker="other:1:a", at=at)
    assert again is not None
    async_to_sync(perform)(again, Threads(), cancelled=True)

    assert swept.to_cancel == [taken.attempt.token]
    assert asks.references == ["", "request-7"]
    assert attempt_of(taken).outcome == "cancelled"


def test_a_stop_while_the_answer_pending_is_on_its_way_is_not_missed(
    alice: User, at: datetime, asks: Asks
) -> None:
    run = run_of(alice, at, "asks:words")
    taken = take(run, at)
    runs.stop_run(run=run, reason=Reason.PERSON, at=at)
    taken.attempt.remember("request-7")

    rows, token = Attempt.objects.all(), taken.attempt.token
    leases.await_delivery(rows, token, deadline_at=at + DEADLINE, at=at)

    assert sweep.sweep(at + timedelta(seconds=1)).to_cancel == [token]


# The fence of a delivery


def test_a_second_delivery_changes_nothing(alice: User, at: datetime, away: Away) -> None:
    run = run_of(alice, at, "away:words")
    token = ask_from_away(at).attempt.token
    delivery.deliver(token, Result(text="first"), at=at)

    with pytest.raises(Stale):
        delivery.deliver(token, Result(text="second"), at=at)

    assert run.invocations.get(sequence=0).output_text == "first"
    assert states(run) == ["completed", "ready"]


@pytest.mark.parametrize(
    "end",
    [
        partial(delivery.deliver, answer=Result(text="late")),
        partial(delivery.deliver, answer=Unavailable("late")),
        delivery.release,
    ],
)
def test_whoever_has_lost_its_lease_delivers_in_vain(
    alice: User, at: datetime, away: Away, end: Callable[..., None]
) -> None:
    run = run_of(alice, at, "away:words")
    lost = ask_from_away(at)
    later = at + MAX_LEASE + timedelta(seconds=1)
    sweep.sweep(later)
    current = ask_from_away(later)

    with pytest.raises(Stale):
        end(lost.attempt.token, at=later)

    assert (attempt_of(lost).outcome, attempt_of(current).outcome) == ("lost", "")
    assert states(run) == ["invoking"]


def test_a_delivery_after_a_stop_is_on_record_and_changes_nothing(
    alice: User, at: datetime, away: Away
) -> None:
    run = run_of(alice, at, "away:words")
    taken = ask_from_away(at)
    runs.stop_run(run=run, reason=Reason.PERSON, at=at)

    delivery.deliver(taken.attempt.token, Result(text="too late", usd=0.25), at=at)

    assert (attempt_of(taken).outcome, states(run)) == ("late", ["cancelled"])
    assert Run.objects.get().usd == 0.25


def test_a_delivered_error_is_treated_like_one_of_a_local_call(
    alice: User, at: datetime, away: Away
) -> None:
    run = run_of(alice, at, "away:words", refusal_policy="substitute")

    delivery.deliver(ask_from_away(at).attempt.token, Unavailable("No memory."), at=at)
    retried = last(run)
    assert (retried.state, retried.error_detail) == ("ready", "No memory.")
    again = ask_from_away(at + timedelta(minutes=2))
    delivery.deliver(again.attempt.token, Refused("Not that.", kind="sensitive"), at=at)

    assert run.invocations.get(sequence=0).substituted


def test_a_holder_says_how_far_a_stop_has_reached(alice: User, at: datetime, away: Away) -> None:
    run = run_of(alice, at, "away:words")
    taken = ask_from_away(at)
    runs.stop_run(run=run, reason=Reason.PERSON, at=at)

    delivery.deliver(taken.attempt.token, Cancelled("uncertain"), at=at)

    assert attempt_of(taken).outcome == "uncertain"


def test_what_a_model_does_not_give_is_no_delivery(alice: User, at: datetime, away: Away) -> None:
    run = run_of(alice, at, "away:picture", "dummy:image-to-text")
    taken = ask_from_away(at)

    delivery.deliver(taken.attempt.token, Result(text="words instead"), at=at)

    assert attempt_of(taken).error_detail == "The model gave no image."
    assert states(run) == ["failed"]


def test_a_delivered_picture_becomes_the_next_steps_input(
    alice: User, at: datetime, away: Away
) -> None:
    from invocations.engine import placeholders

    run = run_of(alice, at, "away:picture", "dummy:image-to-text")
    picture = placeholders.asset(Modality.IMAGE)
    assert picture is not None

    delivery.deliver(ask_from_away(at).attempt.token, Result(asset=picture), at=at)

    assert last(run).input_asset == picture


def test_a_released_step_is_to_be_had_at_once(alice: User, at: datetime, away: Away) -> None:
    run_of(alice, at, "away:words")
    taken = ask_from_away(at)

    delivery.release(taken.attempt.token, at=at)

    assert attempt_of(taken).outcome == "handed_over"
    assert ask_from_away(at).attempt.number == 2
