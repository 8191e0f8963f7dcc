"""Two runs that were begun together, to see how they part."""

from __future__ import annotations

from typing import ClassVar, cast

from django.db import models
from django.db.models import F

from invocations.models import Run
from invocations.states import LIVE_RUNS, RunState


class RunPairQuerySet(models.QuerySet["RunPair"]):
    def of_run(self, run: Run) -> RunPairQuerySet:
        """The pair in which it is, as either."""
        return self.filter(models.Q(run=run) | models.Q(companion=run))

    def out_of_step(self) -> RunPairQuerySet:
        """Those whose companion is live, but in another state than its run. What has come to its own end, by laps,
        time or money, lets the companion come to its own."""
        live = self.filter(companion__state__in=LIVE_RUNS)
        return live.exclude(run__state=F("companion__state")).exclude(run__state=RunState.COMPLETED)


class RunPair(models.Model):
    """`companion` began beside `run` on a private copy of its network: from the same words by other chance (a
    twin), or from a variant of them."""

    run = models.OneToOneField(Run, on_delete=models.CASCADE, primary_key=True, related_name="pair")
    companion = models.OneToOneField(
        Run, on_delete=models.CASCADE, related_name="pair_as_companion"
    )

    objects: ClassVar[RunPairQuerySet] = cast("RunPairQuerySet", RunPairQuerySet.as_manager())

    def __str__(self) -> str:
        return f"{self.run_id} {self.companion_id}"
