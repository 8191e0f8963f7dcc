"""What workers are asked to be: awake or asleep, at once or once their work is done."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from accounts.models import User
from farm import fallbacks, silence
from farm.events import FARM
from farm.models import FarmWorker
from invocations.models import Attempt, Invocation
from realtime import log
from tests.people import html_of

from .conftest import SHOUT, WorkerProgram, newest, started

ALWAYS = [
    {
        "days": ["mon", "tue", "wed", "thu", "fri", "sat", "sun"],
        "opens": "00:00",
        "closes": "00:00",
        "zone": "UTC",
    }
]


def ask(admin: Any, worker: WorkerProgram, **change: Any) -> Any:
    return admin.post(f"/farm/{worker.row.public_id}/status/", change)


def test_a_worker_is_asleep_once_it_has_heard_of_it(worker: WorkerProgram, admin: Any) -> None:
    ask(admin, worker, requested_status="asleep")
    before = worker.row.status

    answer = worker.call("claim")

    assert before == "awake"
    assert (answer.status_code, answer.json()["requested_status"]) == (423, "asleep")
    assert answer.headers["Retry-After"] == "25"
    assert (worker.row.status, worker.row.requested_status) == ("asleep", "")
    assert worker.call("claim").status_code == 423


def test_a_worker_that_is_woken_works_again(worker: WorkerProgram, admin: Any, alice: User) -> None:
    started(alice, "farm:shout")
    ask(admin, worker, requested_status="asleep")
    worker.call("claim")
    ask(admin, worker, requested_status="awake")

    assert len(worker.claim()) == 1
    assert worker.row.status == "awake"


def test_a_worker_that_is_to_test_itself_works_on_with_what_has_passed(
    worker: WorkerProgram, admin: Any, alice: User
) -> None:
    started(alice, "farm:shout")
    ask(admin, worker, requested_status="testing")

    answer = worker.call("claim")

    assert (answer.status_code, answer.json()["requested_status"]) == (423, "testing")
    assert (worker.row.status, worker.row.requested_status) == ("testing", "")
    worker.sign_on(SHOUT, self_test={"ok": True})
    assert worker.row.status == "awake"
    assert len(worker.claim()) == 1


def test_a_worker_that_only_asks_for_work_after_a_test_is_awake(
    worker: WorkerProgram, admin: Any, alice: User
) -> None:
    started(alice, "farm:shout")
    ask(admin, worker, requested_status="testing")
    worker.call("claim")

    assert len(worker.claim()) == 1
    assert worker.row.status == "awake"


def test_a_worker_that_is_to_restart_has_once_it_signs_on_again(
    worker: WorkerProgram, admin: Any
) -> None:
    worker.sign_on(SHOUT, can_restart=True)
    ask(admin, worker, requested_status="restart", lazy="on")

    assert worker.call("claim").json()["requested_status"] == "restart"
    assert worker.call("claim").json()["requested_status"] == "restart", "it is not confirmed so"
    worker.call("sign-off")
    worker.sign_on(SHOUT, can_restart=True, session="two")

    row = worker.row
    assert (row.status, row.requested_status, row.lazy) == ("awake", "", False)
    assert worker.claim() == []


def test_only_a_worker_that_can_is_asked_to_restart(worker: WorkerProgram, admin: Any) -> None:
    page = admin.get(f"/farm/{worker.row.public_id}/").text
    assert 'value="restart"' not in page

    ask(admin, worker, requested_status="restart")
    admin.post("/farm/changes/", {"do": "restart"})
    assert worker.row.requested_status == ""

    worker.sign_on(SHOUT, can_restart=True)
    admin.post("/farm/changes/", {"do": "restart", "lazy": "on"})
    assert (worker.row.requested_status, worker.row.lazy) == ("restart", True)


@pytest.mark.parametrize("asked", ["asleep", "restart"])
def test_a_worker_that_leaves_while_it_sleeps_comes_back_asleep(
    worker: WorkerProgram, admin: Any, asked: str
) -> None:
    worker.sign_on(SHOUT, can_restart=True)
    ask(admin, worker, requested_status="asleep")
    worker.call("claim")
    ask(admin, worker, requested_status=asked)

    worker.call("sign-off")
    worker.sign_on(SHOUT, session="two")

    assert worker.row.status == "asleep"


@pytest.mark.parametrize("lazy", [True, False])
def test_what_a_worker_has_begun_is_finished_where_it_may(
    worker: WorkerProgram, admin: Any, alice: User, lazy: bool
) -> None:
    started(alice, "farm:shout")
    (work,) = worker.claim()
    ask(admin, worker, requested_status="asleep", **({"lazy": "on"} if lazy else {}))

    renewed = worker.call(f"attempts/{work['token']}/renew").json()

    assert renewed["go_on"] is lazy
    assert worker.call("claim").status_code == 423
    assert worker.row.status == "awake", "it holds work, and sleeps only afterwards"


def test_a_worker_that_is_asleep_stays_so_when_its_program_starts_again(
    worker: WorkerProgram, admin: Any
) -> None:
    ask(admin, worker, requested_status="asleep")
    worker.call("claim")

    assert worker.sign_on(SHOUT).json()["status"] == "asleep"


def test_a_worker_sleeps_in_its_sleep_windows(worker: WorkerProgram) -> None:
    worker.row.change(sleep_windows=ALWAYS)

    assert worker.call("claim").json()["requested_status"] == "asleep"
    worker.row.change(sleep_windows=[])
    assert worker.call("claim").status_code == 204


def quiet(seconds: float) -> None:
    at = timezone.now()
    FarmWorker.objects.update(last_seen_at=at - timedelta(seconds=seconds))
    Invocation.objects.update(due_at=at - timedelta(seconds=seconds))


def test_a_step_whose_workers_are_silent_goes_to_its_fallback(
    worker: WorkerProgram, alice: User
) -> None:
    run = started(alice, "farm:shout", fallback="dummy:text-to-text")
    quiet(90)

    (found,) = silence.silent_steps(timezone.now())
    fallbacks.give_up(found, at=timezone.now())

    assert newest(run).model == "dummy:text-to-text"
    assert "No worker of the farm" in Attempt.objects.get().error_detail


def test_a_step_without_a_fallback_waits(worker: WorkerProgram, alice: User) -> None:
    started(alice, "farm:shout")
    quiet(90)

    assert silence.silent_steps(timezone.now()) == []


def test_a_step_whose_worker_is_busy_waits(worker: WorkerProgram, alice: User) -> None:
    run = started(alice, "farm:shout", fallback="dummy:text-to-text")
    Invocation.objects.update(due_at=timezone.now() - timedelta(seconds=90))

    assert silence.silent_steps(timezone.now()) == []
    fallbacks.give_up(newest(run).pk, at=timezone.now())
    assert newest(run).model == "farm:shout"


TROUBLE = "Its disk is full: 3 MB of disk are free, 2048 wanted."


def claims_with_trouble(worker: WorkerProgram) -> Any:
    return worker.call("claim", {"slots": 1, "wait_seconds": 25, "trouble": TROUBLE})


def test_a_worker_says_why_it_can_begin_nothing_until_it_can(
    worker: WorkerProgram, admin: Any, alice: User
) -> None:
    run = started(alice, "farm:shout")

    answer = claims_with_trouble(worker)

    assert answer.status_code == 204
    assert (worker.row.status, worker.row.trouble) == ("error", TROUBLE)
    page = html_of(admin.get(f"/farm/{worker.row.public_id}/"))
    assert '<span class="alarm">error</span>' in page
    assert TROUBLE in page
    step = newest(run).public_id
    why = admin.get(f"/api/v1/invocations/{step}/why-waiting").json()["reason"]
    assert f"Back room is in error ({TROUBLE})" in why
    assert len(worker.claim()) == 1
    assert (worker.row.status, worker.row.trouble) == ("awake", "")


def test_what_a_worker_holds_it_is_given_again_whatever_its_trouble_is(
    worker: WorkerProgram, alice: User
) -> None:
    started(alice, "farm:shout")
    (work,) = worker.claim()

    answer = claims_with_trouble(worker)

    assert [one["token"] for one in answer.json()["assignments"]] == [work["token"]]
    assert worker.finish(work["token"]).status_code == 200


def test_a_worker_in_trouble_is_put_to_sleep_and_woken_as_any_other(
    worker: WorkerProgram, admin: Any
) -> None:
    claims_with_trouble(worker)
    ask(admin, worker, requested_status="asleep")
    asked = claims_with_trouble(worker)
    asleep = worker.row.status
    ask(admin, worker, requested_status="awake")
    claims_with_trouble(worker)

    assert (asked.status_code, asleep) == (423, "asleep")
    assert (worker.row.status, worker.row.requested_status) == ("error", "")


def test_a_trouble_is_over_with_the_next_sign_on(worker: WorkerProgram) -> None:
    claims_with_trouble(worker)

    worker.sign_on(SHOUT)

    assert (worker.row.status, worker.row.trouble) == ("awake", "")


def test_the_same_trouble_again_is_no_news(worker: WorkerProgram) -> None:
    claims_with_trouble(worker)
    before = log.position(FARM)

    claims_with_trouble(worker)

    assert log.position(FARM) == before
