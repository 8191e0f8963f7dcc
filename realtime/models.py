"""The event log: what happened, in the order in which it was committed."""

from __future__ import annotations

import secrets
from functools import cached_property

from django.db import models
from django.utils import timezone

from .cursors import Cursor


def new_epoch() -> str:
    return secrets.token_hex(6)


class Topic(models.Model):
    """One numbered sequence of events. Its row lock is what makes number order commit order."""

    name = models.CharField(max_length=100, unique=True)
    epoch = models.CharField(max_length=32, default=new_epoch)
    last_seq = models.BigIntegerField(default=0)

    def __str__(self) -> str:
        return self.name

    @property
    def position(self) -> Cursor:
        return Cursor(self.epoch, self.last_seq)


class Event(models.Model):
    """A committed fact. Written only by `realtime.log`, never changed."""

    topic = models.ForeignKey(Topic, models.CASCADE, related_name="events", db_index=False)
    seq = models.BigIntegerField()
    type = models.CharField(max_length=64)
    data = models.JSONField(default=dict)
    created_at = models.DateTimeField(default=timezone.now)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["topic", "seq"], name="event_once_per_topic"),
        ]

    def __str__(self) -> str:
        return f"{self.topic.name} {self.seq} {self.type}"

    @property
    def cursor(self) -> Cursor:
        """The reader's position once it has seen this event."""
        return Cursor(self.topic.epoch, self.seq)

    @cached_property
    def notes(self) -> dict[str, object]:
        """Scratch paper for the feeds that render this event one after the other, so that the row
        it is about is loaded once. Not stored."""
        return {}
