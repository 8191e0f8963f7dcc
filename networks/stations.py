"""A ring as people look at it: which models stand in it, and whether each can be used."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from platforms import registry
from platforms.base import Availability, Model
from platforms.keyring import Keyring

from .models import Network
from .rings import Slot


@dataclass(frozen=True, slots=True)
class Station:
    """One slot. `model` is None where the catalogue has lost it."""

    position: int
    model_id: str
    model: Model | None
    platform: str
    availability: Availability


def of(network: Network, ring: Sequence[Slot] | None = None) -> list[Station]:
    """Of the network's ring, or of one that it might have."""
    keys = network.keyring
    slots = network.ring if ring is None else ring
    return [_station(n, slot.model, keys) for n, slot in enumerate(slots)]


def _station(position: int, model_id: str, keys: Keyring) -> Station:
    try:
        model = registry.get_model(model_id)
    except registry.UnknownModel:
        gone = Availability(False, "No platform offers this model any more.")
        return Station(position, model_id, None, "", gone)
    platform = registry.get_platform(model.platform)
    return Station(position, model_id, model, platform.label, keys.availability(model))
