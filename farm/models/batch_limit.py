"""How many steps a worker is given at once of a model that has been too much for its memory."""

from __future__ import annotations

from django.db import models
from django.db.models import F

from .farm_worker import FarmWorker

STEPS_TO_GROW = 10  # that have to go well before one more is given at once


class BatchLimit(models.Model):
    """Fewer than it offers; there is none where nothing has gone wrong."""

    worker = models.ForeignKey(  # `batch_limit_once` begins with it
        FarmWorker, on_delete=models.CASCADE, related_name="batch_limits", db_index=False
    )
    model = models.CharField(max_length=200)
    size = models.PositiveSmallIntegerField()
    went_well = models.PositiveIntegerField(default=0)  # steps since the size last changed

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["worker", "model"], name="batch_limit_once"),
        ]

    def __str__(self) -> str:
        return f"{self.worker} {self.model}: {self.size}"

    # Queries

    @classmethod
    def size_for(cls, worker: FarmWorker, model: str, *, offered: int) -> int:
        """How many at once. One query, none where it offers one."""
        if offered <= 1:
            return 1
        found = cls.objects.filter(worker=worker, model=model).first()
        return min(offered, found.size) if found else offered

    # Mutators

    @classmethod
    def halve(cls, worker: FarmWorker, model: str, *, tried: int) -> None:
        """So many were too much. Said by each of them, it is halved once."""
        half = max(1, tried // 2)
        row, made = cls.objects.get_or_create(worker=worker, model=model, defaults={"size": half})
        if not made:
            cls.objects.filter(pk=row.pk).update(size=min(row.size, half), went_well=0)

    @classmethod
    def note_success(cls, worker: FarmWorker, model: str, *, offered: int) -> None:
        """A step went well: after ten of them one more is given at once."""
        mine = cls.objects.filter(worker=worker, model=model)
        if not mine.update(went_well=F("went_well") + 1):
            return
        ready = mine.filter(went_well__gte=STEPS_TO_GROW)
        ready.update(size=F("size") + 1, went_well=0)
        mine.filter(size__gte=offered).delete()
