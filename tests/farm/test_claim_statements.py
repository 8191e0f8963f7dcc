"""What the calls of workers ask the database is compiled once, and says what the querysets say."""

from __future__ import annotations

import itertools
from typing import Any

from django.utils import timezone

from accounts.models import User
from farm import assignments, eligibility
from farm.models import BlockedWorker, FarmWorker, StepFailure
from invocations.engine.claims import Holder
from invocations.leases import WorkOffer
from invocations.models import Attempt
from networks.models import Network

from .conftest import WorkerProgram, newest, started

OFFER = WorkOffer(models=frozenset({"farm:shout"}))


def test_a_worker_is_found_by_its_secret(worker: WorkerProgram) -> None:
    expected = worker.row

    found = FarmWorker.from_secret(worker.secret)

    assert found == expected
    assert (found.session, found.offers, found.tags) == ("one", expected.offers, expected.tags)
    assert found.specs == expected.specs  # read when it is asked for
    assert FarmWorker.from_secret("worker_nobody") is None
    FarmWorker.objects.update(archived_at=timezone.now())
    assert FarmWorker.from_secret(worker.secret) is None


def test_each_worker_is_shown_the_due_steps_that_are_for_it(
    worker: WorkerProgram, alice: User, bob: User
) -> None:
    network = started(alice, "farm:shout").network
    step, at = newest(network.runs.get()), timezone.now()
    for person, only_tag, tags, tag in itertools.product(
        (None, alice.pk, bob.pk), ("", "a"), ([], ["a"], ["a", "b"]), ("", "a", "b")
    ):
        one = FarmWorker(pk=worker.row.pk, serves_person_id=person, serves_tag=only_tag, tags=tags)
        Network.objects.filter(pk=network.pk).update(farm_tag=tag)
        holder = Holder("farm:x", OFFER, suits=eligibility.suits(one, at))

        expected = list(holder.due_steps(at))

        assert holder.first_due_steps(at) == expected, (person, only_tag, tags, tag)
        assert holder.due_step(step.pk, at) == (step if expected else None)


def test_a_step_that_a_worker_has_failed_is_not_shown_to_it(
    worker: WorkerProgram, alice: User
) -> None:
    run, at = started(alice, "farm:shout"), timezone.now()
    step, row = newest(run), worker.row
    holder = Holder("farm:x", OFFER, suits=eligibility.suits(row, at))
    assert holder.first_due_steps(at) == [step]

    StepFailure.note(step, run, row, unfit=True, at=at)
    assert holder.first_due_steps(at) == []
    StepFailure.objects.all().delete()
    BlockedWorker.block(run, row, step.model, at=at)
    assert holder.first_due_steps(at) == []


def test_work_that_is_held_is_read_with_all_that_the_answer_says(
    worker: WorkerProgram, alice: User, django_assert_num_queries: Any
) -> None:
    started(alice, "farm:shout")
    (work,) = worker.claim()
    row = worker.row

    with django_assert_num_queries(1):
        (held,) = assignments._held(row)
        read = (held.invocation.run.network.owner, held.invocation.input_asset, held.assignment)
    with django_assert_num_queries(1):
        found = assignments.find_assignment(row, work["token"])
        attempt = found.attempt

    assert (attempt.token, attempt.pk) == (work["token"], held.pk)
    assert read == (alice, None, found)
    assert attempt == Attempt.objects.live().get()


def test_a_worker_says_in_which_runs_it_is_blocked(
    worker: WorkerProgram, alice: User, admin: Any
) -> None:
    run = started(alice, "farm:shout")
    BlockedWorker.block(run, worker.row, "farm:shout", at=timezone.now())

    (entry,) = admin.get(f"/api/v1/workers/{worker.row.public_id}").json()["blocklist"]

    assert (entry["run"], entry["model"]) == (run.public_id, "farm:shout")
