"""The event log: events in the order in which they were committed."""

from __future__ import annotations

from functools import cached_property

from django.db import models
from django.utils import timezone

from realtime.cursors import Cursor

from .topic import Topic


class Event(models.Model):
    """A committed fact. Written only by `realtime.log`, never changed."""

    topic = models.ForeignKey(Topic, models.CASCADE, related_name="events", db_index=False)
    seq = models.BigIntegerField()
    type = models.CharField(max_length=64)
    data = models.JSONField(default=dict)
    created_at = models.DateTimeField(default=timezone.now)

    begins_batch = False  # the first of those that were read together; not stored

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["topic", "seq"], name="event_once_per_topic"),
        ]

    def __str__(self) -> str:
        return f"{self.topic.name} {self.seq} {self.type}"

    @property
    def cursor(self) -> Cursor:
        """The reader's position after this event."""
        return Cursor(self.topic.epoch, self.seq)

    @cached_property
    def notes(self) -> dict[str, object]:
        """Shared by the feeds that render this event one after the other, so that the row it is about
        is loaded once. Not stored."""
        return {}
