"""Stop-all: a latch that refuses every start, and the record of each one."""

from __future__ import annotations

from typing import ClassVar

from django.db import models
from django.utils import timezone

from accounts.models import User
from lib.compiled_statements import CompiledGet
from lib.public_ids import new_public_id


class StopAll(models.Model):
    """One stop-all: since when it holds, what it stopped, who did it and who lifted it."""

    public_id = models.CharField(max_length=20, unique=True, default=new_public_id, editable=False)
    stopped_by = models.ForeignKey(User, null=True, on_delete=models.SET_NULL, related_name="+")
    committed_at = models.DateTimeField(default=timezone.now)
    calls = models.JSONField(default=list)  # tokens of the attempts that were running
    paused = models.JSONField(default=list)  # public ids of the runs that somebody had paused
    lifted_by = models.ForeignKey(User, null=True, on_delete=models.SET_NULL, related_name="+")
    lifted_at = models.DateTimeField(null=True)

    def __str__(self) -> str:
        return self.public_id


class Halt(models.Model):
    """The latch: one row, held by every start and every stop-all, so that they cannot cross."""

    SINGLETON: ClassVar[int] = 1

    stop_all = models.ForeignKey(StopAll, null=True, on_delete=models.SET_NULL, related_name="+")

    def __str__(self) -> str:
        return "halted" if self.stop_all_id else "free"

    # Mutators

    @classmethod
    def lock(cls) -> Halt:
        """The latch, held until the transaction ends."""
        try:
            return _HELD.get(cls.SINGLETON)
        except cls.DoesNotExist:
            cls.objects.get_or_create(pk=cls.SINGLETON)
            return _HELD.get(cls.SINGLETON)

    def set(self, stop_all: StopAll | None) -> None:
        Halt.objects.filter(pk=self.pk).update(stop_all=stop_all)
        self.stop_all = stop_all

    # Queries

    @classmethod
    def current(cls) -> StopAll | None:
        """The stop-all that is in force, or None."""
        row = cls.objects.select_related("stop_all").filter(pk=cls.SINGLETON).first()
        return row.stop_all if row else None


_HELD = CompiledGet(lambda: Halt.objects.select_for_update())
