"""The models that can be put into a ring, each with what speaks for and against it."""

from __future__ import annotations

import math
from collections.abc import Collection
from dataclasses import dataclass

from django.conf import settings

from platforms import registry
from platforms.base import Modality, Model
from platforms.keyring import Keyring

from . import rings


@dataclass(frozen=True, slots=True)
class Offer:
    model: Model
    platform: str
    available: bool
    reason: str = ""  # why it cannot be used now

    def rank(self) -> tuple[float, float, float]:
        """The usable before the others, then the cheap, then the quick; what is unknown last."""
        usd, seconds = self.model.usd, self.model.seconds
        return (
            float(not self.available),
            math.inf if usd is None else usd,
            math.inf if seconds is None else seconds,
        )


@dataclass(frozen=True, slots=True)
class Shelf:
    """The same offers as a list for one place in the ring."""

    given: Modality | None  # what comes in there
    fitting: list[Offer]
    misfits: list[Offer]
    unusable: list[Offer]

    @property
    def named(self) -> list[tuple[str, list[Offer]]]:
        return [
            ("Fit here", self.fitting),
            (f"Do not fit here, where {self.given} comes in", self.misfits),
            ("Cannot be used now", self.unusable),
        ]


def all_offers(keys: Keyring, ring: Collection[rings.Slot] = ()) -> list[Offer]:
    """Pretend models only with DEBUG, deprecated ones only where the ring has them already."""
    there = {slot.model for slot in ring}
    found = [
        _offer(model, keys)
        for model in registry.all_models()
        if _is_offered(model, model.id in there)
    ]
    return sorted(found, key=Offer.rank)


def sort_for(given: Modality | None, offers: Collection[Offer]) -> Shelf:
    """What takes `given` first; everything, where it is not known what is given."""
    usable = [offer for offer in offers if offer.available]
    return Shelf(
        given=given,
        fitting=[o for o in usable if given in (None, o.model.input)],
        misfits=[o for o in usable if given not in (None, o.model.input)],
        unusable=[o for o in offers if not o.available],
    )


def _offer(model: Model, keys: Keyring) -> Offer:
    state = keys.availability(model)
    label = registry.get_platform(model.platform).label
    return Offer(model, label, state.available, state.reason)


def _is_offered(model: Model, there: bool) -> bool:
    return there or not (model.deprecated or (model.hidden and not settings.DEBUG))
