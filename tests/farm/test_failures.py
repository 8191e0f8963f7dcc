"""What a worker has failed: others try, three are enough, and where nobody is left the run says so."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from django.utils import timezone

from accounts.models import User
from farm import fallbacks, long_poll, silence
from farm.models import BlockedWorker, FarmWorker, StepFailure
from invocations.models import Attempt, Invocation, Run
from invocations.states import InvocationState, Outcome, RunState

from .conftest import PAINT, SHOUT, WorkerProgram, enrolled, newest, started


def signed_on(root: User, name: str, *offers: dict[str, Any]) -> WorkerProgram:
    one = enrolled(root, name)
    assert one.sign_on(*(offers or (SHOUT,))).status_code == 200
    return one


def due_now() -> None:
    """What a pause before the next try would hold back is due."""
    Invocation.objects.filter(state="ready").update(due_at=timezone.now())


def fails(worker: WorkerProgram, kind: str = "temporary") -> None:
    due_now()
    (work,) = worker.claim()
    assert worker.fail(work["token"], kind, "The lamp is out.").status_code == 200
    due_now()


def unfit(worker: WorkerProgram) -> None:
    due_now()
    (work,) = worker.claim()
    answer = worker.call(f"attempts/{work['token']}/finish", {"outcome": "unfit"})
    assert answer.status_code == 200


def test_a_worker_that_failed_a_step_is_not_given_it_again(root: User, alice: User) -> None:
    one, two = signed_on(root, "Attic"), signed_on(root, "Cellar")
    run = started(alice, "farm:shout")
    fails(one)

    assert one.claim() == []
    assert len(two.claim()) == 1
    assert Run.objects.get(pk=run.pk).state == RunState.RUNNING


def test_the_next_step_is_given_to_a_worker_that_failed_the_last(root: User, alice: User) -> None:
    one, two = signed_on(root, "Attic"), signed_on(root, "Cellar")
    started(alice, "farm:shout")
    fails(one)
    (work,) = two.claim()
    two.finish(work["token"])

    assert len(one.claim()) == 1


def test_what_three_workers_failed_has_failed_for_good(root: User, alice: User) -> None:
    workers = [signed_on(root, f"W{n}") for n in range(4)]
    run = started(alice, "farm:shout")
    for worker in workers[:3]:
        fails(worker)

    run.refresh_from_db()
    assert run.state == RunState.FAILED
    assert run.detail.startswith("3 workers have failed this step")
    assert "W2: The lamp is out." in run.detail
    assert workers[3].claim() == []


def test_what_three_workers_failed_goes_to_its_fallback(root: User, alice: User) -> None:
    workers = [signed_on(root, f"W{n}") for n in range(4)]
    run = started(alice, "farm:shout", fallback="dummy:text-to-text")
    for worker in workers[:3]:
        fails(worker)

    step = newest(run)
    assert (step.model, step.state) == ("dummy:text-to-text", InvocationState.READY)


def test_a_worker_that_failed_a_step_may_do_it_as_its_fallback(root: User, alice: User) -> None:
    other = {**SHOUT, "name": "whisper", "title": "Whisper"}
    one = signed_on(root, "Attic", SHOUT, other)
    started(alice, "farm:shout", fallback="farm:whisper")
    fails(one)

    (work,) = one.claim()

    assert work["model"] == "whisper"


def test_where_nobody_is_left_those_that_failed_a_step_try_it_three_times(
    root: User, alice: User
) -> None:
    one = signed_on(root, "Attic")
    signed_on(root, "Studio", PAINT)
    run = started(alice, "farm:shout")
    fails(one)
    fails(one)
    assert Run.objects.get(pk=run.pk).state == RunState.RUNNING
    fails(one)

    run.refresh_from_db()
    assert run.state == RunState.FAILED
    assert run.detail.startswith("Nobody is left who can run this")
    assert "Attic: The lamp is out." in run.detail


def test_one_that_tries_a_step_again_may_succeed(root: User, alice: User) -> None:
    one, two = signed_on(root, "Attic"), signed_on(root, "Cellar")
    run = started(alice, "farm:shout")
    fails(one)
    fails(two)
    due_now()
    (work,) = one.claim()
    one.finish(work["token"])

    assert run.invocations.filter(state=InvocationState.COMPLETED).count() == 1


def test_a_fallback_takes_what_nobody_else_is_left_for(root: User, alice: User) -> None:
    one = signed_on(root, "Attic")
    run = started(alice, "farm:shout", fallback="dummy:text-to-text")
    fails(one)

    assert newest(run).model == "dummy:text-to-text"


def test_where_nobody_is_left_the_run_ends_with_that_reason(root: User, alice: User) -> None:
    one = signed_on(root, "Attic")
    signed_on(root, "Studio", PAINT)
    run = started(alice, "farm:shout")
    fails(one, "permanent")

    run.refresh_from_db()
    assert run.state == RunState.FAILED
    assert run.detail.startswith("Nobody is left who can run this")
    assert "Attic: The lamp is out." in run.detail


def test_a_worker_that_sleeps_is_somebody_who_is_left(root: User, alice: User) -> None:
    one, two = signed_on(root, "Attic"), signed_on(root, "Cellar")
    FarmWorker.objects.filter(pk=two.row.pk).update(status="asleep")
    run = started(alice, "farm:shout")
    fails(one)

    assert Run.objects.get(pk=run.pk).state == RunState.RUNNING


def test_one_that_was_left_and_falls_silent_leaves_those_that_failed(
    root: User, alice: User
) -> None:
    one, two = signed_on(root, "Attic"), signed_on(root, "Cellar")
    started(alice, "farm:shout")
    fails(one)
    at = timezone.now()
    FarmWorker.objects.filter(pk=two.row.pk).update(last_seen_at=at - timedelta(seconds=90))
    Invocation.objects.update(due_at=at - timedelta(seconds=90))

    (found,) = silence.silent_steps(at)
    fallbacks.give_up(found, at=at)

    assert len(one.claim()) == 1


def test_one_that_was_left_and_falls_silent_leaves_nobody(root: User, alice: User) -> None:
    one, two = signed_on(root, "Attic"), signed_on(root, "Cellar")
    run = started(alice, "farm:shout")
    unfit(one)
    at = timezone.now()
    FarmWorker.objects.filter(pk=two.row.pk).update(last_seen_at=at - timedelta(seconds=90))
    Invocation.objects.update(due_at=at - timedelta(seconds=90))

    (found,) = silence.silent_steps(at)
    fallbacks.give_up(found, at=at)

    run.refresh_from_db()
    assert run.state == RunState.FAILED
    assert run.detail.startswith("Nobody is left who can run this")


def test_an_unfit_worker_has_not_failed_the_step(root: User, alice: User) -> None:
    workers = [signed_on(root, f"W{n}") for n in range(5)]
    run = started(alice, "farm:shout")
    for worker in workers[:4]:
        unfit(worker)

    assert workers[0].claim() == []
    assert {one.outcome for one in Attempt.objects.all()} == {Outcome.HANDED_OVER}
    (work,) = workers[4].claim()
    workers[4].finish(work["token"])
    assert run.invocations.filter(state=InvocationState.COMPLETED).count() == 1


def test_where_only_unfit_workers_are_left_the_run_ends(root: User, alice: User) -> None:
    one = signed_on(root, "Attic")
    run = started(alice, "farm:shout")
    unfit(one)

    run.refresh_from_db()
    assert run.state == RunState.FAILED
    assert run.detail.startswith("Nobody is left who can run this")


def test_released_work_is_no_failure(root: User, alice: User) -> None:
    one = signed_on(root, "Attic")
    started(alice, "farm:shout")
    for _ in range(4):
        (work,) = one.claim()
        one.call(f"attempts/{work['token']}/finish", {"outcome": "released"})

    assert not StepFailure.objects.excluded().exists()
    assert len(one.claim()) == 1


def blocked(root: User, alice: User) -> tuple[WorkerProgram, WorkerProgram, Run]:
    """A worker that has failed three steps of a run, and one that did them."""
    one, two = signed_on(root, "Attic"), signed_on(root, "Cellar")
    run = started(alice, "farm:shout")
    for _ in range(3):
        fails(one)
        (work,) = two.claim()
        two.finish(work["token"])
    return one, two, run


def test_three_failures_in_a_run_block_a_worker_there(root: User, alice: User, bob: User) -> None:
    one, _, run = blocked(root, alice)

    entry = BlockedWorker.objects.get()
    assert (entry.worker, entry.run, entry.model) == (one.row, run, "farm:shout")
    assert one.claim() == []
    started(bob, "farm:shout")
    (work,) = one.claim()
    assert Invocation.objects.get(attempts__token=work["token"]).run != run


def test_who_runs_the_network_takes_a_worker_off_the_blocklist(
    root: User, alice: User, owner: Any
) -> None:
    one, _, run = blocked(root, alice)
    address = f"/api/v1/runs/{run.public_id}/blocklist"
    (entry,) = owner.get(address).json()["items"]
    assert (entry["name"], entry["model"]) == ("Attic", "farm:shout")
    page = owner.get(f"/runs/{run.public_id}/").content.decode()

    assert "Blocked workers" in page
    assert owner.delete(f"{address}/{entry['id']}").status_code == 204

    assert owner.get(address).json() == {"items": [], "next": None}
    assert len(one.claim()) == 1
    assert not StepFailure.objects.filter(worker=one.row).exists()


def test_the_page_takes_a_worker_off_the_blocklist(root: User, alice: User, owner: Any) -> None:
    one, _, run = blocked(root, alice)
    entry = BlockedWorker.objects.get()

    answer = owner.post(f"/runs/{run.public_id}/blocklist/{entry.public_id}/remove/")

    assert answer.status_code == 302
    assert len(one.claim()) == 1


def test_a_person_has_everybody_try_again(root: User, alice: User, owner: Any) -> None:
    one, two = signed_on(root, "Attic"), signed_on(root, "Cellar")
    FarmWorker.objects.filter(pk=two.row.pk).update(status="asleep")
    run = started(alice, "farm:shout")
    fails(one)
    step = newest(run)
    Invocation.objects.update(due_at=timezone.now() + timedelta(hours=1))

    answer = owner.post(f"/api/v1/invocations/{step.public_id}/retry")
    given = one.claim()
    again = owner.post(f"/api/v1/invocations/{step.public_id}/retry")

    assert answer.status_code == 200
    assert len(given) == 1
    assert (again.status_code, again.json()["code"]) == (409, "illegal_state")


def test_a_step_wakes_only_workers_that_it_is_given_to(root: User, alice: User) -> None:
    one, two = signed_on(root, "Attic"), signed_on(root, "Cellar")
    started(alice, "farm:shout")
    fails(one)

    assert long_poll.workers_for_due_steps() == [frozenset({two.row.public_id})]
