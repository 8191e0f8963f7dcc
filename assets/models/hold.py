"""A time in which no media may be removed."""

from __future__ import annotations

from datetime import datetime, timedelta

from django.db import models


class RetentionHold(models.Model):
    """Somebody copies everything: what the copied rows show has to stay until its turn. It ends by itself
    where it is not renewed, so that a copy that was killed holds nothing for long."""

    LEASE = timedelta(minutes=30)  # longer than it takes to copy a database

    until = models.DateTimeField()

    def __str__(self) -> str:
        return f"until {self.until:%Y-%m-%d %H:%M:%S}"

    # Factories

    @classmethod
    def begin(cls, at: datetime) -> RetentionHold:
        cls.objects.filter(until__lt=at).delete()
        return cls.objects.create(until=at + cls.LEASE)

    # Mutators

    def renew(self, at: datetime) -> None:
        RetentionHold.objects.filter(pk=self.pk).update(until=at + self.LEASE)

    def end(self) -> None:
        RetentionHold.objects.filter(pk=self.pk).delete()

    # Queries

    @classmethod
    def is_held(cls, at: datetime) -> bool:
        return cls.objects.filter(until__gte=at).exists()
