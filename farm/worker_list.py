"""What the pages of farm workers show: the rows of all, and one worker with its newest work."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.core.paginator import Page, Paginator

from films.models import TaskAttempt
from invocations.models import Attempt

from . import batch_rates, batches, machine_reports, workers
from .models import EnrolmentToken, FarmWorker, WorkerStatus

PER_PAGE = 100  # as many as can be chosen at once
MAX_FORMER = 50
MAX_WORK = 20


@dataclass(frozen=True, slots=True)
class WorkerRow:
    worker: FarmWorker
    status: WorkerStatus
    asked: WorkerStatus | None  # what it is to be and has not confirmed
    work: list[Attempt]
    tasks: list[TaskAttempt]  # of films

    @property
    def models(self) -> list[str]:
        return [offer["title"] for offer in self.worker.offers]

    @property
    def steps(self) -> list[str]:
        """Public ids of what it has in hand."""
        return [attempt.invocation.public_id for attempt in self.work]


def list_context(at: datetime, number: str | int) -> dict[str, Any]:
    """A page of those that are kept, the oldest first; the nearest one where there is none of this number. Three
    queries."""
    page: Page[FarmWorker] = Paginator(FarmWorker.objects.kept(), PER_PAGE).get_page(number)
    return {"page": page, "rows": _rows(list(page), at)}


def worker_rows(at: datetime, public_ids: Collection[str]) -> list[WorkerRow]:
    """Those of these ids that are kept. Two queries."""
    return _rows(list(FarmWorker.objects.kept().filter(public_id__in=public_ids)), at)


def page_of_worker(worker: FarmWorker, at: datetime) -> dict[str, Any]:
    """What the live parts of its page are made of. Three queries; two more of a worker that makes films."""
    (row,) = _rows([worker], at)
    done = worker.assignments.select_related("attempt__invocation").order_by("-id")[:MAX_WORK]
    tasks = worker.task_assignments.select_related("attempt__task", "attempt__film")
    return {
        "worker": worker,
        "row": row,
        "hardware": machine_reports.hardware_words(worker.specs),
        "not_passed": machine_reports.failed_checks(worker.self_test),
        "done": done,
        "done_tasks": tasks.order_by("-id")[:MAX_WORK] if worker.operations else (),
        "blocked": workers.blocked_in_runs([worker]).get(worker.pk, ()),
    }


def saved_context(at: datetime) -> dict[str, Any]:
    """What batches have saved, and how fast they were. Three queries, two where there were none."""
    saved = batches.saved_lately(at)
    return {"saved": saved, "rates": batch_rates.rates_lately(at) if saved.batches else []}


def tokens_context(at: datetime) -> dict[str, Any]:
    """The tokens that no machine has used yet. One query."""
    return {"tokens": EnrolmentToken.waiting(at)}


def former_context() -> dict[str, Any]:
    """Machines that are no workers any more, the last one first. One query."""
    former = FarmWorker.objects.filter(archived_at__isnull=False).order_by("-archived_at", "-id")
    return {"former": former.only("public_id", "name", "archived_at")[:MAX_FORMER]}


def index_context(at: datetime, number: str | int) -> dict[str, Any]:
    """All of the page of the farm. Eight queries at most."""
    beside = tokens_context(at) | saved_context(at) | former_context()
    return list_context(at, number) | beside


def _rows(found: list[FarmWorker], at: datetime) -> list[WorkerRow]:
    held, tasks = workers.work_under_way(found), workers.tasks_under_way(found)
    return [
        WorkerRow(
            one,
            WorkerStatus(one.shown_status(at)),
            WorkerStatus(one.requested_status) if one.requested_status else None,
            held.get(one.public_id, []),
            tasks.get(one.public_id, []),
        )
        for one in found
    ]
