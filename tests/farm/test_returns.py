"""Work that a worker gives back again and again, or keeps until its deadline: somebody else is asked, and in the
end nobody."""

from __future__ import annotations

from datetime import timedelta

from django.utils import timezone

from accounts.models import User
from farm.failures import MAX_RETURNS
from farm.models import BlockedWorker, StepFailure
from invocations.engine import sweep
from invocations.models import Attempt, Invocation, Run
from invocations.states import Outcome, RunState

from .conftest import SHOUT, WorkerProgram, enrolled, newest, started


def signed_on(root: User, name: str) -> WorkerProgram:
    one = enrolled(root, name)
    assert one.sign_on(SHOUT).status_code == 200
    return one


def give_back(worker: WorkerProgram, times: int = MAX_RETURNS) -> None:
    for _ in range(times):
        (work,) = worker.claim()
        answer = worker.call(f"attempts/{work['token']}/finish", {"outcome": "released"})
        assert answer.status_code == 200


def keep_until_its_deadline(worker: WorkerProgram) -> None:
    """It renews for ever and never hands in; what waits afterwards is due."""
    Invocation.objects.filter(state="ready").update(due_at=timezone.now())
    (work,) = worker.claim()
    at = timezone.now()
    started_at = at - timedelta(minutes=10, seconds=1)
    times = {"started_at": started_at, "deadline_at": at, "lease_until": at}
    Attempt.objects.filter(token=work["token"]).update(**times)
    assert sweep.sweep(at + timedelta(seconds=1)).requeued == 1
    Invocation.objects.filter(state="ready").update(due_at=timezone.now())


def test_what_a_worker_gives_back_again_and_again_is_for_others(root: User, alice: User) -> None:
    one, two = signed_on(root, "Attic"), signed_on(root, "Cellar")
    run = started(alice, "farm:shout")
    give_back(one)

    assert one.claim() == []
    (work,) = two.claim()
    two.finish(work["token"])
    assert run.invocations.filter(state="completed").count() == 1
    assert len(one.claim()) == 1, "the next step is another matter"
    outcomes = Attempt.objects.exclude(outcome="").values_list("outcome", flat=True)
    assert set(outcomes) == {Outcome.HANDED_OVER, Outcome.COMPLETED}


def test_the_last_return_but_one_is_not_held_against_it(root: User, alice: User) -> None:
    one = signed_on(root, "Attic")
    started(alice, "farm:shout")
    give_back(one, MAX_RETURNS - 1)

    assert len(one.claim()) == 1


def test_where_nobody_else_is_left_the_run_ends_and_says_why(root: User, alice: User) -> None:
    run = started_with_one_that_gives_back(root, alice)

    run.refresh_from_db()
    assert run.state == RunState.FAILED
    assert run.detail.startswith("Nobody is left who can run this")
    assert run.detail.endswith("The worker Attic has given it back 5 times.")


def test_a_fallback_takes_what_is_given_back_again_and_again(root: User, alice: User) -> None:
    run = started_with_one_that_gives_back(root, alice, fallback="dummy:text-to-text")

    assert newest(run).model == "dummy:text-to-text"


def started_with_one_that_gives_back(root: User, alice: User, fallback: str = "") -> Run:
    one = signed_on(root, "Attic")
    run = started(alice, "farm:shout", **({"fallback": fallback} if fallback else {}))
    give_back(one)
    return run


def test_to_leave_with_work_in_hand_is_to_give_it_back(root: User, alice: User) -> None:
    one = signed_on(root, "Attic")
    signed_on(root, "Cellar")
    started(alice, "farm:shout")
    for _ in range(MAX_RETURNS):
        assert len(one.claim()) == 1
        one.call("sign-off")
        one.sign_on(SHOUT)

    assert one.claim() == []


def test_a_worker_that_was_asked_to_sleep_may_give_back_what_it_has(
    root: User, alice: User
) -> None:
    one = signed_on(root, "Attic")
    started(alice, "farm:shout")
    for _ in range(MAX_RETURNS + 1):
        (work,) = one.claim()
        one.row.request("asleep", lazy=False)
        one.call(f"attempts/{work['token']}/finish", {"outcome": "released"})
        assert one.call("claim", {"slots": 1}).status_code == 423
        one.row.request("awake", lazy=False)

    assert not StepFailure.objects.exists()
    assert len(one.claim()) == 1


def test_three_steps_given_back_for_good_block_a_worker_in_the_run(root: User, alice: User) -> None:
    one, two = signed_on(root, "Attic"), signed_on(root, "Cellar")
    started(alice, "farm:shout")
    for _ in range(3):
        give_back(one)
        (work,) = two.claim()
        two.finish(work["token"])

    assert BlockedWorker.objects.get().worker == one.row
    assert one.claim() == []


def test_where_a_person_has_all_try_again_it_begins_anew(
    root: User, alice: User, owner: object
) -> None:
    one = signed_on(root, "Attic")
    signed_on(root, "Cellar")
    run = started(alice, "farm:shout")
    give_back(one)
    address = f"/api/v1/invocations/{newest(run).public_id}/retry"
    assert owner.post(address).status_code == 200  # type: ignore[attr-defined]

    give_back(one, MAX_RETURNS - 1)

    assert len(one.claim()) == 1


def test_what_is_kept_until_its_deadline_is_a_failure_of_its_worker(
    root: User, alice: User
) -> None:
    one, two = signed_on(root, "Attic"), signed_on(root, "Cellar")
    started(alice, "farm:shout")
    keep_until_its_deadline(one)

    failure = StepFailure.objects.get()
    assert (failure.worker, failure.unfit, failure.excluded) == (one.row, False, True)
    assert one.claim() == []
    assert len(two.claim()) == 1


def test_three_deadlines_of_the_only_worker_end_the_run(root: User, alice: User) -> None:
    one = signed_on(root, "Attic")
    run = started(alice, "farm:shout")
    for _ in range(3):
        assert Run.objects.get(pk=run.pk).state == RunState.RUNNING
        keep_until_its_deadline(one)

    run.refresh_from_db()
    assert run.state == RunState.FAILED
    assert run.detail.startswith("Nobody is left who can run this")
    assert "No answer came within" in run.detail


def test_a_lease_that_runs_out_is_no_failure(root: User, alice: User) -> None:
    one, two = signed_on(root, "Attic"), signed_on(root, "Cellar")
    started(alice, "farm:shout")
    for worker in (one, two):
        assert len(worker.claim()) == 1
        Attempt.objects.filter(outcome="").update(lease_until=timezone.now())
        assert sweep.sweep(timezone.now() + timedelta(seconds=1)).requeued == 1
        Invocation.objects.filter(state="ready").update(due_at=timezone.now())

    assert not StepFailure.objects.exists()
    assert len(one.claim()) == 1
