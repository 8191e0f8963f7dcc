"""A run: everything that follows from one prompt."""

from __future__ import annotations

import hashlib
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, ClassVar, cast

from django.db import models
from django.db.models.functions import Coalesce
from django.urls import reverse
from django.utils import timezone

from accounts.models import User
from invocations import alerts, events
from invocations.states import (
    LIVE_RUNS,
    Reason,
    RetentionClass,
    RunState,
    Stale,
    check_run_move,
)
from lib.compiled_statements import CompiledGet, CompiledSelect, CompiledUpdate
from lib.public_ids import new_public_id
from networks.models import Network
from networks.rings import Slot

if TYPE_CHECKING:
    from networks.models import Person

    from .halt import StopAll
    from .invocation import Invocation


class RunQuerySet(models.QuerySet["Run"]):
    def live(self) -> RunQuerySet:
        """Running or paused. SQLite needs `ended_at` to see that the index has them all."""
        return self.filter(ended_at__isnull=True, state__in=LIVE_RUNS)

    def visible_to(self, person: Person) -> RunQuerySet:
        """Of the networks one may see; what its visitor withdrew, only of those one controls."""
        if isinstance(person, User) and person.is_admin:
            return self  # a filter by network would keep the databases from reading by id, and make them sort
        seen = self.filter(network__in=Network.objects.visible_to(person))
        return seen.unless_withdrawn_from(person)

    def unless_withdrawn_from(self, person: Person) -> RunQuerySet:
        return self.filter(not_withdrawn_from(person))

    def present(self) -> RunQuerySet:
        """Runs that may be shown as the current state of a network: neither imported nor withdrawn."""
        return self.filter(imported=False, withdrawn_at__isnull=True)

    def nobody_keeps(self, *, ended_before: datetime) -> RunQuerySet:
        """Those that are at an end since then, and of the class that may go."""
        over = self.filter(ended_at__lt=ended_before).exclude(state__in=LIVE_RUNS)
        return over.filter(kept_at__isnull=True)

    def newest_first(self) -> RunQuerySet:
        return self.order_by("-id")

    def with_totals(self) -> RunQuerySet:
        """Adds `invocations_count`: by the newest step's number, for counting takes longer the longer
        a run is."""
        from .invocation import Invocation

        steps = Invocation.objects.filter(run=models.OuterRef("pk")).order_by("-sequence")
        return self.annotate(
            invocations_count=models.Subquery(
                steps.values("sequence")[:1], output_field=models.IntegerField()
            )
            + 1
        )


def not_withdrawn_from(person: Person, *, run: str = "") -> models.Q:
    """A filter: withdrawn runs are seen only by those who control the network.

    `run`: the prefix of the lookup from the filtered model to its run, such as `run__`.
    """
    nothing = models.Q(**{f"{run}withdrawn_at__isnull": True})
    if not isinstance(person, User) or not person.is_active:
        return nothing
    if person.is_admin:
        return models.Q()
    return nothing | models.Q(network__in=Network.objects.controlled_by(person))


class Run(models.Model):
    """One prompt's journey round a ring that was frozen when it began."""

    public_id = models.CharField(max_length=20, unique=True, default=new_public_id, editable=False)
    network = models.ForeignKey(  # `run_of_network` begins with it
        Network, on_delete=models.CASCADE, related_name="runs", db_index=False
    )
    state = models.CharField(max_length=10, choices=RunState.choices, default=RunState.RUNNING)
    prompt = models.TextField()
    client_key = models.CharField(max_length=100, null=True, blank=True)  # noqa: DJ001 (NULL: no key)
    ring = models.JSONField()
    seed = models.BigIntegerField(null=True)  # what its steps draw theirs from; None: by chance
    first_slot = models.PositiveIntegerField(default=0)
    branched_from = models.ForeignKey(
        "invocations.Invocation", null=True, on_delete=models.SET_NULL, related_name="branches"
    )
    started_by = models.ForeignKey(User, null=True, on_delete=models.SET_NULL, related_name="+")
    created_at = models.DateTimeField(default=timezone.now)
    lockout_until = models.DateTimeField()
    hours_waived_until = models.DateTimeField(null=True)  # begun outside opening hours on purpose
    ended_at = models.DateTimeField(null=True)
    reason = models.CharField(max_length=20, choices=Reason.choices, blank=True)
    detail = models.TextField(blank=True)
    usd = models.FloatField(null=True)  # charged for all its tries; None: nobody has said
    usd_uncertain = models.FloatField(default=0.0)  # may have been charged besides
    stop_all = models.ForeignKey(
        "invocations.StopAll", null=True, on_delete=models.SET_NULL, related_name="runs"
    )
    rating = models.FloatField(null=True)  # the average of its ratings; None: nobody gave one
    imported = models.BooleanField(default=False)  # it was performed elsewhere: never a live one
    provenance = models.JSONField(null=True)  # imported: where and when it was performed
    withdrawn_at = models.DateTimeField(null=True)  # its visitor took it back
    kept_at = models.DateTimeField(null=True)  # since then it is of the class that never expires

    objects: ClassVar[RunQuerySet] = cast("RunQuerySet", RunQuerySet.as_manager())

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["network"], condition=models.Q(state__in=LIVE_RUNS), name="run_one_live"
            ),
            models.UniqueConstraint(fields=["network", "client_key"], name="run_client_key"),
            models.CheckConstraint(
                condition=models.Q(imported=False) | ~models.Q(state__in=LIVE_RUNS),
                name="run_imported_is_over",
            ),
        ]
        indexes = [
            models.Index(fields=["network", "-id"], name="run_of_network"),
            models.Index(fields=["state", "-id"], name="run_of_state"),
            models.Index(
                fields=["network"], condition=models.Q(ended_at__isnull=True), name="run_live"
            ),
            models.Index(fields=["network", "lockout_until"], name="run_lockout"),
            models.Index(fields=["created_at"], name="run_created"),
            models.Index(
                fields=["-id"], condition=models.Q(rating__isnull=False), name="run_rated"
            ),
        ]

    def __str__(self) -> str:
        return self.public_id

    def get_absolute_url(self) -> str:
        return reverse("runs:detail", args=[self.public_id])

    # Mutators: each inside the caller's transaction, after `lock`

    @classmethod
    def lock(cls, pk: int) -> Run:
        """The run, held until the transaction ends: every change of a run begins here."""
        return _LOCKED.get(pk)

    def pause(self) -> None:
        self._move(RunState.PAUSED)
        events.publish(self.network, events.RunPaused.from_run(self))

    def resume(self) -> None:
        self._move(RunState.RUNNING)
        events.publish(self.network, events.RunResumed.from_run(self))

    def stop(
        self, reason: Reason, *, at: datetime, by: str = "", stop_all: StopAll | None = None
    ) -> events.RunStopped:
        """The event is the caller's to publish, together with those of the steps that end with it."""
        self._move(RunState.STOPPED, reason=reason, ended_at=at, stop_all=stop_all)
        return events.RunStopped.from_run(self, by=by)

    def fail(self, reason: Reason, detail: str, *, at: datetime, **why: str) -> None:
        """`why`, for the log: the step that failed, its error, and its kind."""
        self._move(RunState.FAILED, reason=reason, detail=detail, ended_at=at)
        events.publish(self.network, events.RunFailed.from_run(self, **why))
        alerts.tell_run_failed(self, detail, at=at)

    def complete(self, reason: Reason, sentence: str, *, at: datetime) -> None:
        """`sentence`, for the log: which limit it reached."""
        self._move(RunState.COMPLETED, reason=reason, ended_at=at)
        events.publish(self.network, events.RunCompleted.from_run(self, detail=sentence))
        alerts.tell_budget_spent(self, reason, sentence, at=at)

    def withdraw(self, *, at: datetime) -> None:
        """Its visitor takes it back: from now on it is for those who look after the network."""
        Run.objects.filter(pk=self.pk).update(withdrawn_at=at)
        self.withdrawn_at = at

    def keep(self, retention: RetentionClass, *, at: datetime) -> None:
        self.kept_at = at if retention == RetentionClass.KEPT else None
        Run.objects.filter(pk=self.pk).update(kept_at=self.kept_at)

    def charge(self, usd: float | None) -> None:
        """A try has cost this much; None: nobody has said."""
        if usd is None or (not usd and self.usd is not None):
            return
        total = Coalesce("usd", 0.0) + usd
        Run.objects.filter(pk=self.pk).update(usd=total)
        self.usd = (self.usd or 0.0) + usd

    def _move(self, new: RunState, **fields: object) -> None:
        old = self.state
        check_run_move(old, new)
        if not _MOVES[RunState(old)].update(self.pk, {"state": new, **fields}):
            raise Stale(f"run {self.public_id} is no longer {old}")
        self.state = new
        for name, value in fields.items():
            setattr(self, name, value)

    # Queries

    @staticmethod
    def live_of_network(network: Network) -> list[int]:
        """The key of its live run, if it has one: somebody may end it before it is locked."""
        return [run.pk for run in _LIVE.rows(network=network.pk)]

    def latest_invocation(self) -> Invocation | None:
        return self.invocations.order_by("-sequence").first()

    # Properties

    @property
    def slots(self) -> list[Slot]:
        return [Slot.from_json(slot) for slot in self.ring]

    @property
    def live(self) -> bool:
        return self.state in LIVE_RUNS

    @property
    def retention(self) -> RetentionClass:
        return RetentionClass.KEPT if self.kept_at else RetentionClass.NORMAL

    def seed_of(self, sequence: int) -> int | None:
        """What a step is to draw its chance from, below 2**31; None: as it comes."""
        if self.seed is None:
            return None
        digest = hashlib.blake2b(f"{self.seed} {sequence}".encode(), digest_size=4).digest()
        return int.from_bytes(digest, "big") >> 1

    def ring_slot(self, position: int) -> Slot:
        return Slot.from_json(self.ring[position])

    def slot_of(self, sequence: int) -> int:
        return (self.first_slot + sequence) % len(self.ring)

    def ignores_hours(self, at: datetime) -> bool:
        """Whether opening hours do not hold it."""
        return self.hours_waived_until is not None and at < self.hours_waived_until

    def age(self, at: datetime) -> timedelta:
        return at - self.created_at


# What every step of a run reads of it, its network and that one's owner; Django reads the rest where
# somebody asks for it.
READ_WITH_LOCK = [
    "public_id",
    "state",
    "ring",
    "first_slot",
    "seed",
    "created_at",
    "lockout_until",
    "hours_waived_until",
    "ended_at",
    "reason",
    "detail",
    "usd",
    "network__public_id",
    "network__name",
    "network__slug",
    "network__slots",
    "network__pacing",
    "network__budgets",
    "network__refusal_policy",
    "network__has_boards",
    "network__perturbation",
    "network__opening_hours",
    "network__pace_to_closing",
    "network__owner__is_active",
    "network__owner__is_superuser",
    "network__owner__may_use_house_keys",
    "network__owner__budgets",
]
_LOCKED = CompiledGet(
    lambda: (
        Run.objects.select_for_update(of=("self",))
        .select_related("network__owner")
        .only("network_id", "network__owner_id", *READ_WITH_LOCK)
    )
)
_LIVE: CompiledSelect[Run] = CompiledSelect(
    lambda *, network: Run.objects.live().filter(network_id=network).only("pk")
)


def _moves_from(old: RunState) -> CompiledUpdate[Run]:
    return CompiledUpdate(lambda: Run.objects.filter(state=old))


_MOVES = {old: _moves_from(old) for old in RunState}
