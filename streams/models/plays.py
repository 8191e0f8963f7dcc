"""How often a stream has played each archived run."""

from __future__ import annotations

from datetime import datetime

from django.db import models
from django.db.models import F, Value
from django.db.models.functions import Coalesce

from invocations.models import Invocation, Run
from invocations.states import InvocationState
from networks.models import Network


class RunPlays(models.Model):
    run = models.OneToOneField(Run, on_delete=models.CASCADE, related_name="stream_plays")
    plays = models.PositiveIntegerField(default=0)
    last_played_at = models.DateTimeField(null=True)

    def __str__(self) -> str:
        return f"{self.plays} plays of {self.run_id}"

    # Mutators

    @classmethod
    def count(cls, run: int, *, at: datetime) -> None:
        """It has been begun once more."""
        cls.objects.get_or_create(run_id=run)
        cls.objects.filter(run_id=run).update(plays=F("plays") + 1, last_played_at=at)

    # Queries

    @classmethod
    def next_run(cls, network: Network, *, after: int | None) -> Run | None:
        """The archived run with the fewest plays, of those the one that was played longest ago, of
        those the newest; `after` itself only where there is no other."""
        shown = Invocation.objects.filter(
            run=models.OuterRef("pk"), state=InvocationState.COMPLETED
        )
        over = network.runs.filter(withdrawn_at__isnull=True, ended_at__isnull=False)
        found = over.filter(models.Exists(shown)).annotate(
            played=Coalesce(F("stream_plays__plays"), Value(0)),
            is_same=models.Case(models.When(pk=after, then=Value(1)), default=Value(0)),
        )
        oldest_first = F("stream_plays__last_played_at").asc(nulls_first=True)
        return found.order_by("is_same", "played", oldest_first, "-pk").first()
