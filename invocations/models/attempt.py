"""An attempt: one try at an invocation, with its lease, its charge and how it ended."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import ClassVar, cast

from django.db import models, transaction
from django.utils import timezone

from invocations.leases import LOCAL_LEASE, NO_HOLDER, Lease, LeaseQuerySet
from invocations.states import InvocationState, Outcome, Stale
from lib.compiled_statements import CompiledInsert, CompiledSelect, CompiledUpdate
from networks.models import Network
from platforms.registry import UnknownModel, get_platform

from .invocation import Invocation
from .run import Run
from .spending import Spending


class Attempt(Lease):
    """Who tried, under which key, and what came of it. `token` fences out a worker that is late."""

    invocation = models.ForeignKey(  # `attempt_number` begins with it
        Invocation, on_delete=models.CASCADE, related_name="attempts", db_index=False
    )
    network = models.ForeignKey(  # `attempt_of_network` begins with it
        Network, on_delete=models.CASCADE, related_name="+", db_index=False
    )
    number = models.PositiveIntegerField()
    platform = models.CharField(max_length=40)
    credential = models.CharField(max_length=12, blank=True)  # the fingerprint of the key
    idempotency_key = models.CharField(max_length=60)
    reference = models.CharField(max_length=200, blank=True)
    parameters = models.JSONField(default=dict)
    error_code = models.CharField(max_length=40, blank=True)
    error_detail = models.TextField(blank=True)
    started_at = models.DateTimeField(default=timezone.now)
    ended_at = models.DateTimeField(null=True)
    seconds = models.FloatField(null=True)
    usd = models.FloatField(null=True)
    usd_uncertain = models.FloatField(default=0.0)  # may have been charged besides
    reserved_usd = models.FloatField(null=True)  # set aside at the claim: the model's typical price

    objects: ClassVar[LeaseQuerySet[Attempt]] = cast(
        "LeaseQuerySet[Attempt]", LeaseQuerySet.as_manager()
    )

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

    @classmethod
    def write(cls, **fields: object) -> Attempt:
        """A further try: what `objects.create` does."""
        return _TRIES.create(**fields)

    @classmethod
    def write_cancellation(cls, step: Invocation, *, at: datetime) -> None:
        """A try that only cancels what a waiting step has asked for at its provider.

        Nobody holds it, and it sets nothing aside: it is for whoever the next sweep gives it to.
        Within the transaction that closes the step.
        """
        asked = {"idempotency_key": step.idempotency_key, "reference": step.reference}
        last = step.attempts.filter(**asked).order_by("-number").first()
        if last is None:
            return
        copied = ("network_id", "platform", "credential", "parameters")
        cls.objects.create(
            invocation=step,
            number=step.attempts_made,
            worker=NO_HOLDER,
            lease_until=at - LOCAL_LEASE,  # it has run out: the next sweep has it cancelled
            cancel_requested_at=at,
            started_at=at,
            **asked,
            **{name: getattr(last, name) for name in copied},
        )
        Spending.book(
            step.network, price=0.0, at=at, calls=0
        )  # what it turns out to cost goes here

    def close(
        self, outcome: Outcome, *, at: datetime, may_be_charged: bool = False, **fields: object
    ) -> None:
        """End this try; raises Stale where it is not the current one any more.

        `may_be_charged`: what was set aside for it is uncertain from now on.
        """
        fields |= {"outcome": outcome, "ended_at": at}
        if may_be_charged:
            fields |= {"usd_uncertain": self.reserved_usd or 0.0, "reserved_usd": None}
        if not _LIVE.update(self.pk, fields):
            raise Stale(f"attempt {self} has ended already")
        booked, uncertain = self.spent, self.usd_uncertain
        for name, value in fields.items():
            setattr(self, name, value)
        self._settle(booked, uncertain, failed=bool(self.error_code))

    def record_late_result(self, note: str, *, usd: float | None) -> None:
        """What came after the try had been given to somebody else changes nothing but this record.

        What another try goes on with is charged there, once: then only `note` is recorded.
        """
        with transaction.atomic():
            run = Run.objects.select_for_update().filter(pk=self.invocation.run_id).first()
            kept = Attempt.objects.filter(pk=self.pk).first() if run else None
            if run is None or kept is None:  # deleted meanwhile
                return
            if self._is_taken_up():
                Attempt.objects.filter(pk=self.pk).update(error_detail=note)
                return
            booked, uncertain, known = kept.spent, kept.usd_uncertain, kept.usd
            kept.usd = usd
            if usd is not None:
                kept.usd_uncertain = 0.0
            late = {"usd": usd, "usd_uncertain": kept.usd_uncertain, "error_detail": note}
            Attempt.objects.filter(pk=self.pk).update(**late)
            run.charge(None if usd is None else usd - (known or 0.0))
            kept._settle(booked, uncertain)

    def hand_on_charge(self) -> None:
        """The next try goes on with the request of this one, and has its price set aside."""
        uncertain, self.usd_uncertain = self.usd_uncertain, 0.0
        Attempt.objects.filter(pk=self.pk).update(usd_uncertain=0.0)
        self._settle(self.spent, uncertain)

    def _settle(self, booked: float, uncertain: float, *, failed: bool = False) -> None:
        """Put right what was booked for this try, where that is not what it came to."""
        usd, usd_uncertain = self.spent - booked, self.usd_uncertain - uncertain
        if usd_uncertain:
            more = models.F("usd_uncertain") + usd_uncertain
            Invocation.objects.filter(pk=self.invocation_id).update(usd_uncertain=more)
            Run.objects.filter(invocations=self.invocation_id).update(usd_uncertain=more)
        if usd or usd_uncertain or failed:
            Spending.settle(
                self.network_id,
                began_at=self.started_at,
                usd=usd,
                usd_uncertain=usd_uncertain,
                failed=failed,
            )

    def _is_taken_up(self) -> bool:
        """Whether another try goes on, or will, with the very request of this one."""
        same = {"idempotency_key": self.idempotency_key}
        if not self.honours_keys:
            if not self.reference:
                return False
            same["reference"] = self.reference
        step = Invocation.objects.get(pk=self.invocation_id)
        waits = step.state == InvocationState.READY
        if waits and all(getattr(step, name) == value for name, value in same.items()):
            return True
        later = Attempt.objects.filter(invocation=step, number__gt=self.number)
        return later.filter(**same).exists()

    def remember(self, reference: str) -> None:
        """Store the provider's id at once: with it a dead worker's request can be adopted."""
        self.reference = reference
        Attempt.objects.filter(pk=self.pk).update(reference=reference)

    # Queries

    @staticmethod
    def live_of_steps(steps: Iterable[Invocation]) -> list[Attempt]:
        """Of each its token alone. By run, the database would read all its steps."""
        return _LIVE_OF_STEPS.rows(steps=tuple(step.pk for step in steps))

    # Properties

    @property
    def spent(self) -> float:
        """What was charged or, where that is not known, what was set aside for it."""
        return (self.reserved_usd if self.usd is None else self.usd) or 0.0

    @property
    def honours_keys(self) -> bool:
        """Whether its provider bills everything it is asked under one idempotency key once."""
        try:
            return get_platform(self.platform).honours_idempotency_keys
        except UnknownModel:
            return False


_TRIES = CompiledInsert(Attempt)
_LIVE: CompiledUpdate[Attempt] = CompiledUpdate(lambda: Attempt.objects.live())
_LIVE_OF_STEPS: CompiledSelect[Attempt] = CompiledSelect(
    lambda *, steps: Attempt.objects.live().filter(invocation__in=steps).only("token")
)
