"""What is lost on the way, and what is not: dead workers, late results, files that are gone or damaged."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from films import changes, claims, intermediates, outcomes, sweep
from films.claims import TaskClaim
from films.models import Film, FilmTask, TaskAttempt, Upload
from films.states import FilmState, TaskState
from films.task_run import carry_out
from films.worker import FilmWorker
from invocations.states import IllegalMove, Outcome, Stale
from operations.errors import BackendFailed, NoRoom, OperationCancelled

from .conftest import Order, make_all, operate_here


def claimed(worker: str = "test") -> TaskClaim:
    found = claims.claim_next_task(worker=worker, at=timezone.now())
    assert found is not None
    return found


def test_a_task_is_claimed_once(order: Order) -> None:
    order(keep_audio=False)

    claimed()

    assert claims.claim_next_task(worker="other", at=timezone.now()) is None


def test_a_result_that_comes_after_another_try_began_changes_nothing(
    order: Order, film_worker: FilmWorker
) -> None:
    film = order(keep_audio=False)
    late = claimed("dead:1")
    outcomes.lose(late.attempt, at=timezone.now())
    film_worker.work_once()
    made = FilmTask.objects.get(film=film, operation="split").outputs

    with pytest.raises(Stale):
        outcomes.complete(late, outcomes.TaskResult([], "late", "", {}, 1.0), at=timezone.now())

    split = FilmTask.objects.get(film=film, operation="split")
    assert (split.state, split.outputs, split.backend) == (TaskState.COMPLETED, made, "ffmpeg")
    assert film.tasks.filter(operation="mux").count() == 1


def test_killed_workers_cost_no_finished_chunk(order: Order, film_worker: FilmWorker) -> None:
    """A worker of this host that is gone is noticed by its lock file, before its lease has run out."""
    film = order(keep_audio=False)
    film_worker.work_once()
    film_worker.work_once()
    finished = _completed(film)
    for _ in range(5):
        claimed(film_worker.name.rpartition(":")[0] + ":gone")
        sweep.sweep(timezone.now())

    film = make_all(film_worker, film)

    assert film.state == FilmState.COMPLETED, film.error
    assert TaskAttempt.objects.filter(outcome=Outcome.LOST).count() == 5
    assert {pk: _completed(film)[pk] for pk in finished} == finished
    assert all(task.attempts_made == 1 for task in film.tasks.filter(pk__in=finished))


def test_a_lease_that_was_not_renewed_gives_the_task_back(order: Order) -> None:
    order(keep_audio=False)
    claimed("elsewhere~1:1")

    assert sweep.sweep(timezone.now()) == 0
    assert sweep.sweep(timezone.now() + timedelta(minutes=2)) == 1
    assert claimed().task.losses == 1


def test_files_that_are_gone_are_made_again(order: Order, film_worker: FilmWorker) -> None:
    film = order(keep_audio=False)
    film_worker.work_once()
    for path in intermediates.folder_of_film(film).iterdir():
        path.unlink()

    film = make_all(film_worker, film)

    assert film.state == FilmState.COMPLETED, film.error
    assert film.tasks.get(operation="split").attempts_made == 2
    assert film.tasks.filter(operation="mux").count() == 1


def test_a_damaged_chunk_is_made_again(order: Order, film_worker: FilmWorker) -> None:
    film = order(keep_audio=False)
    film_worker.work_once()
    chunk = next(intermediates.folder_of_film(film).iterdir())
    content = bytearray(chunk.read_bytes())
    content[len(content) // 2] ^= 0xFF
    chunk.write_bytes(content)

    film = make_all(film_worker, film)

    assert film.state == FilmState.COMPLETED, film.error
    assert film.tasks.get(operation="split").attempts_made == 2


def test_only_what_failed_is_done_again(order: Order, film_worker: FilmWorker) -> None:
    film = order(keep_audio=False)
    film_worker.work_once()
    for _ in range(outcomes.MAX_FAILURES):
        _fail_next(BackendFailed("It broke."))
        FilmTask.objects.update(due_at=None)
    film.refresh_from_db()
    assert (film.state, film.error) == (FilmState.FAILED, "It broke.")
    done = _completed(film)

    changes.retry_film(film=film)
    film = make_all(film_worker, film)

    assert film.state == FilmState.COMPLETED, film.error
    assert film.error == ""
    assert {pk: _completed(film)[pk] for pk in done} == done


def test_a_full_disk_is_waited_for(order: Order, film_worker: FilmWorker) -> None:
    film = order(keep_audio=False)
    _fail_next(NoRoom("There is no room."))

    task = film.tasks.get(operation="split")
    assert (task.state, task.failures) == (TaskState.READY, 0)
    assert task.due_at is not None
    film.tasks.update(due_at=None)
    assert make_all(film_worker, film).state == FilmState.COMPLETED


def test_a_clip_that_is_gone_fails_the_film_in_a_sentence(
    order: Order, film_worker: FilmWorker
) -> None:
    film = order(keep_audio=False)
    Upload.objects.all().delete()

    film = make_all(film_worker, film)

    assert film.state == FilmState.FAILED
    assert film.error == "The clip is not on this machine any more: send it again."


def test_a_cancelled_film_ends_its_operation_and_can_be_tried_again(
    order: Order, film_worker: FilmWorker
) -> None:
    film = order(keep_audio=False)
    claim = claimed()

    def cancel_meanwhile(*arguments: Any) -> Any:
        changes.cancel_film(film=film, at=timezone.now())
        cancelled = arguments[-1]
        while not cancelled():
            pass
        raise OperationCancelled("It was cancelled.")

    carry_out(claim, operate=cancel_meanwhile)
    film.refresh_from_db()
    assert film.state == FilmState.CANCELLED
    assert TaskAttempt.objects.get().outcome == Outcome.CANCELLED
    with pytest.raises(IllegalMove):
        changes.pause_film(film=film)

    changes.retry_film(film=film)
    assert make_all(film_worker, film).state == FilmState.COMPLETED


def test_a_worker_that_has_to_leave_gives_its_task_back(order: Order) -> None:
    film = order(keep_audio=False)

    def leave_meanwhile(*arguments: Any) -> Any:
        while not arguments[-1]():
            pass
        raise OperationCancelled("It has to leave.")

    carry_out(claimed(), operate=leave_meanwhile, must_leave=lambda: True)

    assert film.tasks.get(operation="split").state == TaskState.READY
    assert TaskAttempt.objects.get().outcome == Outcome.HANDED_OVER


def test_a_paused_film_lets_what_runs_finish_and_begins_nothing(
    order: Order, film_worker: FilmWorker
) -> None:
    film = order(keep_audio=False)
    claim = claimed()
    changes.pause_film(film=film)
    carry_out(claim, operate=operate_here)

    assert film.tasks.get(operation="split").state == TaskState.COMPLETED
    assert not film_worker.work_once()

    film.refresh_from_db()
    changes.resume_film(film=film)
    assert make_all(film_worker, film).state == FilmState.COMPLETED


def test_a_deleted_film_leaves_nothing_behind(order: Order, film_worker: FilmWorker) -> None:
    film = order(keep_audio=False)
    claim = claimed()
    changes.delete_film(film=film, at=timezone.now())
    carry_out(claim, operate=operate_here)
    sweep.remove_left_over_folders()

    assert not Film.objects.exists()
    assert list(intermediates.folders()) == []


def test_films_take_turns(order: Order, film_worker: FilmWorker) -> None:
    first, second = order(keep_audio=False), order(keep_audio=False)
    for _ in range(3):
        film_worker.work_once()

    done = [_completed(film).keys() for film in (first, second)]
    assert sorted(map(len, done)) == [1, 2]


def _completed(film: Film) -> dict[int, Any]:
    done = film.tasks.filter(state=TaskState.COMPLETED)
    return {task.pk: [one["sha256"] for one in task.outputs] for task in done}


def _fail_next(error: Exception) -> None:
    def fail(*_: Any) -> Any:
        raise error

    carry_out(claimed(), operate=fail)
