"""What calls of platforms took and how they failed, added up since counting began: for `/metrics`."""

from __future__ import annotations

from typing import ClassVar

from django.db import models


class CallMeasure(models.Model):
    """One counter, written by `invocations.call_measures` alone. Deleted runs stay counted."""

    class Kind(models.TextChoices):
        CALL = "call", "call"  # `label`: the upper bound of its seconds
        HOP = "hop", "hop"  # the same, between a step's due time and its first claim
        ERROR = "error", "error"  # `label`: the code of the error

    kind = models.CharField(max_length=5, choices=Kind.choices)
    platform = models.CharField(max_length=40)
    label = models.CharField(max_length=40)
    count = models.BigIntegerField(default=0)
    seconds = models.FloatField(default=0.0)

    class Meta:
        ordering: ClassVar[list[str]] = ["kind", "platform", "pk"]
        constraints = [
            models.UniqueConstraint(fields=["kind", "platform", "label"], name="call_measure"),
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.platform} {self.label}: {self.count}"


class MeasuredAttempts(models.Model):
    """Which attempts are counted: all up to `through`, but for those that had not ended then. One row."""

    through = models.BigIntegerField()
    unended = models.JSONField(default=list)  # keys
    rounds = models.BigIntegerField(default=0)  # who counts compares and sets it

    def __str__(self) -> str:
        return f"through {self.through}"
