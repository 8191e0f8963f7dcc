"""What belongs together reaches the disk together: a claim with its record, an outcome with the answer."""

from __future__ import annotations

import pytest

from accounts.models import User
from farm.models import Assignment
from invocations.models import Attempt
from invocations.states import InvocationState

from .conftest import WorkerProgram, started


class PowerCut(Exception):
    """Nothing is done any more."""


def _cut_power(*_: object, **__: object) -> None:
    raise PowerCut


def test_a_step_is_not_taken_without_its_record(
    worker: WorkerProgram, alice: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    run = started(alice, "farm:shout")

    with monkeypatch.context() as cut:
        cut.setattr(Assignment, "write", _cut_power)
        assert worker.call("claim", {"slots": 1}).status_code == 500

    assert not Attempt.objects.exists()
    assert run.invocations.get().state == InvocationState.READY
    assert len(worker.claim()) == 1


def test_a_step_does_not_end_without_the_answer_that_ended_it(
    worker: WorkerProgram, alice: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    run = started(alice, "farm:shout")
    (work,) = worker.claim()

    with monkeypatch.context() as cut:
        cut.setattr(Assignment, "note_finished", _cut_power)
        assert worker.finish(work["token"], "ONE").status_code == 500

    assert run.invocations.get().state == InvocationState.INVOKING
    assert Assignment.objects.get().finish_digest == ""
    assert worker.finish(work["token"], "TWO").status_code == 200
    assert run.invocations.in_order()[0].output_text == "TWO"


def test_a_step_is_not_ended_by_an_answer_that_came_second(
    worker: WorkerProgram, alice: User
) -> None:
    run = started(alice, "farm:shout")
    (work,) = worker.claim()
    Assignment.objects.update(finish_digest="0" * 64)  # of an answer that is under way

    assert worker.finish(work["token"], "LATE").status_code == 409
    assert run.invocations.get().state == InvocationState.INVOKING
