"""Leases of remote holders: renewed, run out, and moved with the clock."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest

from accounts.models import User
from invocations import leases, runs
from invocations.engine import sweep
from invocations.leases import MAX_LEASE
from invocations.models import Run
from invocations.states import Reason

from .manual_worker import last, states
from .remote_steps import (
    DEADLINE,
    Away,
    ask_from_away,
    attempt_of,
    renew,
    run_of,
)

pytestmark = pytest.mark.django_db


# Remote holders


def test_a_remote_holder_keeps_its_step_as_long_as_it_renews(
    alice: User, at: datetime, away: Away
) -> None:
    run_of(alice, at, "away:words")
    taken = ask_from_away(at)
    moments = [at + timedelta(seconds=seconds) for seconds in (50, 100)]

    answers = [renew(taken, moment).goes_on(taken.attempt.token) for moment in moments]

    assert answers == [True, True]
    assert attempt_of(taken).lease_until == at + DEADLINE  # and not a minute after the second
    assert sweep.sweep(at + timedelta(seconds=119)).requeued == 0


def test_a_remote_holder_that_renews_beyond_the_deadline_has_timed_out(
    alice: User, at: datetime, away: Away
) -> None:
    run_of(alice, at, "away:words")
    taken = ask_from_away(at)
    for seconds in (50, 100, 119):
        renew(taken, at + timedelta(seconds=seconds))

    sweep.sweep(at + DEADLINE + timedelta(seconds=1))

    assert attempt_of(taken).error_detail == "No answer came within 120 seconds."
    assert list(renew(taken, at + DEADLINE).ended) == [taken.attempt.token]


def test_a_silent_remote_holder_loses_its_step_when_its_own_lease_is_over(
    alice: User, at: datetime, away: Away
) -> None:
    run = run_of(alice, at, "away:words")
    taken = ask_from_away(at)

    assert sweep.sweep(at + MAX_LEASE).requeued == 0
    assert sweep.sweep(at + MAX_LEASE + timedelta(seconds=1)).requeued == 1

    later = at + timedelta(seconds=62)
    assert (attempt_of(taken).outcome, states(run)) == ("lost", ["ready"])
    assert list(renew(taken, later).lost) == [taken.attempt.token]


def test_the_answer_to_a_renewal_says_that_the_run_was_stopped(
    alice: User, at: datetime, away: Away
) -> None:
    run = run_of(alice, at, "away:words")
    taken = ask_from_away(at)
    runs.stop_run(run=run, reason=Reason.PERSON, at=at)

    answer = renew(taken, at + timedelta(seconds=5))

    assert list(answer.cancelled) == [taken.attempt.token]
    assert not answer.goes_on(taken.attempt.token)


def test_nobody_renews_a_lease_of_somebody_else(alice: User, at: datetime, away: Away) -> None:
    run_of(alice, at, "away:words")
    taken = ask_from_away(at)

    answer = renew(taken, at + timedelta(seconds=5), holder="farm:other")

    assert list(answer.lost) == [taken.attempt.token]
    assert attempt_of(taken).lease_until == at + MAX_LEASE


def test_a_step_whose_remote_holders_fall_silent_is_given_up_after_many_of_them(
    alice: User, at: datetime, away: Away
) -> None:
    run = run_of(alice, at, "away:words")
    now = at
    for _ in range(leases.MAX_ADOPTIONS):
        assert Run.objects.get().state == "running"  # silence is no proof against the step
        ask_from_away(now)
        now += timedelta(seconds=61)
        sweep.sweep(now)

    assert (Run.objects.get().reason, last(run).error_code) == ("poison", "poison")


def test_even_a_step_that_is_only_adopted_is_given_up_after_many_losses(
    alice: User, at: datetime, away: Away
) -> None:
    run_of(alice, at, "away:words")
    now = at
    for _ in range(leases.MAX_ADOPTIONS):
        ask_from_away(now).attempt.remember("request-7")
        now += timedelta(seconds=61)
        sweep.sweep(now)

    assert Run.objects.get().reason == "poison"


# Clocks


def test_a_clock_that_is_set_back_brings_each_lease_and_deadline_forward(
    alice: User, at: datetime, away: Away
) -> None:
    run_of(alice, at, "away:words")
    taken, hour = ask_from_away(at), timedelta(hours=1)

    sweep.bring_forward(hour, at=at - hour)

    attempt = attempt_of(taken)
    assert (attempt.lease_until, attempt.deadline_at) == (
        at + MAX_LEASE - hour,
        at + DEADLINE - hour,
    )


def test_a_clock_that_is_set_forward_ends_no_lease_and_no_deadline(
    alice: User, at: datetime, away: Away
) -> None:
    run_of(alice, at, "away:words")
    taken, hour = ask_from_away(at), timedelta(hours=1)

    sweep.put_off_leases(hour, at=at + hour)

    attempt = attempt_of(taken)
    assert (attempt.lease_until, attempt.deadline_at) == (
        at + MAX_LEASE + hour,
        at + DEADLINE + hour,
    )
