"""Steps of several networks that a worker is given together, each with an outcome of its own."""

from __future__ import annotations

from collections import Counter
from typing import Any

import pytest
from django.utils import timezone
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from accounts.models import User
from farm import batch_rates, batches, stamp
from farm.models import Assignment, BatchLimit, FarmWorker, StepFailure
from invocations.models import Attempt, Invocation, Run
from invocations.states import InvocationState, RunState
from panic import installation_metrics

from .conftest import SHOUT, WorkerProgram, enrolled, newest, started

LOUD = {**SHOUT, "parameters": {"type": "object", "properties": {"times": {"type": "integer"}}}}


def in_batches(root: User, size: int, name: str = "Back room") -> WorkerProgram:
    one = enrolled(root, name)
    assert one.sign_on({**LOUD, "batch": size}).status_code == 200
    return one


def runs_of(alice: User, count: int, **slot: Any) -> list[Run]:
    return [started(alice, "farm:shout", **slot) for _ in range(count)]


def runs_with(work: list[dict[str, Any]]) -> set[int]:
    tokens = [one["token"] for one in work]
    return set(Invocation.objects.filter(attempts__token__in=tokens).values_list("run", flat=True))


def test_equal_steps_of_several_networks_are_given_together(root: User, alice: User) -> None:
    one = in_batches(root, 3)
    made = runs_of(alice, 5)

    work = one.claim()

    assert len({one["batch"] for one in work}) == len({one["batch_key"] for one in work}) == 1
    assert runs_with(work) == {run.pk for run in made[:3]}, "the longest waiting first"
    assert [w["token"] for w in one.claim()] == [w["token"] for w in work], "they take one place"


def test_unequal_parameters_are_no_batch(root: User, alice: User) -> None:
    one = in_batches(root, 4)
    same = runs_of(alice, 1) + runs_of(alice, 1, parameters={"times": 2}) + runs_of(alice, 1)

    work = one.claim()

    assert runs_with(work) == {same[0].pk, same[2].pk}


def test_who_offers_no_batch_is_given_one_at_a_time(worker: WorkerProgram, alice: User) -> None:
    runs_of(alice, 2)

    (work,) = worker.claim()

    assert work["batch"] == ""


def test_each_step_of_a_batch_has_its_own_outcome(root: User, alice: User) -> None:
    one, _ = in_batches(root, 2), in_batches(root, 2, "Attic")
    good, bad = runs_of(alice, 2)
    first, second = one.claim()

    one.finish(first["token"], "FIRST")
    one.fail(second["token"], "temporary")

    assert good.invocations.get(sequence=0).output_text == "FIRST"
    assert newest(bad).state == InvocationState.READY
    assert StepFailure.objects.get().run == bad


def test_a_batch_that_is_too_much_is_halved_and_nobody_has_failed(root: User, alice: User) -> None:
    one = in_batches(root, 4)
    made = runs_of(alice, 4)
    for work in one.claim():
        one.fail(work["token"], "out_of_memory")

    again = one.claim()

    assert len(again) == 2
    assert not StepFailure.objects.exists()
    assert {Run.objects.get(pk=run.pk).state for run in made} == {RunState.RUNNING}


def test_a_step_alone_that_is_too_much_is_a_failure(root: User, alice: User) -> None:
    one = in_batches(root, 4)
    (run,) = runs_of(alice, 1)
    (work,) = one.claim()

    one.fail(work["token"], "out_of_memory")

    assert StepFailure.objects.get().run == run


def test_batches_grow_again_slowly(root: User, alice: User) -> None:
    one = in_batches(root, 3)
    BatchLimit.halve(one.row, "farm:shout", tried=3)
    runs_of(alice, 3)
    sizes = []
    for _ in range(30):
        work = one.claim()
        sizes.append(len(work))
        for part in work:
            one.finish(part["token"])

    assert sizes[0] == 1
    assert sizes == sorted(sizes)
    assert sizes[9:11] == [1, 2]
    assert sizes[-1] == 3
    assert not BatchLimit.objects.exists()


def test_the_farm_says_what_batches_saved(root: User, alice: User, admin: Any) -> None:
    one = in_batches(root, 3)
    runs_of(alice, 3)
    one.claim()

    saved = batches.saved_lately(timezone.now())

    assert (saved.steps, saved.batches, saved.calls) == (3, 1, 2)
    assert (
        "Steps done in batches in the last day: 3, which saved 2 calls."
        in admin.get("/farm/").content.decode()
    )


def test_the_farm_says_how_fast_batches_were(root: User, alice: User, admin: Any) -> None:
    one = in_batches(root, 2)
    runs_of(alice, 2)
    for part in one.claim():
        one.finish(part["token"])
    Attempt.objects.update(seconds=4.0)
    stamp.stamp.path.touch()
    at = timezone.now()

    (rate,) = batch_rates.rates_lately(at)
    _, family = installation_metrics.farm(at)

    assert (rate.model, rate.size, rate.steps, rate.steps_per_second) == ("farm:shout", 2, 2, 0.5)
    (sample,) = family.samples
    assert (sample.labels, sample.value) == ({"model": "farm:shout", "size": "2"}, 0.5)
    page = admin.get("/farm/").content.decode()
    assert "farm:shout: 0.50 steps a second in batches of 2" in page


ANSWERS = st.sampled_from(["succeeded", "temporary", "out_of_memory", "unfit", "released"])


@pytest.mark.django_db
@settings(
    max_examples=12, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(moves=st.lists(st.tuples(st.integers(0, 3), ANSWERS), min_size=5, max_size=25))
def test_no_step_is_lost_or_given_twice_whatever_workers_say(
    root: User, alice: User, moves: list[tuple[int, str]]
) -> None:
    Run.objects.all().delete()
    workers = [in_batches(root, size, f"W{size}") for size in (1, 2, 3, 4)]
    made = runs_of(alice, 4)
    for who, outcome in moves:
        Invocation.objects.filter(state="ready").update(due_at=timezone.now())
        one, row = workers[who], workers[who].row
        barred = set(
            StepFailure.objects.excluded().filter(worker=row).values_list("invocation", flat=True)
        )
        tokens = [work["token"] for work in one.claim()]
        held = set(Attempt.objects.of_tokens(tokens).values_list("invocation", flat=True))
        assert not held & barred
        for token in tokens:
            answer(one, token, outcome)

    live = Counter(Attempt.objects.live().values_list("invocation", flat=True))
    assert max(live.values(), default=1) == 1
    for run in made:
        run.refresh_from_db()
        steps = list(run.invocations.in_order())
        assert [step.sequence for step in steps] == list(range(len(steps))), "none is missing"
        assert {step.state for step in steps[:-1]} <= {InvocationState.COMPLETED}
        over = steps[-1].state == InvocationState.FAILED
        assert over is (run.state == RunState.FAILED), run.detail
    assert Assignment.objects.filter(attempt__invocation__run__in=made).exists()
    for one in workers:
        FarmWorker.objects.filter(pk=one.row.pk).archive(timezone.now())


def answer(worker: WorkerProgram, token: str, outcome: str) -> None:
    if outcome == "succeeded":
        assert worker.finish(token).status_code == 200
    elif outcome in ("temporary", "out_of_memory"):
        assert worker.fail(token, outcome).status_code == 200
    else:
        body = {"outcome": outcome}
        assert worker.call(f"attempts/{token}/finish", body).status_code == 200


def test_an_admin_may_say_how_many_it_is_given_at_once(
    root: User, alice: User, bob: User, carol: User, admin: Any
) -> None:
    one = enrolled(root)
    one.sign_on(SHOUT | {"batch": 8})
    for person in (alice, bob, carol):
        started(person, "farm:shout")
    address = f"/api/v1/workers/{one.row.public_id}"

    answer = admin.patch(address, {"batch_limits": {"shout": 2}}, "application/json")

    assert answer.json()["batch_limits"] == {"shout": 2}
    assert len(one.claim()) == 2
    for wrong in ({"shout": 0}, {"shout": 1001}, {"s" * 61: 1}):
        refused = admin.patch(address, {"batch_limits": wrong}, "application/json")
        assert refused.status_code == 422
