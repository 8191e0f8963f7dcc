"""Taking a task of a film: exactly one worker wins, under the same lease as a step of a run."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db import transaction
from django.db.models import Q

from invocations.engine import worker_locks

from .models import Film, FilmTask, TaskAttempt
from .states import TaskState

# A task is renewed by the thread that carries it out. A worker that dies on this host is noticed at once all the
# same, by its lock file.
TASK_LEASE = timedelta(seconds=60)
# Reading the finished film back and converting it have a deadline of their own (`assets/deadlines.py`).
STORING_LEASE = timedelta(hours=2)
MAX_TASKS_TRIED = 8
ANY_TASK = Q()


@dataclass(frozen=True, slots=True)
class TaskClaim:
    """A task that is ours: the rows as they were when it was taken."""

    film: Film
    task: FilmTask
    attempt: TaskAttempt


def _keep_no_record(claim: TaskClaim) -> None:
    """For holders of whom the attempt says everything."""


@dataclass(frozen=True, slots=True)
class TaskHolder:
    """Who takes tasks. `suits`: a filter of tasks. `deadline`: after which nobody renews the lease any more; None:
    its holder keeps one itself. `record`: is called with each task that is taken, within the transaction."""

    worker: str
    suits: Q = ANY_TASK
    deadline: timedelta | None = None
    record: Callable[[TaskClaim], object] = _keep_no_record


def claim_next_task(*, worker: str, at: datetime) -> TaskClaim | None:
    """A task of the film that waits longest, or None: there is none, or others were faster."""
    return claim_task_for(TaskHolder(worker), at=at)


def claim_task_for(holder: TaskHolder, *, at: datetime) -> TaskClaim | None:
    """The same, of those that the holder may be given."""
    host = worker_locks.host_name()
    due = FilmTask.objects.claimable(at, host).filter(holder.suits).values_list("film_id", "pk")
    for film_id, pk in due[:MAX_TASKS_TRIED]:
        if taken := _claim(film_id, pk, holder, host, at):
            return taken
    return None


def _claim(film_id: int, pk: int, holder: TaskHolder, host: str, at: datetime) -> TaskClaim | None:
    with transaction.atomic():
        film = Film.objects.select_related("owner", "run", "upload").filter(pk=film_id)
        held = film.select_for_update(of=("self",)).first()
        task = FilmTask.objects.claimable(at, host).filter(holder.suits, pk=pk).first()
        if held is None or task is None:
            return None
        task.move(TaskState.RUNNING, attempts_made=task.attempts_made + 1)
        held.start(host, at=at)
        attempt = TaskAttempt.objects.create(
            task=task,
            film=held,
            number=task.attempts_made,
            worker=holder.worker,
            lease_length=TASK_LEASE,
            lease_until=at + TASK_LEASE,
            deadline_at=at + holder.deadline if holder.deadline else None,
            started_at=at,
        )
        taken = TaskClaim(held, task, attempt)
        holder.record(taken)
        return taken
