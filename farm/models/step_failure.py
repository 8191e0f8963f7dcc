"""The failure list of steps, and the blocklist of runs: what a farm worker is not given any more."""

from __future__ import annotations

from datetime import datetime
from typing import ClassVar, cast

from django.db import models
from django.utils import timezone

from invocations.models import Invocation, Run
from lib.public_ids import new_public_id

from .farm_worker import FarmWorker


class StepFailure(models.Model):
    """A worker that has failed a step, or was not fit for it: it is never given that step again.

    `model` is that of the try: a worker that failed a step may still do it as its fallback.
    """

    invocation = models.ForeignKey(  # `step_failure_once` begins with it
        Invocation, on_delete=models.CASCADE, related_name="+", db_index=False
    )
    run = models.ForeignKey(  # `step_failure_of_run` begins with it
        Run, on_delete=models.CASCADE, related_name="+", db_index=False
    )
    worker = models.ForeignKey(FarmWorker, on_delete=models.CASCADE, related_name="failures")
    model = models.CharField(max_length=200)
    unfit = models.BooleanField(default=False)  # it did not try, and so has not failed
    created_at = models.DateTimeField(default=timezone.now, editable=False)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["invocation", "model", "worker"], name="step_failure_once"
            ),
        ]
        indexes = [
            models.Index(fields=["run", "model", "worker"], name="step_failure_of_run"),
        ]

    def __str__(self) -> str:
        return f"{self.worker} {self.invocation_id}"


class BlockedWorkerQuerySet(models.QuerySet["BlockedWorker"]):
    def of_run(self, run: Run) -> BlockedWorkerQuerySet:
        """The oldest first."""
        return self.filter(run=run).select_related("worker").order_by("id")


class BlockedWorker(models.Model):
    """An entry of the blocklist of a run: the worker is not given steps of this model there."""

    public_id = models.CharField(max_length=20, unique=True, default=new_public_id, editable=False)
    run = models.ForeignKey(  # `blocked_worker_once` begins with it
        Run, on_delete=models.CASCADE, related_name="+", db_index=False
    )
    worker = models.ForeignKey(FarmWorker, on_delete=models.CASCADE, related_name="blocked_in")
    model = models.CharField(max_length=200)
    created_at = models.DateTimeField(default=timezone.now, editable=False)

    objects: ClassVar[BlockedWorkerQuerySet] = cast(
        "BlockedWorkerQuerySet", BlockedWorkerQuerySet.as_manager()
    )

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["run", "model", "worker"], name="blocked_worker_once"),
        ]

    def __str__(self) -> str:
        return self.public_id

    # Factories

    @classmethod
    def block(cls, run: Run, worker: FarmWorker, model: str, *, at: datetime) -> None:
        """Twice is once."""
        cls.objects.get_or_create(run=run, worker=worker, model=model, defaults={"created_at": at})

    # Mutators

    def lift(self) -> None:
        """The worker may be given such steps again, those that it has failed as well."""
        failed = StepFailure.objects.filter(
            run=self.run_id, model=self.model, worker=self.worker_id
        )
        failed.delete()
        self.delete()
