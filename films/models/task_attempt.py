"""One try at a task of a film: the same lease as that of a step (`invocations/leases.py`)."""

from __future__ import annotations

from datetime import datetime
from typing import ClassVar, cast

from django.db import models
from django.utils import timezone

from invocations.leases import Lease, LeaseQuerySet
from invocations.states import Outcome, Stale

from .film import Film
from .film_task import FilmTask

MAX_PHASE = 40


class TaskAttempt(Lease):
    """Who tried, since when, how far they are, and what came of it."""

    task = models.ForeignKey(  # `task_attempt_number` begins with it
        FilmTask, on_delete=models.CASCADE, related_name="attempts", db_index=False
    )
    film = models.ForeignKey(Film, on_delete=models.CASCADE, related_name="+")
    number = models.PositiveIntegerField()
    progress = models.FloatField(default=0.0)  # 0 to 1
    phase = models.CharField(max_length=MAX_PHASE, blank=True)
    backend = models.CharField(max_length=40, blank=True)
    error_code = models.CharField(max_length=40, blank=True)
    error = models.TextField(blank=True)
    # How many seconds passed for each that the processor gave it, 1 at least; 0: not measured, as on the farm
    load = models.FloatField(default=0.0)
    started_at = models.DateTimeField(default=timezone.now)
    ended_at = models.DateTimeField(null=True)

    objects: ClassVar[LeaseQuerySet[TaskAttempt]] = cast(
        "LeaseQuerySet[TaskAttempt]", LeaseQuerySet.as_manager()
    )

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["task", "number"], name="task_attempt_number"),
            models.UniqueConstraint(
                fields=["task"], condition=models.Q(outcome=""), name="task_attempt_one_live"
            ),
        ]
        indexes = [
            models.Index(
                fields=["lease_until"], condition=models.Q(outcome=""), name="task_attempt_lease"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.task_id}#{self.number}"

    # Mutators

    def close(self, outcome: Outcome, *, at: datetime, **fields: object) -> None:
        """End this try; raises Stale where it is not the current one any more."""
        fields |= {"outcome": outcome, "ended_at": at}
        if not TaskAttempt.objects.live().filter(pk=self.pk).update(**fields):
            raise Stale(f"attempt {self} has ended already")
        for name, value in fields.items():
            setattr(self, name, value)

    def note_progress(self, progress: float, phase: str) -> None:
        TaskAttempt.objects.live().filter(pk=self.pk).update(
            progress=progress, phase=phase[:MAX_PHASE]
        )
