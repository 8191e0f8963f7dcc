"""A claim costs the same, however many workers there are."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from accounts.models import User
from farm import idle_workers, long_poll
from farm.idle_workers import IdleWorker
from farm.models import FarmWorker, WorkerStatus
from invocations import runs
from invocations.states import Reason

from .conftest import SHOUT, WorkerProgram, started

MANY = 1_000


def add_workers(count: int) -> None:
    """Awake, with the same offer."""
    at, first = timezone.now(), FarmWorker.objects.count()
    names = [f"Other {first + number}" for number in range(count)]
    FarmWorker.objects.bulk_create(
        FarmWorker(
            name=name,
            secret_digest=hashlib.sha256(name.encode()).hexdigest(),
            status=WorkerStatus.AWAKE,
            offers=[SHOUT],
            last_seen_at=at,
        )
        for name in names
    )


def queries_of(work: Callable[[], object]) -> int:
    with CaptureQueriesContext(connection) as captured:
        work()
    return len(captured)


def test_a_claim_that_is_given_work_takes_as_many_queries_with_a_thousand_workers(
    worker: WorkerProgram, alice: User
) -> None:
    def once() -> int:
        run = started(alice, "farm:shout")
        found = queries_of(lambda: worker.claim())
        (work,) = worker.claim()
        worker.finish(work["token"])
        runs.stop_run(run=run, reason=Reason.PERSON, by=alice, at=timezone.now())
        return found

    add_workers(9)
    once()  # what is done once in a process is done
    few = once()
    add_workers(MANY)

    assert once() == few


def test_a_claim_without_work_takes_as_many_queries_with_a_thousand_workers(
    worker: WorkerProgram,
) -> None:
    add_workers(9)
    worker.claim()
    few = queries_of(worker.claim)
    add_workers(MANY)

    assert queries_of(worker.claim) == few


def test_a_look_at_due_steps_takes_as_many_queries_with_a_thousand_workers(
    worker: WorkerProgram, alice: User
) -> None:
    started(alice, "farm:shout")
    add_workers(9)
    few = queries_of(long_poll.workers_for_due_steps)
    add_workers(MANY)

    assert queries_of(long_poll.workers_for_due_steps) == few


def test_the_roll_of_a_thousand_workers_is_called_with_two_queries(worker: WorkerProgram) -> None:
    add_workers(MANY)
    idle = {IdleWorker.from_worker(one) for one in FarmWorker.objects.all()}
    waiting = {one.pk for one in idle if one.pk != worker.row.pk}
    at = timezone.now() + timedelta(seconds=20)

    with CaptureQueriesContext(connection) as captured:
        assert idle_workers.call_roll(idle, waiting, at) == idle

    assert len(captured) == 2
    assert FarmWorker.objects.filter(last_seen_at=at).count() == MANY


@pytest.mark.parametrize("change", ["asked to sleep", "another secret", "another session", "gone"])
def test_whoever_has_changed_is_not_on_the_roll(worker: WorkerProgram, change: str) -> None:
    row = worker.row
    before = IdleWorker.from_worker(row)
    if change == "asked to sleep":
        row.request(WorkerStatus.ASLEEP, lazy=False)
    elif change == "another secret":
        row.rotate_secret()
    elif change == "another session":
        assert not row.sign_on(session="two", at=timezone.now())
        assert row.sign_on(session="two", at=timezone.now() + timedelta(seconds=31))
    else:
        FarmWorker.objects.filter(pk=row.pk).archive(timezone.now())

    assert idle_workers.call_roll({before}, set(), timezone.now()) == set()
