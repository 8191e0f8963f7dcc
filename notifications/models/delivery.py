"""A message on its way to a channel, and what became of it."""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, ClassVar, cast

from django.db import models
from django.utils.translation import gettext_lazy as _

LEASE = timedelta(seconds=90)  # longer than a message may take (`notifications/sender.py`)


class DeliveryState(models.TextChoices):
    """`claimed` → `sending` → an outcome. Of a worker that dies, what was claimed is sent by another
    one, and what was being sent is `uncertain`: nobody can tell, and it is not sent again."""

    CLAIMED = "claimed", _("about to be sent")
    SENDING = "sending", _("being sent")
    SENT = "sent", _("sent")
    FAILED = "failed", _("failed")
    UNCERTAIN = "uncertain", _("uncertain")


OPEN = (DeliveryState.CLAIMED, DeliveryState.SENDING)

# In words, by code; what a service itself said is not repeated, because it may repeat the address.
PROBLEMS = {
    "died": _("The worker ended before it was sent."),
    "hidden": _("The worker ended while it was being sent; it may have arrived."),
    "no-answer": _("The service did not say whether it took it; it may have arrived."),
    "too-long": _("It took too long; it may have arrived."),
    "unknown": _("Something unexpected happened while it was sent; it may have arrived."),
    "partly": _("Only some of the receivers of this address got it."),
    "refused": _("The service refused it."),
    "unreachable": _("The service cannot be reached, or does not accept who sends."),
    "private": _(
        "The address leads to this machine or its network, which an admin has not allowed."
    ),
    "not-understood": _("The address is incomplete or wrong."),
    "unreadable": _("The address cannot be decrypted on this machine; it has to be entered again."),
    "no-mail": _("Nobody has set up e-mail on this installation (EMAIL_URL)."),
    "crashed": _("What sends messages could not be started."),
}


@dataclass(frozen=True, slots=True)
class DeliveryReport:
    """What became of a message; `problem` is a key of PROBLEMS."""

    state: DeliveryState
    problem: str = ""
    status: int | None = None


def new_token() -> str:
    return secrets.token_hex(16)


class DeliveryQuerySet(models.QuerySet["Delivery"]):
    def open(self) -> DeliveryQuerySet:
        return self.filter(state__in=OPEN)

    def expired(self, at: datetime) -> DeliveryQuerySet:
        """Whose worker is gone. A lease that ends much later was written before the clock was set back."""
        over = models.Q(lease_until__lte=at) | models.Q(lease_until__gt=at + 2 * LEASE)
        return self.open().filter(over)

    def newest_first(self) -> DeliveryQuerySet:
        return self.order_by("-id")


class Delivery(models.Model):
    """One try to send one message; `token` is the fence: who holds another one changes nothing."""

    KEPT = timedelta(days=30)

    channel = models.ForeignKey("Channel", on_delete=models.CASCADE, related_name="deliveries")
    token = models.CharField(max_length=32, unique=True, default=new_token)
    state = models.CharField(
        max_length=10, choices=DeliveryState.choices, default=DeliveryState.CLAIMED
    )
    is_test = models.BooleanField(default=False)
    count = models.PositiveIntegerField(default=0)  # of notifications in it
    title = models.CharField(max_length=200, blank=True)
    lease_until = models.DateTimeField()
    began_at = models.DateTimeField()
    ended_at = models.DateTimeField(null=True)
    problem = models.CharField(max_length=20, blank=True)  # a key of PROBLEMS
    status = models.PositiveSmallIntegerField(null=True)  # that the service answered with

    objects: ClassVar[DeliveryQuerySet] = cast("DeliveryQuerySet", DeliveryQuerySet.as_manager())

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["channel"], condition=models.Q(state__in=OPEN), name="delivery_one_open"
            ),
        ]
        indexes = [models.Index(fields=["channel", "-id"], name="delivery_of_channel")]

    def __str__(self) -> str:
        return f"{self.token[:8]} {self.state}"

    # Mutators

    @classmethod
    def begin_sending(cls, token: str, *, at: datetime) -> bool:
        """From here on its outcome is uncertain until it is known. False: it is somebody else's now."""
        claimed = cls.objects.filter(token=token, state=DeliveryState.CLAIMED, lease_until__gt=at)
        return bool(claimed.update(state=DeliveryState.SENDING, lease_until=at + LEASE))

    def note_title(self, title: str) -> None:
        self.title = title[:200]
        self.save(update_fields=["title"])

    def close(self, state: DeliveryState, *, at: datetime, **fields: Any) -> bool:
        """False: it was closed by somebody else."""
        still = Delivery.objects.open().filter(pk=self.pk, state=self.state)
        if not still.update(state=state, ended_at=at, **fields):
            return False
        self.state, self.ended_at = state, at
        return True

    # Properties

    @property
    def problem_words(self) -> str:
        words = PROBLEMS.get(self.problem)
        if words is None:
            return ""
        return f"{words} ({self.status})" if self.status else str(words)

    # Queries

    @classmethod
    def prune(cls, at: datetime) -> int:
        return cls.objects.exclude(state__in=OPEN).filter(began_at__lt=at - cls.KEPT).delete()[0]
