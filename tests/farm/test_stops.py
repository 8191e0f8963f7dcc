"""Stop-all puts the farm to sleep, with a line in the receipt; Resume lets each worker be what it was."""

from __future__ import annotations

from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from accounts.models import User
from farm.events import FARM
from invocations import halts
from invocations.hooks import ToldWorkers
from invocations.models import Invocation, StopAll
from platforms import farm_models
from realtime import log
from tests.people import html_of

from .conftest import SHOUT, WorkerProgram, enrolled, started


@pytest.fixture
def other(root: User) -> WorkerProgram:
    one = enrolled(root, "Attic")
    one.sign_on(SHOUT)
    return one


def stop() -> StopAll:
    return halts.stop_all(stopped_by=None, at=timezone.now())


def resume() -> None:
    halts.resume_all(lifted_by=None, at=timezone.now())


def workers_told(stop_all: StopAll) -> ToldWorkers:
    return halts.receipt(stop_all, at=stop_all.committed_at).workers


def asked(worker: WorkerProgram) -> tuple[str, str, bool]:
    row = worker.row
    return row.status, row.requested_status, row.lazy


def test_stop_all_forces_all_workers_to_sleep_and_counts_who_has_confirmed(
    worker: WorkerProgram, other: WorkerProgram, alice: User
) -> None:
    started(alice, "farm:shout")
    (work,) = worker.claim()

    stopped = stop()
    assert workers_told(stopped) == ToldWorkers(2, 0)
    assert not halts.receipt(stopped, at=stopped.committed_at).complete
    assert other.call("claim").status_code == 423
    assert workers_told(stopped) == ToldWorkers(2, 1)

    assert not worker.call(f"attempts/{work['token']}/renew").json()["go_on"]
    worker.call(f"attempts/{work['token']}/finish", {"outcome": "released"})
    assert worker.call("claim").status_code == 423
    assert workers_told(stopped) == ToldWorkers(2, 2)
    receipt = halts.receipt(stopped, at=stopped.committed_at)
    assert receipt.complete
    assert [call.outcome for call in receipt.calls] == ["cancelled"]


@pytest.mark.django_db(transaction=True)
def test_resume_has_runs_go_on_whose_workers_sleep_since_the_stop(
    worker: WorkerProgram, alice: User
) -> None:
    started(alice, "farm:shout")
    stop()
    assert worker.call("claim").status_code == 423
    assert farm_models.known()["farm:shout"].problem  # read a moment ago

    resumed = halts.resume_all(lifted_by=None, at=timezone.now())

    assert len(resumed.runs) == 1
    Invocation.objects.filter(state="ready").update(due_at=timezone.now())
    assert len(worker.claim()) == 1


def test_resume_wakes_those_that_were_awake(worker: WorkerProgram, other: WorkerProgram) -> None:
    other.row.request("asleep", lazy=False)
    other.call("claim")
    stop()
    worker.call("claim")

    resume()

    assert asked(worker) == ("asleep", "awake", False)
    assert worker.call("claim").status_code == 204
    assert asked(worker) == ("awake", "", False)
    assert asked(other) == ("asleep", "", False)


def test_one_that_has_not_heard_of_the_stop_is_asked_what_it_was_asked_before(
    worker: WorkerProgram, other: WorkerProgram
) -> None:
    worker.row.request("asleep", lazy=True)
    stop()

    resume()

    assert asked(worker) == ("awake", "asleep", True)
    assert asked(other) == ("awake", "", False)


def test_what_somebody_asks_meanwhile_holds(worker: WorkerProgram) -> None:
    stop()
    worker.call("claim")
    worker.row.request("awake", lazy=False)
    worker.call("claim")
    worker.row.request("asleep", lazy=True)

    resume()

    assert asked(worker) == ("awake", "asleep", True)


def test_one_that_was_about_to_be_woken_is_woken_later(worker: WorkerProgram) -> None:
    worker.row.request("asleep", lazy=False)
    worker.call("claim")
    worker.row.request("awake", lazy=False)

    stopped = stop()

    assert asked(worker)[:2] == ("asleep", "")
    assert workers_told(stopped) == ToldWorkers(1, 1)
    resume()
    assert asked(worker)[:2] == ("asleep", "awake")


def test_a_program_that_begins_during_the_stop_sleeps_and_has_confirmed_it(
    worker: WorkerProgram,
) -> None:
    stopped = stop()

    assert worker.sign_on(SHOUT).json()["status"] == "asleep"

    assert workers_told(stopped) == ToldWorkers(1, 1)


def test_a_stop_of_all_workers_is_one_event(worker: WorkerProgram, other: WorkerProgram) -> None:
    before = log.position(FARM)

    stop()

    assert [one.type for one in log.read_after(FARM, before, 9)] == ["farm_worker.changed"]


def queries_of_a_stop() -> int:
    with CaptureQueriesContext(connection) as captured:
        stop()
    resume()
    return len(captured)


def test_a_stop_costs_as_many_queries_with_many_workers(worker: WorkerProgram, root: User) -> None:
    queries_of_a_stop()
    one = queries_of_a_stop()
    for number in range(20):
        enrolled(root, f"Machine {number}")

    assert queries_of_a_stop() == one


def test_the_receipt_has_a_line_for_the_farm(worker: WorkerProgram, admin: Any) -> None:
    stopped = stop()
    page = html_of(admin.get(f"/mission-control/stop-all/{stopped.public_id}/"))

    assert "1 told to sleep, 0 confirmed" in page
    answer = admin.get(f"/api/v1/stop-all/{stopped.public_id}").json()
    assert answer["farm_workers"] == {"told": 1, "confirmed": 0}
