"""A ring as people look at it: which models stand in it, and whether each can be used."""

from __future__ import annotations

from dataclasses import dataclass

from platforms import registry
from platforms.base import Availability, Model
from platforms.keyring import Keyring

from .models import Network


@dataclass(frozen=True, slots=True)
class Station:
    """One slot. `model` is None where the catalogue has lost it."""

    position: int
    model_id: str
    model: Model | None
    platform: str
    availability: Availability


def of(network: Network) -> list[Station]:
    keys = network.keyring
    return [_station(n, slot.model, keys) for n, slot in enumerate(network.ring)]


def _station(position: int, model_id: str, keys: Keyring) -> Station:
    try:
        model = registry.get_model(model_id)
    except registry.UnknownModel:
        gone = Availability(False, "No platform offers this model any more.")
        return Station(position, model_id, None, "", gone)
    platform = registry.get_platform(model.platform)
    return Station(position, model_id, model, platform.label, keys.availability(model))
