"""A step that takes its worker down: quarantined after three, and nobody else suffers."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from accounts.models import User
from invocations import runs
from invocations.engine import claims, outcomes, sweep, worker_locks
from invocations.engine.outcomes import Result
from invocations.leases import MAX_LOSSES
from invocations.models import Attempt, Run
from networks.models import Network
from platforms.errors import Unavailable

from .conftest import ring
from .manual_worker import last, start, states, take

pytestmark = pytest.mark.django_db
LIVES = (
    "import fcntl, sys, time; file = open(sys.argv[1], 'wb'); fcntl.flock(file, fcntl.LOCK_EX);"
    " print('held', flush=True); time.sleep(600)"
)


class Mortal:
    """A process that signs on as a worker does, and can be killed."""

    def __init__(self) -> None:
        self.name = f"{worker_locks.host_name()}:0:{os.urandom(4).hex()}"
        path = str(worker_locks._lock_file(self.name))
        self.process = subprocess.Popen([sys.executable, "-c", LIVES, path], stdout=subprocess.PIPE)
        assert self.process.stdout is not None
        self.process.stdout.readline()
        Path(path).write_bytes(worker_locks._identity(str(os.getpid())))

    def kill(self) -> None:
        with self.process:
            self.process.kill()


@pytest.fixture
def mortals() -> Iterator[list[Mortal]]:
    found = [Mortal() for _ in range(MAX_LOSSES)]
    yield found
    for one in found:
        one.kill()


@pytest.fixture
def other(alice: User, network: Network) -> Network:
    return Network.create(alice, name="Neighbour", slots=network.slots, pacing=network.pacing)


def gone_worker() -> str:
    """The name of a worker of this host that has died, while this process, its parent, lives."""
    name = f"{worker_locks.host_name()}:1:gone"
    worker_locks._lock_file(name).write_bytes(worker_locks._identity(str(os.getpid())))
    return name


def lose(run: Run, at: datetime, *, reference: str = "") -> None:
    """The run's step is taken by a worker of this host that is gone the next moment."""
    claim = take(run, at, worker=gone_worker())
    if reference:
        claim.attempt.remember(reference)
    assert sweep.sweep(at).requeued == 1


def offer(run: Run, at: datetime) -> claims.Claim | None:
    """What a dispatcher does: a worker that will not outlive this is offered the run's open step."""
    step = run.invocations.open().first()
    return claims.claim_step(step.pk, holder=claims.Holder(gone_worker()), at=at) if step else None


def reason(run: Run) -> tuple[str, str]:
    run.refresh_from_db()
    return run.state, run.reason


def test_a_step_that_kills_its_workers_is_quarantined_and_the_others_go_on(
    network: Network, other: Network, at: datetime, mortals: list[Mortal]
) -> None:
    poisoned, healthy = start(network, at), start(other, at)
    for mortal in mortals:
        take(poisoned, at, worker=mortal.name)
        beside = take(healthy, at, worker=mortal.name)
        assert sweep.sweep(at).requeued == 0  # alive

        outcomes.complete(beside, Result(text="on and on"), at=at)
        mortal.kill()
        assert sweep.sweep(at).requeued == 1

    assert reason(poisoned) == ("failed", "poison")
    assert states(poisoned) == ["failed"]
    assert "quarantine" in last(poisoned).error_detail
    assert states(healthy) == ["completed"] * MAX_LOSSES + ["ready"]


def test_neighbours_on_the_same_worker_are_not_quarantined_along_with_the_poison(
    alice: User, network: Network, at: datetime
) -> None:
    """One process carries hundreds of calls. Whatever kills it takes all of them down."""
    neighbours = [
        start(Network.create(alice, name=f"Beside {n}", slots=network.slots), at) for n in range(5)
    ]
    poisoned = start(network, at)
    now = at
    for _ in range(60):
        taken = [claim for run in [*neighbours, poisoned] if (claim := offer(run, now))]
        now += timedelta(seconds=2)
        if any(claim.run == poisoned for claim in taken):
            sweep.sweep(now)  # the worker has died with everything it held
        else:
            for claim in taken:
                outcomes.complete(claim, Result(text="on and on"), at=now)

    assert reason(poisoned) == ("failed", "poison")
    assert {reason(run)[0] for run in neighbours} == {"running"}
    assert all(len(states(run)) > 3 for run in neighbours)


def test_a_neighbour_that_dies_along_twice_is_not_blamed_for_good(
    network: Network, other: Network, at: datetime
) -> None:
    """Whoever shares its worker with poison loses a try each time, but a step that is done has
    cleared its name: the next one begins with none."""
    run = start(other, at)

    for _ in range(3):
        for _ in range(MAX_LOSSES - 1):
            lose(run, at)
        outcomes.complete(take(run, at), Result(text="on"), at=at)

    assert states(run) == ["completed"] * 3 + ["ready"]


def test_a_request_that_can_be_adopted_is_not_poison(network: Network, at: datetime) -> None:
    run = start(network, at)

    for _ in range(2 * MAX_LOSSES):
        lose(run, at, reference="prediction-7")

    assert states(run) == ["ready"]
    assert last(run).losses == 0
    assert {a.idempotency_key for a in Attempt.objects.all()} == {last(run).idempotency_key}


def test_a_quarantined_network_takes_the_next_prompt(network: Network, at: datetime) -> None:
    run = start(network, at)
    for _ in range(MAX_LOSSES):
        lose(run, at)

    newer = start(network, at)
    outcomes.complete(take(newer, at), Result(text="well again"), at=at)

    assert reason(run) == ("failed", "poison")
    assert states(newer) == ["completed", "ready"]


def test_a_paused_run_with_poison_fails_too_and_cannot_be_resumed(
    network: Network, at: datetime
) -> None:
    run = start(network, at)
    for _ in range(MAX_LOSSES - 1):
        lose(run, at)
    take(run, at, worker=gone_worker())
    runs.pause_run(run=run)

    sweep.sweep(at)

    assert reason(run) == ("failed", "poison")


def test_failures_and_losses_are_counted_apart(alice: User, at: datetime) -> None:
    """Two losses and five failures: neither number is spent."""
    network = Network.create(alice, name="Both", slots=ring("dummy:text-to-text"))
    run = start(network, at)
    now = at
    for _ in range(MAX_LOSSES - 1):
        lose(run, now)
    for _ in range(5):
        outcomes.fail(take(run, now), Unavailable("Down."), at=now)
        now = last(run).due_at or now

    claim = claims.claim_step(last(run).pk, holder=claims.Holder("w"), at=now)

    assert claim is not None
    assert claim.attempt.number == MAX_LOSSES + 5


def test_a_machine_that_goes_down_under_a_step_is_no_proof_against_it(
    network: Network, at: datetime
) -> None:
    """Three power cuts: the worker is gone, and its parent with it."""
    run = start(network, at)
    for n in range(2 * MAX_LOSSES):
        worker = f"{worker_locks.host_name()}:1:cut-{n}"
        worker_locks._lock_file(worker).write_bytes(b"1 12345 an-earlier-boot")
        take(run, at, worker=worker)
        assert sweep.sweep(at).requeued == 1

    assert reason(run) == ("running", "")
    assert last(run).losses == 0


def test_a_lease_that_ran_out_on_another_host_is_no_proof_either(
    network: Network, at: datetime
) -> None:
    run, now = start(network, at), at
    for _ in range(2 * MAX_LOSSES):
        take(run, now, worker="another-host~0:1:a")
        now += timedelta(minutes=1)
        sweep.sweep(now)

    assert (reason(run), last(run).losses) == (("running", ""), 0)
