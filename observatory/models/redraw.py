"""A redraw test: one step carried out again, some times, to see how much of its output is chance."""

from __future__ import annotations

from datetime import datetime
from typing import ClassVar, cast

from django.db import models
from django.utils import timezone

from accounts.models import User
from invocations.models import Invocation, Run
from lib.public_ids import new_public_id


class RedrawQuerySet(models.QuerySet["Redraw"]):
    def under_way(self) -> RedrawQuerySet:
        return self.filter(ended_at__isnull=True)


class Redraw(models.Model):
    public_id = models.CharField(max_length=20, unique=True, default=new_public_id, editable=False)
    invocation = models.ForeignKey(Invocation, on_delete=models.CASCADE, related_name="redraws")
    times = models.PositiveSmallIntegerField()
    started_by = models.ForeignKey(User, null=True, on_delete=models.SET_NULL, related_name="+")
    created_at = models.DateTimeField(default=timezone.now)
    ended_at = models.DateTimeField(null=True)
    problem = models.CharField(max_length=300, blank=True)  # why it ended early
    runs = models.ManyToManyField(Run, related_name="redraws")  # one for each time

    objects: ClassVar[RedrawQuerySet] = cast("RedrawQuerySet", RedrawQuerySet.as_manager())

    def __str__(self) -> str:
        return self.public_id

    def end(self, at: datetime, problem: str = "") -> None:
        open_one = Redraw.objects.filter(pk=self.pk, ended_at__isnull=True)
        open_one.update(ended_at=at, problem=problem[:300])
