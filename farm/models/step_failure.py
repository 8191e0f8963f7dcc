"""The failure list of steps, and the blocklist of runs: what a farm worker is not given any more."""

from __future__ import annotations

from datetime import datetime
from typing import ClassVar, Self, cast

from django.db import models
from django.utils import timezone

from invocations.models import Invocation, Run
from lib.public_ids import new_public_id

from .farm_worker import FarmWorker


class StepFailureQuerySet(models.QuerySet["StepFailure"]):
    def excluded(self) -> Self:
        """Whose worker is not given the step again."""
        return self.filter(excluded=True)

    def failed(self, step: Invocation) -> Self:
        """Of the step as it is asked for now, by workers that have tried it to its end."""
        return self.filter(invocation=step, model=step.model, unfit=False)

    def total(self) -> int:
        return int(self.aggregate(models.Sum("times"))["times__sum"] or 0)


class StepFailure(models.Model):
    """A worker that has failed a step, was not fit for it, or has given it back: it is not given that step again
    where it is `excluded`, unless nobody else is left.

    `model` is that of the try: a worker that failed a step may still do it as its fallback. `times` counts failures
    and `returns` how often it has given the step back.
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
    times = models.PositiveSmallIntegerField(default=1)
    returns = models.PositiveSmallIntegerField(default=0)
    excluded = models.BooleanField(default=True)
    created_at = models.DateTimeField(default=timezone.now, editable=False)

    objects: ClassVar[StepFailureQuerySet] = cast(
        "StepFailureQuerySet", StepFailureQuerySet.as_manager()
    )

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

    # Factories

    @classmethod
    def note(
        cls, step: Invocation, run: Run, worker: FarmWorker, *, unfit: bool, at: datetime
    ) -> None:
        """Once more, where it is listed already. With the run locked."""
        one, is_new = cls.objects.get_or_create(
            invocation=step,
            model=step.model,
            worker=worker,
            defaults={"run": run, "unfit": unfit, "created_at": at},
        )
        if not is_new:
            one.times, one.unfit, one.excluded = one.times + 1, unfit, True
            one.save(update_fields=["times", "unfit", "excluded"])

    @classmethod
    def note_return(cls, step: Invocation, run: Run, worker: FarmWorker, *, at: datetime) -> int:
        """How often the worker has given the step back by now, which is no failure. With the run locked."""
        one, is_new = cls.objects.get_or_create(
            invocation=step,
            model=step.model,
            worker=worker,
            defaults={
                "run": run,
                "unfit": True,  # it has not tried it to its end
                "times": 0,
                "returns": 1,
                "excluded": False,
                "created_at": at,
            },
        )
        if not is_new:
            one.returns += 1
            one.save(update_fields=["returns"])
        return one.returns


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
    def block(cls, run: Run, worker: FarmWorker, model: str, *, at: datetime) -> bool:
        """Whether it was not blocked already."""
        fields = {"run": run, "worker": worker, "model": model}
        return cls.objects.get_or_create(**fields, defaults={"created_at": at})[1]

    # Mutators

    def lift(self) -> None:
        """The worker may be given such steps again, those that it has failed as well."""
        failed = StepFailure.objects.filter(
            run=self.run_id, model=self.model, worker=self.worker_id
        )
        failed.delete()
        self.delete()
