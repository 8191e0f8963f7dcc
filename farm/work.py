"""What the calls of workers are about: steps of runs, or tasks of films. Steps go first."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from django.db import transaction

from . import assignments, batches, film_work, outcomes
from .assignments import Handover, NotYours, WorkProgress
from .film_work import TaskHandover
from .models import FarmWorker, TaskAssignment
from .outcomes import Finish


@dataclass(frozen=True, slots=True)
class WorkInHand:
    """What a worker holds."""

    steps: list[Handover]
    tasks: list[TaskHandover]

    @property
    def tokens(self) -> list[str]:
        of_steps = [one.claim.attempt.token for one in self.steps]
        return of_steps + [one.claim.attempt.token for one in self.tasks]


def claim(worker: FarmWorker, *, slots: int, at: datetime, trouble: str = "") -> WorkInHand:
    """What the worker holds, and more, up to `slots` places. `trouble`: why it can begin nothing now. Raises NotFit."""
    held = film_work.held(worker)
    left = slots - batches.places_taken([one.assignment for one in held])
    holds = bool(held)
    steps = assignments.claim(worker, slots=left, holds_tasks=holds, trouble=trouble, at=at)
    if trouble:
        return WorkInHand(steps, held)
    places = left - batches.places_taken([one.assignment for one in steps])
    return WorkInHand(steps, held + film_work.claim(worker, places, at=at))


def renew(worker: FarmWorker, token: str, progress: WorkProgress, *, at: datetime) -> str:
    """Extend the lease. Returns why the work is to stop; empty: it goes on. Raises NotYours."""
    worker.note_seen(at)
    if task := film_work.find(worker, token):
        return film_work.renew(worker, task, progress, at=at)
    return assignments.renew(worker, token, progress, at=at)


def append_log(worker: FarmWorker, token: str, *, offset: int, text: str, at: datetime) -> int:
    """Returns the offset of the next piece. Raises NotYours, LogGap."""
    worker.note_seen(at)
    if task := film_work.find(worker, token):
        with transaction.atomic():
            held = TaskAssignment.objects.select_for_update().get(pk=task.pk)
            return held.append_log(offset, text)
    return assignments.append_log(worker, token, offset=offset, text=text, at=at)


def send_preview(worker: FarmWorker, token: str, content: bytes) -> None:
    """To be shown once it is decoded. Raises NotYours, PreviewTooOften."""
    if task := film_work.find(worker, token):
        film_work.send_preview(worker, task, content)
    else:
        assignments.send_preview(worker, token, content)


def finish(worker: FarmWorker, token: str, answer: Finish, *, at: datetime) -> list[Handover]:
    """Hand in. The same answer again changes nothing. Returns what the worker is given at once, where it
    takes the next step. Raises NotYours where the work is somebody else's by now, or was ended by another answer."""
    worker.note_seen(at)
    if task := film_work.find(worker, token):
        film_work.finish(worker, task, answer, at=at)
        return []
    return outcomes.finish(worker, token, answer, at=at)


def sign_off(worker: FarmWorker, *, at: datetime) -> None:
    """It leaves: what it holds is free at once."""
    give_back_all(worker, at=at)
    worker.sign_off(at)


def give_back_all(worker: FarmWorker, *, at: datetime) -> None:
    """What it holds is free at once."""
    film_work.give_back_all(worker, at=at)
    assignments.give_back_all(worker, at=at)


def chunk_of_task(worker: FarmWorker, token: str) -> Path:
    """What a task that the worker holds is to work on. Raises NotYours."""
    for one in film_work.held(worker):
        if one.claim.attempt.token == token:
            return one.chunk
    raise NotYours(f"attempt {token} is not this worker's")
