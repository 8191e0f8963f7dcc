"""What a channel is to tell: written in the transaction of what has happened."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import ClassVar, cast

from django.db import models
from django.utils import timezone

from notifications.occasions import Occasion


class NotificationQuerySet(models.QuerySet["Notification"]):
    def waiting(self) -> NotificationQuerySet:
        """In no message yet."""
        return self.filter(delivery=None)

    def tests(self) -> NotificationQuerySet:
        return self.filter(occasion=Occasion.TEST)


class Notification(models.Model):
    """One thing that has happened, for one channel. `facts` holds what its sentence is made of."""

    KEPT = timedelta(days=30)
    MAX_WAIT = timedelta(days=7)  # nobody wants to hear of it later

    # Without a constraint in the database: what has happened must be stored although its channel is
    # deleted in the same moment. What belongs to no channel is removed by `prune`.
    channel = models.ForeignKey(
        "Channel", on_delete=models.CASCADE, related_name="notifications", db_constraint=False
    )
    occasion = models.CharField(max_length=20)  # a code of Occasion
    subject = models.CharField(max_length=120, blank=True)  # equal ones become a line of a digest
    facts = models.JSONField(default=dict)
    created_at = models.DateTimeField(default=timezone.now)
    delivery = models.ForeignKey(
        "Delivery", null=True, on_delete=models.SET_NULL, related_name="notifications"
    )

    objects: ClassVar[NotificationQuerySet] = cast(
        "NotificationQuerySet", NotificationQuerySet.as_manager()
    )

    class Meta:
        indexes = [
            models.Index(
                fields=["channel"],
                condition=models.Q(delivery__isnull=True),
                name="notification_waiting",
            ),
            models.Index(fields=["created_at"], name="notification_created"),
        ]

    def __str__(self) -> str:
        return f"{self.occasion} {self.subject}"

    @classmethod
    def prune(cls, at: datetime) -> int:
        """Forget what is old, what waited for too long, and what belongs to no channel."""
        from .channel import Channel

        old = models.Q(created_at__lt=at - cls.KEPT)
        late = models.Q(created_at__lt=at - cls.MAX_WAIT, delivery=None)
        orphaned = ~models.Exists(Channel.objects.filter(pk=models.OuterRef("channel_id")))
        return cls.objects.filter(old | late | models.Q(orphaned)).delete()[0]
