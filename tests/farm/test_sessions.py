"""One process acts for a worker: calls of another one with the same secret are refused."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from accounts.models import User
from farm.models import FarmWorker
from invocations.models import Attempt

from .conftest import SHOUT, WorkerProgram, enrolled, started


def named(worker: WorkerProgram, session: str) -> WorkerProgram:
    """The same secret in a process that says its session with each call."""
    return WorkerProgram(worker.secret, session=session)


@pytest.fixture
def first(root: User) -> WorkerProgram:
    one = named(enrolled(root), "one")
    assert one.sign_on(SHOUT, session="one").status_code == 200
    return one


def replaced_by(first: WorkerProgram, session: str) -> WorkerProgram:
    """After it was silent for half a minute."""
    silent = timezone.now() - timedelta(seconds=31)
    FarmWorker.objects.filter(pk=first.row.pk).update(last_seen_at=silent)
    second = named(first, session)
    assert second.sign_on(SHOUT, session=session).status_code == 200
    return second


def refusal(answer: Any) -> tuple[int, str]:
    return answer.status_code, answer.json()["code"]


def test_every_call_of_a_replaced_session_is_refused(first: WorkerProgram, alice: User) -> None:
    started(alice, "farm:shout")
    (work,) = first.claim()
    token = work["token"]
    second = replaced_by(first, "two")

    for answer in (
        first.call("claim", {"slots": 1}),
        first.call(f"attempts/{token}/renew"),
        first.call(f"attempts/{token}/log", {"offset": 0, "text": "hello"}),
        first.finish(token),
        first.call("sign-off"),
        first.send_file("0" * 64, b"wrong"),
    ):
        assert refusal(answer) == (409, "already_signed_on")
        assert answer.headers["Retry-After"]
    assert Attempt.objects.get(token=token).outcome == ""
    assert [one["token"] for one in second.claim()] == [token], "its work is the second one's"
    assert second.finish(token).status_code == 200


def test_another_session_cannot_sign_on_while_the_first_is_heard_of(first: WorkerProgram) -> None:
    second = named(first, "two")

    answer = second.sign_on(SHOUT, session="two")

    assert refusal(answer) == (409, "already_signed_on")
    assert refusal(second.call("claim", {"slots": 1})) == (409, "already_signed_on")
    assert first.claim() == []


def test_the_secret_alone_is_not_enough_where_a_process_says_its_session(
    first: WorkerProgram, alice: User
) -> None:
    started(alice, "farm:shout")
    thief = WorkerProgram(first.secret)

    assert refusal(thief.call("claim", {"slots": 1})) == (409, "already_signed_on")
    assert len(first.claim()) == 1


def test_a_process_that_says_no_session_is_served(root: User, alice: User) -> None:
    plain = enrolled(root)
    plain.sign_on(SHOUT)
    started(alice, "farm:shout")

    (work,) = plain.claim()

    assert plain.finish(work["token"]).status_code == 200


def test_the_work_that_a_worker_says_it_holds_is_not_given_again(
    worker: WorkerProgram, alice: User
) -> None:
    started(alice, "farm:shout")
    (work,) = worker.claim()
    knows = {"slots": 2, "holding": [work["token"]]}
    assert worker.call("claim", knows).status_code == 204

    started(alice, "farm:shout")
    answer = worker.call("claim", knows)

    assert len(answer.json()["assignments"]) == 2
