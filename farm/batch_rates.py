"""How many steps a second the farm does in batches, measured, by the size of the batch."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db.models import Avg, Count

from invocations.states import Outcome

from .models import Assignment

PERIOD = timedelta(days=1)
MAX_SHOWN = 12


@dataclass(frozen=True, slots=True)
class BatchRate:
    """Of the last day: `steps` of `model` were completed in batches of `size`, each of which took `seconds` on average."""

    model: str
    size: int
    steps: int
    seconds: float

    @property
    def steps_per_second(self) -> float:
        return self.size / self.seconds


def rates_lately(at: datetime) -> list[BatchRate]:
    """By model and size, those with the most steps. One query, over what was given in batches alone."""
    done = Assignment.objects.filter(
        batch_size__gt=1,
        attempt__started_at__gte=at - PERIOD,
        attempt__outcome=Outcome.COMPLETED,
        attempt__seconds__gt=0,
    )
    rows = done.values_list("attempt__invocation__model", "batch_size").annotate(
        Count("pk"), Avg("attempt__seconds")
    )
    most = sorted((BatchRate(*row) for row in rows), key=lambda one: -one.steps)[:MAX_SHOWN]
    return sorted(most, key=lambda one: (one.model, one.size))
