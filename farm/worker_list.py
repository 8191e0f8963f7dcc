"""What the pages of farm workers show: the rows of all, and one worker with its newest work."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from invocations.models import Attempt

from . import workers
from .models import FarmWorker, WorkerStatus

MAX_ROWS = 200
MAX_WORK = 20


@dataclass(frozen=True, slots=True)
class WorkerRow:
    worker: FarmWorker
    status: WorkerStatus
    asked: WorkerStatus | None  # what it is to be and has not confirmed
    work: list[Attempt]

    @property
    def models(self) -> list[str]:
        return [offer["title"] for offer in self.worker.offers]

    @property
    def steps(self) -> list[str]:
        """Public ids of what it has in hand."""
        return [attempt.invocation.public_id for attempt in self.work]


def worker_rows(at: datetime, public_ids: Collection[str] | None = None) -> list[WorkerRow]:
    """Those that are kept, or those of these ids; the oldest first. Two queries."""
    kept = FarmWorker.objects.kept()
    if public_ids is not None:
        kept = kept.filter(public_id__in=public_ids)
    return _rows(list(kept[:MAX_ROWS]), at)


def page_of_worker(worker: FarmWorker, at: datetime) -> dict[str, Any]:
    """What the live parts of its page are made of. Two queries."""
    (row,) = _rows([worker], at)
    done = worker.assignments.select_related("attempt__invocation").order_by("-id")[:MAX_WORK]
    return {"worker": worker, "row": row, "done": done}


def _rows(found: list[FarmWorker], at: datetime) -> list[WorkerRow]:
    held = workers.work_under_way(found)
    return [
        WorkerRow(
            one,
            WorkerStatus(one.shown_status(at)),
            WorkerStatus(one.requested_status) if one.requested_status else None,
            held.get(one.public_id, []),
        )
        for one in found
    ]
