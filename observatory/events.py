"""What the observatory tells those who follow a network."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from invocations.events import NETWORK_TOPIC
from realtime.events import LiveUpdate, send

from .models import RunPair

if TYPE_CHECKING:
    from invocations.models import Invocation


@dataclass(frozen=True, slots=True)
class OutputsEmbedded(LiveUpdate):
    """Outputs of the run were embedded: its trajectory goes on."""

    topic, type = NETWORK_TOPIC, "outputs.embedded"
    run: str


def tell_embedded(steps: Iterable[Invocation]) -> None:
    """Once for each of their runs, and for the run that one of them is the companion of; after the commit."""
    runs = {step.run_id: (step.network, step.run) for step in steps}
    pairs = RunPair.objects.filter(companion__in=runs).exclude(run__in=runs)
    for pair in pairs.select_related("run__network"):
        runs[pair.pk] = pair.run.network, pair.run
    for network, run in runs.values():
        send(network.topic, OutputsEmbedded(run.public_id))
