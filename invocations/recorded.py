"""What models really took and cost in this house, beside what the catalogue says of them."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from statistics import median

from platforms.base import Model

from .models import Attempt
from .states import Outcome

HISTORY = 300  # newest calls of a platform; older ones say little about how it is today


@dataclass(frozen=True, slots=True)
class Recorded:
    """Medians of calls that went well; None where nobody said what they cost."""

    calls: int
    seconds: float | None
    usd: float | None


def of_models(models: Collection[Model]) -> Mapping[str, Recorded]:
    """By id, those that were at work lately; a query per platform."""
    found: dict[str, Recorded] = {}
    for platform in {model.platform for model in models}:
        found |= _of_platform(platform)
    return {model.id: found[model.id] for model in models if model.id in found}


def _of_platform(platform: str) -> Mapping[str, Recorded]:
    newest = Attempt.objects.filter(platform=platform, outcome=Outcome.COMPLETED)
    rows = newest.order_by("-started_at").values_list("invocation__model", "seconds", "usd")
    taken: dict[str, list[float]] = {}
    charged: dict[str, list[float]] = {}
    for model, seconds, usd in rows[:HISTORY]:
        taken.setdefault(model, []).append(seconds or 0.0)
        if usd is not None:
            charged.setdefault(model, []).append(usd)
    return {
        model: Recorded(len(every), median(every), _median(charged.get(model)))
        for model, every in taken.items()
    }


def _median(every: list[float] | None) -> float | None:
    return median(every) if every else None
