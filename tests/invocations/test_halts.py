from __future__ import annotations

from datetime import datetime, timedelta

import pytest

from accounts.models import User
from invocations import halts, refusals, runs
from invocations.engine import outcomes
from invocations.engine.outcomes import Result
from invocations.halts import StoppedCall
from invocations.models import Run
from invocations.states import Outcome
from networks.models import Network

from .manual_worker import last, start, states, take

pytestmark = pytest.mark.django_db


def test_one_stop_all_stops_everything_and_latches(
    network: Network, alice: User, at: datetime
) -> None:
    other = Network.create(alice, name="Other", slots=network.slots)
    running = [start(network, at), start(other, at)]

    stop_all = halts.stop_all(stopped_by=alice, at=at)

    assert {Run.objects.get(pk=run.pk).state for run in running} == {"stopped"}
    assert len(halts.receipt(stop_all, at=at).runs) == 2
    with pytest.raises(refusals.Halted):
        start(network, at + timedelta(hours=1))


def test_stopping_all_twice_gives_the_same_receipt(network: Network, at: datetime) -> None:
    start(network, at)

    first = halts.stop_all(stopped_by=None, at=at)
    second = halts.stop_all(stopped_by=None, at=at + timedelta(seconds=1))

    assert first == second


def test_the_receipt_fills_in_as_calls_end(network: Network, at: datetime) -> None:
    run = start(network, at)
    claim = take(run, at)
    stop_all = halts.stop_all(stopped_by=None, at=at)

    before = halts.receipt(stop_all, at=at)
    outcomes.cancelled(claim, Outcome.CANCELLED, at=at)
    after = halts.receipt(stop_all, at=at)

    step = claim.invocation.public_id
    assert (before.calls, before.complete) == ([StoppedCall(step, "pending", None)], False)
    assert (after.calls, after.complete) == ([StoppedCall(step, "cancelled", None)], True)


def test_a_call_nobody_hears_of_is_uncertain_after_five_seconds(
    network: Network, at: datetime
) -> None:
    claim = take(start(network, at), at)
    stop_all = halts.stop_all(stopped_by=None, at=at)

    receipt = halts.receipt(stop_all, at=at + timedelta(seconds=5))

    assert receipt.complete
    assert receipt.calls == [StoppedCall(claim.invocation.public_id, "uncertain", None)]


def test_resume_goes_on_from_the_last_completed_step(network: Network, at: datetime) -> None:
    run = start(network, at)
    outcomes.complete(take(run, at), Result(text="so far"), at=at)
    halts.stop_all(stopped_by=None, at=at)

    (resumed,) = halts.resume_all(lifted_by=None, at=at).runs

    step = resumed.invocations.get()
    assert (step.sequence, step.slot, step.input_text) == (0, 1, "so far")
    assert resumed.branched_from == run.invocations.get(sequence=0)
    assert states(run) == ["completed", "cancelled"]


def test_resume_starts_a_run_anew_that_had_not_got_anywhere(network: Network, at: datetime) -> None:
    start(network, at, "only words")
    halts.stop_all(stopped_by=None, at=at)

    (resumed,) = halts.resume_all(lifted_by=None, at=at).runs

    assert (resumed.prompt, resumed.invocations.get().slot) == ("only words", 0)


def test_resume_without_a_stop_all_does_nothing(network: Network, at: datetime) -> None:
    assert halts.resume_all(lifted_by=None, at=at).runs == []


def test_a_paused_run_comes_back_paused(alice: User, network: Network, at: datetime) -> None:
    running = start(Network.create(alice, name="Other", slots=network.slots), at)
    paused = start(network, at)
    outcomes.complete(take(paused, at), Result(text="so far", usd=0.5), at=at)
    runs.pause_run(run=paused)
    stop_all = halts.stop_all(stopped_by=alice, at=at)

    resumed = halts.resume_all(lifted_by=alice, at=at)

    assert [run.network for run in resumed.runs] == [running.network]
    (waiting,) = resumed.paused
    assert (waiting.network, waiting.state, last(waiting).due_at) == (network, "paused", None)
    assert last(waiting).input_text == "so far"
    assert {run.pk for run in halts.receipt(stop_all, at=at).runs} == {running.pk, paused.pk}
    runs.resume_run(run=waiting, at=at)
    assert last(waiting).due_at == at


def test_what_cannot_go_on_is_named_with_the_reason(
    alice: User, network: Network, at: datetime
) -> None:
    run = start(network, at)
    halts.stop_all(stopped_by=alice, at=at)
    Network.objects.filter(pk=network.pk).update(slots=[])

    resumed = halts.resume_all(lifted_by=alice, at=at)

    ((old, reason),) = resumed.not_resumed
    assert (resumed.runs, resumed.paused, old) == ([], [], run)
    assert reason.startswith("This network cannot run now.")
