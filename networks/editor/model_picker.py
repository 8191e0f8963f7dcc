"""The models that can be put into a ring, and those suggested where a connection does not fit."""

from __future__ import annotations

import itertools
import math
from collections.abc import Collection, Sequence
from dataclasses import dataclass

from django.conf import settings
from django.utils.translation import gettext

from credentials.resolution import CredentialResolver
from networks.rings import Connection, Slot
from platforms import registry
from platforms.base import Modality, Model

MAX_SUGGESTIONS = 3


@dataclass(frozen=True, slots=True)
class ModelChoice:
    """A model, and whether it can be used now."""

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
class PickerGroup:
    title: str
    choices: list[ModelChoice]


Suggestion = tuple[ModelChoice, ...]  # models that make a connection fit, in their order


def list_choices(keys: CredentialResolver, ring: Collection[Slot] = ()) -> list[ModelChoice]:
    """Dummy models only with DEBUG, deprecated ones only where the ring has them already."""
    there = {model for slot in ring for model in (slot.model, slot.fallback)}
    found = []
    for model in registry.all_models():
        listed = not (model.deprecated or (model.hidden and not settings.DEBUG))
        if model.id in there or (listed and keys.may_use(model)):
            state = keys.availability(model)
            label = registry.get_platform(model.platform).shown_label
            found.append(ModelChoice(model, label, state.available, state.reason))
    return sorted(found, key=ModelChoice.rank)


def group_choices(incoming: Modality | None, choices: Collection[ModelChoice]) -> list[PickerGroup]:
    """For one position of the ring: what takes `incoming` first; everything, where that is not known."""
    usable = [one for one in choices if one.available]
    fitting = [one for one in usable if incoming in (None, one.model.input)]
    others = [one for one in usable if incoming not in (None, one.model.input)]
    unavailable = [one for one in choices if not one.available]
    misfit = gettext("Do not fit here, where %(modality)s comes in")
    return [
        PickerGroup(gettext("Fit here"), fitting),
        PickerGroup(misfit % {"modality": gettext(incoming) if incoming else ""}, others),
        PickerGroup(gettext("Cannot be used now"), unavailable),
    ]


# Suggested models


def suggest_models(
    connection: Connection, choices: Sequence[ModelChoice], *, closing: bool = False
) -> list[Suggestion]:
    """At most three ways to make `connection` fit, the best first: one model where one will do, else
    two. Where the ring closes they lead over text, because there the next prompt comes in."""
    if not connection.problem or connection.gives is None or connection.takes is None:
        return []
    if not closing:
        return shortest_paths(connection.gives, connection.takes, choices)[:MAX_SUGGESTIONS]
    tails = _paths(connection.gives, Modality.TEXT, choices)
    heads = _paths(Modality.TEXT, connection.takes, choices)
    return [tail + head for tail, head in itertools.product(tails, heads)][:MAX_SUGGESTIONS]


def shortest_paths(
    given: Modality, wanted: Modality, choices: Sequence[ModelChoice]
) -> list[Suggestion]:
    """The ways from `given` to `wanted`: those that can be used now before those that cannot."""
    usable = [one for one in choices if one.available]
    for models in (usable, choices):
        if found := _single(given, wanted, models) or _double(given, wanted, models):
            return found
    return []


def _paths(given: Modality, wanted: Modality, choices: Sequence[ModelChoice]) -> list[Suggestion]:
    return [()] if given is wanted else shortest_paths(given, wanted, choices)


def _single(given: Modality, wanted: Modality, choices: Sequence[ModelChoice]) -> list[Suggestion]:
    fitting = (o for o in choices if o.model.input is given and o.model.output is wanted)
    return [(choice,) for choice in sorted(fitting, key=ModelChoice.rank)]


def _double(given: Modality, wanted: Modality, choices: Sequence[ModelChoice]) -> list[Suggestion]:
    """The best over each modality that lies between."""
    found = []
    for middle in Modality:
        first, second = _single(given, middle, choices), _single(middle, wanted, choices)
        if first and second:
            found.append(first[0] + second[0])
    return sorted(
        found, key=lambda way: [sum(part) for part in zip(*map(ModelChoice.rank, way), strict=True)]
    )
