"""What a stop-all has asked of a worker, and what it was before."""

from __future__ import annotations

from datetime import datetime

from django.db import models

from invocations.models import StopAll

from .farm_worker import FarmWorker, WorkerStatus


class StoppedWorker(models.Model):
    """One worker of one stop-all: told to sleep at once. `requested_before` and `lazy_before`: what it had been
    asked and had not confirmed."""

    stop_all = models.ForeignKey(StopAll, on_delete=models.CASCADE, related_name="+")
    worker = models.ForeignKey(FarmWorker, on_delete=models.CASCADE, related_name="stops")
    status_before = models.CharField(max_length=10, choices=WorkerStatus.choices)
    requested_before = models.CharField(max_length=10, choices=WorkerStatus.choices, blank=True)
    lazy_before = models.BooleanField(default=False)
    confirmed_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["stop_all", "worker"], name="worker_stopped_once")
        ]

    def __str__(self) -> str:
        return f"{self.stop_all_id} {self.worker_id}"

    @classmethod
    def from_worker(cls, worker: FarmWorker, stop_all: StopAll, *, at: datetime) -> StoppedWorker:
        """As it is now; not saved. One that is asleep, and was about to be woken, has nothing to confirm."""
        asleep = worker.status == WorkerStatus.ASLEEP
        return cls(
            stop_all=stop_all,
            worker=worker,
            status_before=worker.status,
            requested_before=worker.requested_status,
            lazy_before=worker.lazy,
            confirmed_at=at if asleep else None,
        )
