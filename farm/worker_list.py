"""The rows of the page of farm workers."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from invocations.models import Attempt

from . import workers
from .models import FarmWorker, WorkerStatus

MAX_ROWS = 200


@dataclass(frozen=True, slots=True)
class WorkerRow:
    worker: FarmWorker
    status: WorkerStatus
    asked: WorkerStatus | None  # what it is to be and has not confirmed
    work: list[Attempt]

    @property
    def models(self) -> list[str]:
        return [offer["title"] for offer in self.worker.offers]


def worker_rows(at: datetime) -> list[WorkerRow]:
    """Those that are kept, the oldest first. Two queries."""
    found = list(FarmWorker.objects.kept()[:MAX_ROWS])
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
