"""After a start of the server workers have time to renew what they hold, and to hand in what they have done."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest
from django.utils import timezone

from accounts.models import User
from farm import leases_of_farm
from farm.models import StepFailure
from farm.server_start import GRACE
from invocations.engine import sweep
from invocations.models import Attempt
from invocations.states import Outcome

from .conftest import WorkerProgram, started

SECOND = timedelta(seconds=1)


@pytest.fixture
def token(worker: WorkerProgram, alice: User) -> str:
    """Of a step that the worker has had for an hour; the server was away until now."""
    started(alice, "farm:shout")
    (work,) = worker.claim()
    before = timezone.now() - timedelta(hours=1)
    times = {
        "started_at": before,
        "lease_until": before + timedelta(seconds=60),
        "deadline_at": before + timedelta(minutes=10),
    }
    Attempt.objects.update(**times)
    return str(work["token"])


def test_what_was_done_while_the_server_was_away_is_handed_in(
    worker: WorkerProgram, token: str
) -> None:
    at = timezone.now()
    leases_of_farm.give_grace(at)

    assert sweep.sweep(at + SECOND).requeued == 0
    assert worker.finish(token).status_code == 200
    assert Attempt.objects.get(token=token).outcome == Outcome.COMPLETED


def test_who_does_not_come_back_loses_it_when_the_grace_is_over(
    worker: WorkerProgram, token: str
) -> None:
    at = timezone.now()
    leases_of_farm.give_grace(at)

    assert sweep.sweep(at + GRACE + SECOND).requeued == 1
    assert worker.finish(token).status_code == 409


def test_a_deadline_that_passed_meanwhile_is_no_failure_of_the_worker(
    worker: WorkerProgram, token: str
) -> None:
    at = timezone.now()
    leases_of_farm.give_grace(at)
    sweep.sweep(at + SECOND)

    assert not StepFailure.objects.exists()


def test_leases_of_this_machine_are_left_alone(alice: User, token: str) -> None:
    Attempt.objects.update(worker="here:1:2")
    ended = Attempt.objects.get().lease_until

    leases_of_farm.give_grace(timezone.now())

    assert Attempt.objects.get().lease_until == ended < datetime.now(ended.tzinfo)
