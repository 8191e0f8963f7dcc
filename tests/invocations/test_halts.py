from __future__ import annotations

from datetime import datetime, timedelta

import pytest

from accounts.models import User
from invocations import halts, runs
from invocations.engine import outcomes
from invocations.engine.outcomes import Result
from invocations.halts import StoppedCall
from invocations.models import Run
from invocations.states import Outcome
from networks.models import Network

from .engine import start, states, take

pytestmark = pytest.mark.django_db


def test_one_press_stops_everything_and_latches(
    network: Network, alice: User, at: datetime
) -> None:
    other = Network.create(alice, name="Other", slots=network.slots)
    running = [start(network, at), start(other, at)]

    press = halts.stop_all(pressed_by=alice, at=at)

    assert {Run.objects.get(pk=run.pk).state for run in running} == {"stopped"}
    assert halts.receipt(press, at=at).runs_stopped == 2
    with pytest.raises(runs.Halted):
        start(network, at + timedelta(hours=1))


def test_pressing_twice_gives_the_same_receipt(network: Network, at: datetime) -> None:
    start(network, at)

    first = halts.stop_all(pressed_by=None, at=at)
    second = halts.stop_all(pressed_by=None, at=at + timedelta(seconds=1))

    assert first == second


def test_the_receipt_fills_in_as_calls_end(network: Network, at: datetime) -> None:
    run = start(network, at)
    claim = take(run, at)
    press = halts.stop_all(pressed_by=None, at=at)

    before = halts.receipt(press, at=at)
    outcomes.cancelled(claim, Outcome.CANCELLED, at=at)
    after = halts.receipt(press, at=at)

    step = claim.invocation.public_id
    assert (before.calls, before.complete) == ([StoppedCall(step, "pending", None)], False)
    assert (after.calls, after.complete) == ([StoppedCall(step, "cancelled", None)], True)


def test_a_call_nobody_hears_of_is_uncertain_after_five_seconds(
    network: Network, at: datetime
) -> None:
    claim = take(start(network, at), at)
    press = halts.stop_all(pressed_by=None, at=at)

    receipt = halts.receipt(press, at=at + timedelta(seconds=5))

    assert receipt.complete
    assert receipt.calls == [StoppedCall(claim.invocation.public_id, "uncertain", None)]


def test_resume_goes_on_from_the_last_completed_step(network: Network, at: datetime) -> None:
    run = start(network, at)
    outcomes.complete(take(run, at), Result(text="so far"), at=at)
    halts.stop_all(pressed_by=None, at=at)

    (resumed,) = halts.resume_all(lifted_by=None, at=at)

    step = resumed.invocations.get()
    assert (step.sequence, step.slot, step.input_text) == (0, 1, "so far")
    assert resumed.branched_from == run.invocations.get(sequence=0)
    assert states(run) == ["completed", "cancelled"]


def test_resume_starts_a_run_anew_that_had_not_got_anywhere(network: Network, at: datetime) -> None:
    start(network, at, "only words")
    halts.stop_all(pressed_by=None, at=at)

    (resumed,) = halts.resume_all(lifted_by=None, at=at)

    assert (resumed.prompt, resumed.invocations.get().slot) == ("only words", 0)


def test_resume_without_a_press_does_nothing(network: Network, at: datetime) -> None:
    assert halts.resume_all(lifted_by=None, at=at) == []
