"""An attempt: one try at an invocation, with its lease, its charge and how it ended."""

from __future__ import annotations

import secrets
from datetime import datetime, timedelta
from typing import ClassVar, cast

from django.db import models, transaction
from django.utils import timezone

from invocations.states import Outcome, Stale
from networks.models import Network

from .invocation import Invocation
from .run import Run
from .spending import Spending

LEASE = timedelta(seconds=15)


def new_token() -> str:
    return secrets.token_hex(16)


class AttemptQuerySet(models.QuerySet["Attempt"]):
    def live(self) -> AttemptQuerySet:
        return self.filter(outcome="")

    def expired(self, at: datetime) -> AttemptQuerySet:
        """Live, but their worker has not renewed the lease."""
        return self.live().filter(lease_until__lt=at)

    def renew(self, tokens: list[str], *, at: datetime) -> int:
        """Push the leases of these attempts on; those that ended meanwhile stay ended."""
        return self.live().filter(token__in=tokens).update(lease_until=at + LEASE)

    def through(self, gate: str) -> AttemptQuerySet:
        """Calls that went through the gate of a platform ("replicate") or of a credential."""
        platform, _, credential = gate.partition("/")
        found = self.filter(platform=platform)
        return found.filter(credential=credential) if credential else found

    def held_by(self, worker: str) -> AttemptQuerySet:
        return self.live().filter(worker=worker)

    def of_tokens(self, tokens: list[str]) -> AttemptQuerySet:
        return self.filter(token__in=tokens)

    def asked_to_stop(self) -> AttemptQuerySet:
        return self.live().filter(cancel_requested_at__isnull=False)

    def to_cancel(self, tokens: list[str], worker: str) -> list[str]:
        """What this worker was asked to stop, and which of these went with their run meanwhile."""
        kept = set(self.of_tokens(tokens).values_list("token", flat=True))
        asked = self.held_by(worker).asked_to_stop().values_list("token", flat=True)
        return [*asked, *(token for token in tokens if token not in kept)]

    def given_away(self, tokens: list[str]) -> list[str]:
        """Of these, what somebody took from its worker.

        Not what the worker ended itself: word of that may still be on its way back to it, and with
        it the claim of the step that follows.
        """
        taken = self.of_tokens(tokens).filter(outcome__in=(Outcome.LOST, Outcome.HANDED_OVER))
        return list(taken.values_list("token", flat=True))


class Attempt(models.Model):
    """Who tried, under which key, and what came of it. `token` fences out a worker that is late."""

    invocation = models.ForeignKey(  # `attempt_number` begins with it
        Invocation, on_delete=models.CASCADE, related_name="attempts", db_index=False
    )
    network = models.ForeignKey(  # `attempt_of_network` begins with it
        Network, on_delete=models.CASCADE, related_name="+", db_index=False
    )
    number = models.PositiveIntegerField()
    platform = models.CharField(max_length=40)
    credential = models.CharField(
        max_length=12, blank=True
    )  # the mark of the key; tells nothing of it
    token = models.CharField(max_length=32, unique=True, default=new_token, editable=False)
    lease_until = models.DateTimeField()
    worker = models.CharField(max_length=120)
    idempotency_key = models.CharField(max_length=60)
    reference = models.CharField(max_length=200, blank=True)
    parameters = models.JSONField(default=dict)
    cancel_requested_at = models.DateTimeField(null=True)
    outcome = models.CharField(max_length=12, choices=Outcome.choices, blank=True)
    error_code = models.CharField(max_length=40, blank=True)
    error_detail = models.TextField(blank=True)
    started_at = models.DateTimeField(default=timezone.now)
    ended_at = models.DateTimeField(null=True)
    seconds = models.FloatField(null=True)
    usd = models.FloatField(null=True)
    reserved_usd = models.FloatField(null=True)  # set aside at the claim: the model's typical price

    objects: ClassVar[AttemptQuerySet] = cast("AttemptQuerySet", AttemptQuerySet.as_manager())

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["invocation", "number"], name="attempt_number"),
            models.UniqueConstraint(
                fields=["invocation"], condition=models.Q(outcome=""), name="attempt_one_live"
            ),
        ]
        indexes = [
            models.Index(
                fields=["lease_until"], condition=models.Q(outcome=""), name="attempt_lease"
            ),
            models.Index(fields=["network", "started_at"], name="attempt_of_network"),
            models.Index(fields=["platform", "started_at"], name="attempt_of_platform"),
        ]

    def __str__(self) -> str:
        return f"{self.invocation_id}#{self.number}"

    # Mutators

    def close(self, outcome: Outcome, *, at: datetime, **fields: object) -> None:
        """End this try; raises Stale where it is not the current one any more."""
        fields |= {"outcome": outcome, "ended_at": at}
        if not Attempt.objects.live().filter(pk=self.pk).update(**fields):
            raise Stale(f"attempt {self} has ended already")
        booked = self.spent
        for name, value in fields.items():
            setattr(self, name, value)
        self._settle(booked, failed=outcome == Outcome.FAILED)

    def keep_as_evidence(self, note: str, *, usd: float | None) -> None:
        """What came after the try had been given to somebody else changes nothing but this record."""
        with transaction.atomic():
            run = Run.objects.select_for_update().filter(pk=self.invocation.run_id).first()
            kept = Attempt.objects.filter(pk=self.pk).first() if run else None
            if run is None or kept is None:  # deleted meanwhile
                return
            booked, known = kept.spent, kept.usd
            Attempt.objects.filter(pk=self.pk).update(error_detail=note, usd=usd)
            kept.usd = usd
            run.charge(None if usd is None else usd - (known or 0.0))
            kept._settle(booked)

    def _settle(self, booked: float, *, failed: bool = False) -> None:
        """Put right what was booked for this try, where that is not what it came to."""
        more = self.spent - booked
        if more or failed:
            Spending.settle(self.network_id, began_at=self.started_at, usd=more, failed=failed)

    def remember(self, reference: str) -> None:
        """Store the provider's id at once: with it a dead worker's request can be adopted."""
        self.reference = reference
        Attempt.objects.filter(pk=self.pk).update(reference=reference)

    # Properties

    @property
    def spent(self) -> float:
        """What was charged or, where that is not known, what was set aside for it."""
        return (self.reserved_usd if self.usd is None else self.usd) or 0.0
