"""The answer to an outcome brings the step that follows, where the worker would be given it anyway."""

from __future__ import annotations

from typing import Any

from accounts.models import User
from invocations.models import Attempt
from invocations.states import InvocationState

from .conftest import SHOUT, WorkerProgram, enrolled, newest, started


def given_with(answer: Any) -> list[str]:
    assert answer.status_code == 200, answer.content
    return [one["inputs"][0]["text"] for one in answer.json()["assignments"]]


def test_a_worker_that_takes_the_next_step_is_given_it_with_the_answer(
    worker: WorkerProgram, alice: User
) -> None:
    run = started(alice, "farm:shout")
    (work,) = worker.claim()

    answer = worker.finish(work["token"], "ONE", takes_next=True)

    (given,) = answer.json()["assignments"]
    assert (given["model"], given["inputs"][0]["text"]) == ("shout", "ONE")
    assert newest(run).state == InvocationState.INVOKING
    assert [one["token"] for one in worker.claim()] == [given["token"]]
    assert Attempt.objects.live().get().worker == worker.row.holder_name


def test_who_does_not_ask_for_it_is_given_nothing(worker: WorkerProgram, alice: User) -> None:
    run = started(alice, "farm:shout")
    (work,) = worker.claim()

    assert given_with(worker.finish(work["token"], "ONE")) == []
    assert newest(run).state == InvocationState.READY


def test_the_same_answer_again_gives_nothing_more_and_a_claim_what_was_given(
    worker: WorkerProgram, alice: User
) -> None:
    started(alice, "farm:shout")
    (work,) = worker.claim()
    assert given_with(worker.finish(work["token"], "ONE", takes_next=True)) == ["ONE"]

    assert given_with(worker.finish(work["token"], "ONE", takes_next=True)) == []
    assert [one["inputs"][0]["text"] for one in worker.claim()] == ["ONE"]
    assert Attempt.objects.count() == 2


def test_a_step_that_has_waited_longer_comes_first(
    worker: WorkerProgram, alice: User, bob: User
) -> None:
    started(alice, "farm:shout", prompt="an owl")
    (work,) = worker.claim()
    started(bob, "farm:shout", prompt="a fox")

    assert given_with(worker.finish(work["token"], "ONE", takes_next=True)) == []
    assert [one["inputs"][0]["text"] for one in worker.claim()] == ["a fox"]


def test_a_worker_that_is_asked_to_sleep_is_given_no_next_step(
    worker: WorkerProgram, alice: User
) -> None:
    started(alice, "farm:shout")
    (work,) = worker.claim()
    worker.row.request("asleep", lazy=True)

    assert given_with(worker.finish(work["token"], "ONE", takes_next=True)) == []
    assert worker.call("claim", {"slots": 1}).status_code == 423


def test_a_next_step_of_a_model_that_it_does_not_offer_is_for_others(
    worker: WorkerProgram, root: User, alice: User
) -> None:
    other = enrolled(root, "Attic")
    other.sign_on(SHOUT | {"name": "whisper"})
    started(alice, "farm:shout", "farm:whisper")
    (work,) = worker.claim()

    assert given_with(worker.finish(work["token"], "ONE", takes_next=True)) == []
    assert [one["inputs"][0]["text"] for one in other.claim()] == ["ONE"]


def test_a_batch_is_followed_by_a_claim(worker: WorkerProgram, alice: User, bob: User) -> None:
    worker.sign_on(SHOUT | {"batch": 2})
    for person in (alice, bob):
        started(person, "farm:shout")
    works = worker.claim()
    assert len(works) == 2

    assert given_with(worker.finish(works[0]["token"], "ONE", takes_next=True)) == []


def test_a_failure_is_followed_by_a_claim(worker: WorkerProgram, alice: User) -> None:
    run = started(alice, "farm:shout")
    (work,) = worker.claim()

    answer = worker.call(
        f"attempts/{work['token']}/finish", {"outcome": "released", "takes_next": True}
    )

    assert given_with(answer) == []
    assert newest(run).state == InvocationState.READY
