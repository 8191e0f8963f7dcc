"""Whose step a worker is given: of the network with the highest priority, then the one that has waited longest."""

from __future__ import annotations

from typing import Any

from accounts.models import User
from farm.models import Assignment
from invocations.models import Run
from networks.models import Network

from .conftest import SHOUT, WorkerProgram, newest, started


def prioritize(run: Run, priority: int) -> None:
    Network.objects.filter(pk=run.network_id).update(farm_priority=priority)


def networks_of(given: list[dict[str, Any]]) -> list[int]:
    rows = Assignment.objects.select_related("attempt__invocation")
    by_token = {one.attempt.token: one.attempt.invocation.network_id for one in rows}
    return [by_token[one["token"]] for one in given]


def test_priority_comes_before_age(worker: WorkerProgram, alice: User, bob: User) -> None:
    early, late, last = (started(one, "farm:shout") for one in (alice, bob, bob))
    prioritize(late, 80)
    prioritize(last, 20)

    given = worker.claim(slots=3)

    assert networks_of(given) == [late.network_id, early.network_id, last.network_id]


def test_a_network_with_a_higher_priority_ends_the_following_of_a_run(
    worker: WorkerProgram, alice: User, bob: User
) -> None:
    """`takes_next` gives what a claim would give."""
    mine, other = started(alice, "farm:shout"), started(bob, "farm:shout")
    (work,) = worker.claim()
    assert networks_of([work]) == [mine.network_id]
    prioritize(other, 51)

    assert worker.finish(work["token"], takes_next=True).json()["assignments"] == []

    assert networks_of(worker.claim()) == [other.network_id]
    assert newest(mine).state == "ready"


def test_a_batch_is_of_those_with_the_highest_priority(
    worker: WorkerProgram, alice: User, bob: User
) -> None:
    worker.sign_on({**SHOUT, "batch": 2})
    low, first, second = (started(one, "farm:shout") for one in (alice, bob, bob))
    for run in (first, second):
        prioritize(run, 90)

    given = worker.claim()

    assert networks_of(given) == [first.network_id, second.network_id]
    assert newest(low).state == "ready"
