"""Why a step waits, in words: the first condition that fails."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from accounts.models import User
from farm.models import BlockedWorker, FarmWorker
from films.models import Film, FilmTask, TaskAttempt
from invocations import runs
from invocations.models import Invocation, Run

from .conftest import SHOUT, WorkerProgram, enrolled, newest, started
from .test_status import ALWAYS


def why(person: Any, run: Run) -> tuple[str, str]:
    answer = person.get(f"/api/v1/invocations/{newest(run).public_id}/why-waiting").json()
    return answer["code"], answer["reason"]


@pytest.fixture
def run(worker: WorkerProgram, alice: User) -> Run:
    return started(alice, "farm:shout")


def test_the_next_free_worker_gets_it(run: Run, owner: Any) -> None:
    assert why(owner, run) == (
        "workers",
        "It is due, and Back room is given it when it asks next.",
    )


def test_a_paused_run_waits_for_somebody(run: Run, owner: Any) -> None:
    runs.pause_run(run=run)

    assert why(owner, run)[0] == "paused"


def test_a_step_that_is_not_due_waits_for_its_time(run: Run, owner: Any) -> None:
    Invocation.objects.update(due_at=timezone.now() + timedelta(hours=1))

    assert why(owner, run)[0] == "not_due"


def test_a_network_that_has_spent_its_calls_waits(run: Run, owner: Any) -> None:
    run.network.budgets = {"calls_per_hour": 0}
    run.network.save(update_fields=["budgets"])

    code, reason = why(owner, run)

    assert code == "budget"
    assert "calls of this hour" in reason


def test_what_is_worked_on_does_not_wait(worker: WorkerProgram, run: Run, owner: Any) -> None:
    (work,) = worker.claim()
    at_work = why(owner, run)[0]
    step = newest(run)
    worker.finish(work["token"])

    ended = owner.get(f"/api/v1/invocations/{step.public_id}/why-waiting").json()

    assert at_work == "at_work"
    assert (ended["code"], ended["waiting"]) == ("ended", False)


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"status": "asleep"}, "Back room is asleep"),
        ({"requested_status": "asleep"}, "Back room is asleep"),
        ({"status": "error"}, "Back room is not ready"),
        ({"sleep_windows": ALWAYS}, "Back room is in one of its sleep windows"),
        ({"last_seen_at": timezone.now() - timedelta(hours=1)}, "Back room is silent"),
        ({"offers": []}, "No worker of the farm offers shout."),
    ],
    ids=["asleep", "to be asleep", "error", "window", "silent", "no offer"],
)
def test_what_keeps_the_workers_from_it_is_said(
    run: Run, owner: Any, change: dict[str, Any], words: str
) -> None:
    FarmWorker.objects.update(**change)

    assert words in why(owner, run)[1]


def test_busy_workers_are_named(worker: WorkerProgram, run: Run, bob: User, other: Any) -> None:
    worker.claim()

    assert "Back room is busy" in why(other, started(bob, "farm:shout"))[1]


def test_a_blocked_worker_is_named(root: User, worker: WorkerProgram, run: Run, owner: Any) -> None:
    other = enrolled(root, "Attic")
    other.sign_on(SHOUT)
    FarmWorker.objects.filter(pk=other.row.pk).update(status="asleep")
    BlockedWorker.block(run, worker.row, "farm:shout", at=timezone.now())

    assert why(owner, run)[1] == (
        "No worker of the farm can take it now: Back room is blocked for it in this run; "
        "Attic is asleep."
    )


def test_pages_say_it_once_the_step_is_due(run: Run, owner: Any) -> None:
    FarmWorker.objects.update(status="asleep")
    places = [
        f"/n/{run.network.slug}/waiting/",
        run.get_absolute_url(),
        newest(run).get_absolute_url(),
    ]
    Invocation.objects.update(due_at=timezone.now() - timedelta(seconds=20))
    shown = [owner.get(place).content.decode() for place in places]
    Invocation.objects.update(due_at=timezone.now() + timedelta(seconds=20))
    later = [owner.get(place).content.decode() for place in places]

    assert ["Back room is asleep" in page for page in shown] == [True] * 3
    assert ["Back room is asleep" in page for page in later] == [False] * 3
    control_room = owner.get(run.network.get_absolute_url()).content.decode()
    assert f'data-refresh="{places[0]}"' in control_room


def test_the_control_room_does_not_ask_after_the_queue_where_a_step_waits_for_the_farm(
    run: Run, owner: Any
) -> None:
    Invocation.objects.update(due_at=timezone.now() - timedelta(seconds=20))

    page = owner.get(run.network.get_absolute_url()).content.decode()

    assert "due, and waits for a worker of the farm" in page
    assert "Are the workers running?" not in page
    assert "All is well." not in page


@pytest.mark.parametrize("asked", ["testing", "restart"])
def test_a_worker_that_is_asked_something_else_is_not_ready(
    run: Run, owner: Any, asked: str
) -> None:
    FarmWorker.objects.update(requested_status=asked)

    assert "Back room is not ready" in why(owner, run)[1]


def test_a_worker_with_a_task_of_a_film_is_busy(run: Run, owner: Any, alice: User) -> None:
    FarmWorker.objects.update(operations=["upscale"])
    worker, at = FarmWorker.objects.get(), timezone.now()
    film = Film.objects.create(owner=alice, run=run, recipe="film-of-run")
    task = FilmTask.objects.create(film=film, number=1, operation="upscale")
    lease = {"worker": worker.holder_name, "lease_until": at + timedelta(minutes=1)}
    TaskAttempt.objects.create(film=film, task=task, number=1, **lease)

    assert "Back room is busy" in why(owner, run)[1]
