"""Having a network's models loaded before it opens, and what is known of each, slot by slot."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from django.db import transaction
from django_q.tasks import async_task

from networks.models import Network
from platforms.registry import UnknownModel, get_model

from .models import Halt, Warming
from .models.warming import Warmth
from .runs import Halted

LOAD = "invocations.tasks.warm"
SENTENCES = {Warmth.WARMING: "Being loaded.", Warmth.UNKNOWN: "Nobody has heard what became of it."}


@dataclass(frozen=True, slots=True)
class Slot:
    """A position in the ring and how warm its model is; no state where nobody has asked."""

    slot: int
    model: str
    name: str
    state: str | None
    words: str
    cold_seconds: float | None  # how long it typically takes to be loaded
    told_at: datetime | None


def warm(*, network: Network, at: datetime) -> None:
    """Have every model of the ring loaded; those that are being loaded already are left alone.

    Raises Halted while everything is stopped.
    """
    with transaction.atomic():
        if Halt.lock().stop_all is not None:
            raise Halted
        names = Warming.ask(network, [slot.model for slot in network.ring], at=at)
        if names:
            transaction.on_commit(lambda: async_task(LOAD, network.pk, names))


def of(network: Network, at: datetime) -> list[Slot]:
    """One for each slot of the ring."""
    known = {row.model: row for row in Warming.objects.filter(network=network)}
    return [
        _slot(position, slot.model, known.get(slot.model), at)
        for position, slot in enumerate(network.ring)
    ]


def _slot(position: int, model_id: str, row: Warming | None, at: datetime) -> Slot:
    try:
        model = get_model(model_id)
    except UnknownModel:
        return Slot(position, model_id, model_id, None, "It does not exist any more.", None, None)
    if row is None:
        return Slot(position, model_id, model.name, None, "", model.cold_seconds, None)
    state = row.state_at(at)
    words = row.words or SENTENCES.get(state, "")
    return Slot(position, model_id, model.name, state, words, model.cold_seconds, row.told_at)
