"""An invocation: one step of a run. The row is the job."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, ClassVar, cast

from django.db import models
from django.urls import reverse
from django.utils import timezone

from assets.models import Asset
from invocations.leases import WorkOffer
from invocations.states import OPEN_INVOCATIONS, InvocationState, Stale, sources
from lib.compiled_statements import CompiledInsert, CompiledSelect, CompiledUpdate
from lib.public_ids import new_public_id
from networks.models import Network
from platforms.base import Modality

from .run import Run, not_withdrawn_from

if TYPE_CHECKING:
    from networks.models import Person

State = InvocationState


class InvocationQuerySet(models.QuerySet["Invocation"]):
    def due(self, at: datetime) -> InvocationQuerySet:
        """Ready, and their time has come; the longest waiting first."""
        return self.filter(state=State.READY, due_at__lte=at).order_by("due_at", "id")

    def offered(self, offer: WorkOffer) -> InvocationQuerySet:
        """Those that a holder with this offer may be given."""
        return self.filter(offer.as_query())

    def queueing(self, platform: str, *, before: datetime) -> InvocationQuerySet:
        """Waiting for a place at `platform` and back there before then; the first one first."""
        waiting = self.filter(state=State.READY, queueing_since__isnull=False, due_at__lte=before)
        mine = waiting.filter(model__startswith=f"{platform}:")
        return mine.order_by("queueing_since", "id")

    def upcoming(self, at: datetime) -> InvocationQuerySet:
        """Ready, but not yet due; the next one first."""
        return self.filter(state=State.READY, due_at__gt=at).order_by("due_at", "id")

    def visible_to(self, person: Person) -> InvocationQuerySet:
        seen = self.filter(network__in=Network.objects.visible_to(person))
        return seen.filter(not_withdrawn_from(person, run="run__"))

    def in_order(self) -> InvocationQuerySet:
        return self.order_by("sequence")

    def open(self) -> InvocationQuerySet:
        """Not yet at an end. SQLite needs `ended_at` to see that the index has them all."""
        return self.filter(ended_at__isnull=True, state__in=OPEN_INVOCATIONS)


class Invocation(models.Model):
    """One step: an input, a model, and in the end an output or the reason why there is none."""

    public_id = models.CharField(max_length=20, unique=True, default=new_public_id, editable=False)
    run = models.ForeignKey(  # `invocation_sequence` begins with it
        Run, on_delete=models.CASCADE, related_name="invocations", db_index=False
    )
    network = models.ForeignKey(  # `invocation_of_network` begins with it
        Network, on_delete=models.CASCADE, related_name="invocations", db_index=False
    )
    sequence = models.PositiveIntegerField()
    slot = models.PositiveIntegerField()
    model = models.CharField(max_length=200)
    state = models.CharField(max_length=10, choices=State.choices, default=State.READY)
    due_at = models.DateTimeField(null=True)  # NULL: held back, because the run is paused
    queueing_since = models.DateTimeField(null=True)  # since when it waits for a place
    input_text = models.TextField(blank=True)
    input_asset = models.ForeignKey(Asset, null=True, on_delete=models.PROTECT, related_name="+")
    output_text = models.TextField(blank=True)
    output_asset = models.ForeignKey(Asset, null=True, on_delete=models.PROTECT, related_name="+")
    substituted = models.BooleanField(default=False)  # a placeholder for a refused output
    fallen_back = models.BooleanField(default=False)  # the slot's fallback model was asked
    truncated = models.BooleanField(default=False)  # its text ended at a limit of tokens
    error_code = models.CharField(max_length=40, blank=True)
    error_detail = models.TextField(blank=True)
    attempts_made = models.PositiveIntegerField(default=0)
    losses = models.PositiveSmallIntegerField(default=0)  # tries that died with their worker
    charge = models.PositiveSmallIntegerField(default=1)  # numbers the requests a provider may bill
    reference = models.CharField(max_length=200, blank=True)  # a provider's id, to be adopted
    created_at = models.DateTimeField(default=timezone.now)
    started_at = models.DateTimeField(null=True)
    ended_at = models.DateTimeField(null=True)
    seconds = models.FloatField(null=True)
    usd = models.FloatField(null=True)
    usd_uncertain = models.FloatField(default=0.0)  # may have been charged besides

    objects: ClassVar[InvocationQuerySet] = cast(
        "InvocationQuerySet", InvocationQuerySet.as_manager()
    )

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["run", "sequence"], name="invocation_sequence"),
        ]
        indexes = [
            models.Index(
                fields=["due_at", "id"],
                condition=models.Q(state=State.READY),
                name="invocation_due",
            ),
            models.Index(
                fields=["queueing_since", "id"],
                condition=models.Q(state=State.READY, queueing_since__isnull=False),
                name="invocation_queueing",
            ),
            models.Index(fields=["network", "-id"], name="invocation_of_network"),
            models.Index(
                fields=["run"],
                condition=models.Q(ended_at__isnull=True),
                name="invocation_open",
            ),
        ]

    def __str__(self) -> str:
        return self.public_id

    def get_absolute_url(self) -> str:
        return reverse("invocations:detail", args=[self.public_id])

    # Mutators: inside a transaction that holds the run

    @classmethod
    def write(cls, **fields: object) -> Invocation:
        """A further step of a run: what `objects.create` does."""
        return _STEPS.create(**fields)

    def move(self, new: State, **fields: object) -> None:
        """Take the step only where the table allows it; raises Stale when somebody was faster."""
        if not _MOVES[new].update(self.pk, {"state": new, **fields}):
            raise Stale(f"invocation {self.public_id} does not lead to {new} any more")
        self.state = new
        for name, value in fields.items():
            setattr(self, name, value)

    def postpone(self, until: datetime, *, at: datetime) -> None:
        """Come back later; its place in the queue is kept."""
        self.due_at, self.queueing_since = until, self.queueing_since or at
        Invocation.objects.filter(pk=self.pk).update(
            due_at=self.due_at, queueing_since=self.queueing_since
        )

    def move_due(self, at: datetime) -> None:
        """Still ready, but due then: for a holder other than the one that looked at it."""
        self.due_at = at
        Invocation.objects.filter(pk=self.pk).update(due_at=at)

    def fall_back(self, model: str) -> None:
        """Ask the slot's fallback instead; whatever was asked before stays on the attempts.

        Raises Stale when the step has ended meanwhile.
        """
        fields = {
            "model": model,
            "fallen_back": True,
            "charge": self.charge + 1,
            "reference": "",
        }
        if not Invocation.objects.open().filter(pk=self.pk).update(**fields):
            raise Stale(f"invocation {self.public_id} has ended already")
        for name, value in fields.items():
            setattr(self, name, value)

    def replace_output(self, text: str, asset: Asset | None) -> None:
        """Show this in the place of its output, marked as a placeholder."""
        fields = {"output_text": text, "output_asset": asset, "substituted": True}
        Invocation.objects.filter(pk=self.pk).update(**fields)
        for name, value in fields.items():
            setattr(self, name, value)

    # Queries

    @staticmethod
    def open_of_run(run: Run) -> list[Invocation]:
        """Those that are not at an end, with this very run."""
        steps = _OPEN.rows(run=run.pk)
        for step in steps:
            step.run = run
        return steps

    # Properties

    @property
    def number(self) -> int:
        """The step's number for people, who count from 1."""
        return self.sequence + 1

    @property
    def idempotency_key(self) -> str:
        """What a provider bills at most once under."""
        return f"{self.public_id}-{self.charge}"

    @property
    def input_modality(self) -> Modality:
        return Modality(self.input_asset.kind) if self.input_asset else Modality.TEXT

    @property
    def output_modality(self) -> Modality:
        """Of what a completed step gave."""
        return Modality(self.output_asset.kind) if self.output_asset else Modality.TEXT


_STEPS = CompiledInsert(Invocation)
_OPEN: CompiledSelect[Invocation] = CompiledSelect(
    lambda *, run: Invocation.objects.open().filter(run_id=run)
)


def _moves_to(new: State) -> CompiledUpdate[Invocation]:
    return CompiledUpdate(lambda: Invocation.objects.filter(state__in=sources(new)))


_MOVES = {new: _moves_to(new) for new in State}
