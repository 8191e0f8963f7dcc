from __future__ import annotations

from datetime import datetime, timedelta

import pytest

from invocations import runs
from invocations.engine import claims, outcomes, sweep, worker_locks
from invocations.engine.outcomes import Result
from invocations.leases import LOCAL_LEASE
from invocations.models import Attempt, Invocation, Run
from invocations.states import Reason
from networks.models import Network

from .manual_worker import last, start, states, take

pytestmark = pytest.mark.django_db
ELSEWHERE = "another-host~0:1:a"


def test_a_dead_processs_step_is_given_back_at_once(network: Network, at: datetime) -> None:
    name, lock = worker_locks.register_worker()
    run = start(network, at)
    take(run, at, worker=name)
    alive = sweep.sweep(at).requeued

    lock.close()  # what the kernel does when the process is gone
    dead = sweep.sweep(at).requeued

    assert (alive, dead) == (0, 1)
    assert states(run) == ["ready"]
    assert Attempt.objects.get().outcome == "lost"


def test_another_hosts_step_is_given_back_when_its_lease_is_over(
    network: Network, at: datetime
) -> None:
    run = start(network, at)
    take(run, at, worker=ELSEWHERE)

    assert sweep.sweep(at + LOCAL_LEASE).requeued == 0
    assert sweep.sweep(at + LOCAL_LEASE + timedelta(milliseconds=1)).requeued == 1
    assert states(run) == ["ready"]


def test_a_renewed_lease_is_respected(network: Network, at: datetime) -> None:
    claim = take(start(network, at), at, worker=ELSEWHERE)

    Attempt.objects.of_tokens([claim.attempt.token]).extend(at + LOCAL_LEASE)

    assert sweep.sweep(at + LOCAL_LEASE + timedelta(seconds=1)).requeued == 0


def test_a_dead_process_whose_file_is_gone_is_dead(network: Network, at: datetime) -> None:
    run = start(network, at)
    take(run, at, worker=f"{worker_locks.host_name()}:1:no-such-file")

    assert sweep.sweep(at).requeued == 1


def test_a_stopped_call_of_a_dead_worker_is_handed_on_to_be_cancelled(
    network: Network, at: datetime
) -> None:
    run = start(network, at)
    claim = take(run, at, worker=f"{worker_locks.host_name()}:1:gone")
    claim.attempt.remember("prediction-7")
    runs.stop_run(run=run, reason=Reason.PERSON, at=at)

    swept = sweep.sweep(at)
    taken = claims.adopt_stopped_call(claim.attempt.token, worker=ELSEWHERE, at=at)

    assert (swept.requeued, swept.to_cancel) == (0, [claim.attempt.token])
    assert taken is not None
    assert (taken.attempt.reference, taken.attempt.worker) == ("prediction-7", ELSEWHERE)


def test_a_call_that_could_not_be_cancelled_for_minutes_is_given_up(
    network: Network, at: datetime
) -> None:
    run = start(network, at)
    claim = take(run, at, worker=f"{worker_locks.host_name()}:1:gone")
    claim.attempt.remember("prediction-7")
    runs.stop_run(run=run, reason=Reason.PERSON, at=at)

    swept = sweep.sweep(at + sweep.CANCEL_FOR + timedelta(seconds=1))

    assert (swept.requeued, swept.to_cancel) == (1, [])
    assert Attempt.objects.get().outcome == "lost"


def test_the_files_of_the_dead_are_removed() -> None:
    living, lock = worker_locks.register_worker()
    dead, dead_lock = worker_locks.register_worker()
    dead_lock.close()

    worker_locks.remove_dead_locks()

    left = {path.stem for path in worker_locks._folder().glob("*.lock")}
    lock.close()
    assert dead not in left
    assert living in left


def test_a_run_that_stands_still_goes_on(network: Network, at: datetime) -> None:
    run = start(network, at)
    outcomes.complete(take(run, at), Result(text="so far"), at=at)
    Invocation.objects.filter(run=run, sequence=1).delete()

    assert sweep.repair(at) == 1

    assert states(run) == ["completed", "ready"]
    assert last(run).input_text == "so far"


def test_a_run_with_nothing_to_go_on_with_fails_and_says_so(network: Network, at: datetime) -> None:
    run = start(network, at)
    run.invocations.all().delete()

    sweep.repair(at)

    assert Run.objects.get().state == "failed"
    assert "without a step" in Run.objects.get().detail


def test_a_run_that_is_under_way_is_left_alone(network: Network, at: datetime) -> None:
    start(network, at)

    assert sweep.repair(at) == 0


def test_a_sweep_that_takes_long_leaves_the_rest_to_the_next_one(
    network: Network, at: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    take(start(network, at), at, worker="elsewhere:1:x")
    late = at + LOCAL_LEASE + timedelta(seconds=1)

    monkeypatch.setattr(sweep, "MAX_SWEEP_SECONDS", -1.0)
    over = sweep.sweep(late).requeued
    monkeypatch.undo()

    assert over == 0
    assert sweep.sweep(late).requeued == 1
