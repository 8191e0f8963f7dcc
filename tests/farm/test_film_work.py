"""Tasks of films on farm workers: handed out after steps, read to their end when they come back."""

from __future__ import annotations

import hashlib
import json
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.conf import LazySettings
from django.utils import timezone

from accounts.models import User
from farm import batches, film_work, long_poll
from farm.failures import MAX_RETURNS
from farm.models import FarmWorker, TaskAssignment
from films import changes, intermediates, sweep
from films.models import Film, FilmTask, TaskAttempt
from films.states import FilmState, TaskState
from films.worker import FilmWorker
from invocations.models import WorkerHeartbeat
from tests.films.film_fixtures import *  # noqa: F403  its fixtures
from tests.films.film_fixtures import Order, make_all, operate_here

from .conftest import SHOUT, WorkerProgram, enrolled, started

OPERATIONS = ["interpolate", "upscale"]


@pytest.fixture(autouse=True)
def own_storage(settings: LazySettings, tmp_path: Path) -> None:
    settings.MEDIA_ROOT = tmp_path / "media"
    settings.DISK_FLOOR_MB = 0


@pytest.fixture
def film(order: Order, film_worker: FilmWorker) -> Film:
    """Split; its chunks are ready to be interpolated."""
    made = order("interpolate", factor=2, keep_audio=False)
    while not made.tasks.filter(operation="interpolate", state=TaskState.READY).exists():
        assert film_worker.work_once()
    return made


@pytest.fixture
def maker(root: User) -> WorkerProgram:
    """A worker that does operations, and shouts."""
    one = enrolled(root)
    assert one.sign_on(SHOUT, operations=OPERATIONS).status_code == 200
    return one


def operated(maker: WorkerProgram, work: dict[str, Any], folder: Path) -> bytes:
    """What panic-worker would make of it."""
    (given,) = work["inputs"]
    answer: Any = maker.client.get(given["url"], headers=maker.headers)
    content = b"".join(answer.streaming_content)
    assert hashlib.sha256(content).hexdigest() == given["sha256"]
    assert len(content) == given["bytes"]
    path = folder / "given.mkv"
    path.write_bytes(content)
    made = operate_here(
        work["model"], [path], work["parameters"], folder, lambda *_: None, lambda: False
    )
    return made.outputs[0].path.read_bytes()


def hand_in(maker: WorkerProgram, work: dict[str, Any], content: bytes, **more: Any) -> Any:
    sha256 = hashlib.sha256(content).hexdigest()
    assert maker.send_file(sha256, content).status_code in (201, 208)
    outputs = [
        {"type": "video", "sha256": sha256},
        {"type": "text", "text": json.dumps({"rate": "8"})},
    ]
    body = {"outcome": "succeeded", "outputs": outputs, "backend": f"{work['model']}:motion"}
    return maker.call(f"attempts/{work['token']}/finish", {**body, "seconds": 2.5, **more})


def test_a_film_is_made_by_a_farm_worker_and_this_machine(
    film: Film, maker: WorkerProgram, film_worker: FilmWorker, tmp_path: Path
) -> None:
    works = []
    while found := maker.claim():
        (work,) = found
        works.append(work)
        assert (work["kind"], work["model"]) == ("operation", "interpolate")
        answer = hand_in(maker, work, operated(maker, work, tmp_path))
        assert answer.status_code == 200, answer.content
    assert len(works) == film.tasks.filter(operation="interpolate").count() > 1

    made = make_all(film_worker, film)

    assert made.state == FilmState.COMPLETED, made.error
    task = film.tasks.filter(operation="interpolate").first()
    assert task is not None
    assert (task.backend, task.degraded, task.details, task.seconds) == (
        *("motion", "", {"rate": "8"}),
        2.5,
    )
    holders = set(TaskAttempt.objects.filter(task=task).values_list("worker", flat=True))
    assert holders == {maker.row.holder_name}
    with made.output.path() as path:  # type: ignore[union-attr]
        assert path.stat().st_size


def test_steps_of_runs_go_before_tasks_of_films(
    film: Film, maker: WorkerProgram, alice: User
) -> None:
    started(alice, "farm:shout")

    given = maker.claim(slots=3)

    assert [one["kind"] for one in given] == ["step", "operation", "operation"]
    for slots in (3, 2):  # what it holds takes its places
        again = maker.claim(slots=slots)
        assert [one["token"] for one in again] == [one["token"] for one in given]


def test_like_tasks_are_given_together_up_to_what_the_worker_does_in_one_go(
    film: Film, maker: WorkerProgram, tmp_path: Path
) -> None:
    maker.sign_on(operations=OPERATIONS, operation_batches={"interpolate": 8})
    chunks = film.tasks.filter(operation="interpolate", state=TaskState.READY).count()
    assert chunks > 1

    given = maker.claim()

    assert len(given) == chunks
    assert {one["batch"] for one in given} == {given[0]["batch"]} != {""}
    assert {one["batch_key"] for one in given} == {given[0]["batch_key"]} != {""}
    assert batches.saved_lately(timezone.now()).calls == chunks - 1
    held = [one["token"] for one in maker.claim()]
    assert held == [one["token"] for one in given], "they take one place"
    for work in given:  # that was too much at once: no failure, and half as many
        body = {"outcome": "failed", "error": {"class": "out_of_memory"}}
        assert maker.call(f"attempts/{work['token']}/finish", body).status_code == 200
    again = maker.claim()
    assert len(again) == max(1, chunks // 2)
    for work in again:
        assert hand_in(maker, work, operated(maker, work, tmp_path)).status_code == 200
    assert not TaskAttempt.objects.filter(outcome="failed").exists()


def test_a_lesser_way_is_said(film: Film, maker: WorkerProgram, tmp_path: Path) -> None:
    (work,) = maker.claim()

    hand_in(maker, work, operated(maker, work, tmp_path), degraded=True)

    task = TaskAssignment.objects.get().attempt.task
    assert task.degraded == "The worker Back room did it in a lesser way (motion)."


def test_the_same_answer_again_is_the_same(
    film: Film, maker: WorkerProgram, tmp_path: Path
) -> None:
    (work,) = maker.claim()
    content = operated(maker, work, tmp_path)
    assert hand_in(maker, work, content).status_code == 200

    assert hand_in(maker, work, content).status_code == 200
    assert hand_in(maker, work, content, seconds=3).status_code == 409


@pytest.mark.parametrize("sent", ["garbage", "given", "nothing"])
def test_what_is_not_the_chunk_that_was_asked_for_is_not_taken(
    film: Film, maker: WorkerProgram, sent: str, root: User
) -> None:
    (work,) = maker.claim()
    (given,) = work["inputs"]
    if sent == "nothing":
        outputs = [{"type": "video", "sha256": "0" * 64}]
        body = {"outcome": "succeeded", "outputs": outputs}
        answer = maker.call(f"attempts/{work['token']}/finish", body)
    else:
        whole: Any = maker.client.get(given["url"], headers=maker.headers)
        content = b"".join(whole.streaming_content) if sent == "given" else b"garbage"
        answer = hand_in(maker, work, content)

    assert answer.status_code == 200
    task = TaskAssignment.objects.get().attempt.task
    assert task.state == TaskState.READY
    assert task.failures == 1
    assert "Back room" in task.error
    FilmTask.objects.update(due_at=None)
    chunk = given["sha256"]
    assert chunk not in [one["inputs"][0]["sha256"] for one in maker.claim(slots=9)], "not again"
    other = enrolled(root, "Front room")
    other.sign_on(operations=OPERATIONS)
    assert [one["inputs"][0]["sha256"] for one in other.claim(slots=9)] == [chunk]


def test_a_worker_that_is_silent_loses_the_task(
    film: Film, maker: WorkerProgram, tmp_path: Path
) -> None:
    (work,) = maker.claim()
    content = operated(maker, work, tmp_path)
    assert sweep.sweep(timezone.now()) == 0, "it is no worker of this machine"
    TaskAttempt.objects.live().update(lease_until=timezone.now())

    assert sweep.sweep(timezone.now()) == 1
    assert hand_in(maker, work, content).status_code == 409
    assert maker.call(f"attempts/{work['token']}/renew").status_code == 409


def test_a_task_that_is_given_back_again_and_again_is_for_others(
    film: Film, maker: WorkerProgram, root: User
) -> None:
    held = set()
    for _ in range(MAX_RETURNS):
        (work,) = maker.claim()
        held.add(work["inputs"][0]["sha256"])
        body = {"outcome": "released"}
        assert maker.call(f"attempts/{work['token']}/finish", body).status_code == 200
    (chunk,) = held

    task = FilmTask.objects.get(failures=1)
    assert task.error == "The worker Back room has given it back 5 times."
    FilmTask.objects.update(due_at=None)
    assert chunk not in [one["inputs"][0]["sha256"] for one in maker.claim(slots=9)]
    other = enrolled(root, "Front room")
    other.sign_on(operations=OPERATIONS)
    assert [one["inputs"][0]["sha256"] for one in other.claim(slots=9)] == [chunk]


def test_a_task_that_is_kept_until_its_deadline_has_failed(
    film: Film, maker: WorkerProgram
) -> None:
    (work,) = maker.claim()
    at = timezone.now()
    TaskAttempt.objects.live().update(lease_until=at, deadline_at=at)
    assert sweep.sweep(at + timedelta(seconds=1)) == 1

    task = TaskAttempt.objects.get(token=work["token"]).task
    assert (task.failures, task.losses, task.error_code) == (1, 0, "timed_out")
    FilmTask.objects.update(due_at=None)
    chunk = work["inputs"][0]["sha256"]
    assert chunk not in [one["inputs"][0]["sha256"] for one in maker.claim(slots=9)]


def test_a_cancelled_film_stops_its_work(film: Film, maker: WorkerProgram, alice: User) -> None:
    (work,) = maker.claim()
    renew = f"attempts/{work['token']}/renew"
    assert maker.call(renew, {"progress": 0.5, "phase": "interpolate"}).json()["go_on"]
    assert TaskAttempt.objects.live().get().progress == 0.5

    changes.cancel_film(film=film, at=timezone.now())

    assert maker.call(renew).status_code == 409
    assert maker.claim() == []


def test_what_it_holds_is_free_when_it_leaves(film: Film, maker: WorkerProgram) -> None:
    maker.claim(slots=2)

    assert maker.call("sign-off").status_code == 204

    assert not TaskAttempt.objects.live().exists()
    assert film.tasks.filter(operation="interpolate", state=TaskState.READY).count() == 2


def test_a_log_is_kept(film: Film, maker: WorkerProgram) -> None:
    (work,) = maker.claim()

    maker.call(f"attempts/{work['token']}/log", {"offset": 0, "text": "loading\n"})

    assert TaskAssignment.objects.get().log == "loading\n"


def test_only_who_holds_a_task_may_read_its_chunk(
    film: Film, maker: WorkerProgram, root: User
) -> None:
    (work,) = maker.claim()
    other = enrolled(root, "Front room")
    other.sign_on(operations=OPERATIONS)

    url = work["inputs"][0]["url"]

    assert other.client.get(url, headers=other.headers).status_code == 409
    assert other.client.get(url).status_code == 401


@pytest.mark.parametrize(
    ("fields", "given"),
    [
        ({"operations": []}, False),
        ({"operations": ["split", "caption"]}, False),
        ({"serves_tag": "hall"}, False),
        ({"serves_person": "bob"}, False),
        ({"serves_person": "alice"}, True),
    ],
)
def test_whose_films_a_worker_makes(
    film: Film, maker: WorkerProgram, alice: User, bob: User, fields: Any, given: bool
) -> None:
    if person := fields.get("serves_person"):
        fields = {"serves_person": {"alice": alice, "bob": bob}[person]}
    FarmWorker.objects.update(**fields)

    assert bool(maker.claim()) is given


def test_with_several_machines_the_farm_is_given_no_films(film: Film, maker: WorkerProgram) -> None:
    for host in ("one", "two"):
        WorkerHeartbeat.beat(host, at=timezone.now())

    assert maker.claim() == []


def test_a_waiting_worker_is_woken_for_a_task(
    film: Film, maker: WorkerProgram, settings: LazySettings
) -> None:
    due = long_poll.workers_for_due_steps()

    assert due == [frozenset({maker.row.public_id})] * 2
    maker.claim(slots=2)
    assert film_work.workers_for_ready_tasks(timezone.now()) == []


def test_a_chunk_that_is_gone_is_made_again(film: Film, maker: WorkerProgram) -> None:
    split = film.tasks.get(operation="split")
    for output in split.outputs:
        intermediates.remove(film, output)

    assert maker.claim() == []
    split.refresh_from_db()
    assert split.state in (TaskState.READY, TaskState.WAITING)


def test_whose_input_was_lost_is_given_the_task_once_that_was_made_again(
    film: Film, maker: WorkerProgram, film_worker: FilmWorker
) -> None:
    for output in film.tasks.get(operation="split").outputs:
        intermediates.remove(film, output)
    assert maker.claim() == []
    interpolated = film.tasks.filter(operation="interpolate")
    while not interpolated.filter(state=TaskState.READY).exists():
        assert film_worker.work_once()

    assert len(maker.claim(slots=9)) == interpolated.count()


@pytest.mark.parametrize(
    ("offered", "given"),
    [
        (OPERATIONS, False),
        ([*OPERATIONS, "upscale/learned"], False),
        ([*OPERATIONS, "interpolate/learned"], True),
        (["interpolate/learned"], True),
    ],
)
def test_work_of_learned_weights_is_given_to_who_has_them(
    film: Film, maker: WorkerProgram, offered: list[str], given: bool
) -> None:
    film.tasks.filter(operation="interpolate").update(parameters={"factor": 2, "method": "learned"})
    FarmWorker.objects.update(operations=offered)
    woken = film_work.workers_for_ready_tasks(timezone.now())

    assert bool(maker.claim()) is given
    assert bool(woken) is given


def test_who_has_weights_alone_is_not_given_other_work(film: Film, maker: WorkerProgram) -> None:
    FarmWorker.objects.update(operations=["interpolate/learned"])

    assert maker.claim() == []
