"""What a lap takes and costs, from what the network's own steps took, or else from the catalogue."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from statistics import median

from networks import pacing
from networks.hooks import Forecast as Forecast
from networks.models import Network
from networks.rings import Slot
from platforms.registry import UnknownModel, get_model

from .models import Spending
from .states import InvocationState

HISTORY = 300  # steps; older ones say little about how a provider is today


@dataclass(frozen=True, slots=True)
class RecentSpending:
    """What was spent lately: calls and dollars."""

    calls_last_hour: int
    usd_last_hour: float
    usd_last_day: float
    usd_uncertain_last_day: float = 0.0  # may have been charged besides


def forecast(network: Network, ring: Sequence[Slot] | None = None) -> Forecast:
    """The next lap of `network`'s ring as it stands now, or of one that it might have; an empty
    ring takes no time."""
    ring = network.ring if ring is None else ring
    known = _history(network)
    taken, charged = known.taken, known.charged
    seconds = [_typical(slot.model, taken, "seconds") for slot in ring]
    usd = [_typical(slot.model, charged, "usd") for slot in ring]
    waits = pacing.delay(network.pacing, 0.0) * len(ring)
    return Forecast(
        seconds=None if None in seconds else sum(s or 0.0 for s in seconds) + waits,
        usd=None if None in usd else sum(u or 0.0 for u in usd),
        measured=bool(ring) and all(slot.model in taken for slot in ring),
        cold_seconds=sum(
            _typical(name, {}, "cold_seconds") or 0.0 for name in {slot.model for slot in ring}
        ),
        cut_texts=known.cut,
    )


def typical_step_seconds(network: Network, model: str) -> float | None:
    """What a step with this model takes; None where nothing is known."""
    return _typical(model, _history(network).taken, "seconds")


def recent_spending(network: Network, at: datetime) -> RecentSpending:
    day = network.money_day_began(at)
    spent = Spending.objects.filter(network=network).lately(at, day_began=day)
    return RecentSpending(
        calls_last_hour=spent.hour.calls,
        usd_last_hour=spent.hour.usd,
        usd_last_day=spent.day.usd,
        usd_uncertain_last_day=spent.day.usd_uncertain,
    )


@dataclass(frozen=True, slots=True)
class _History:
    """By model: how long its newest steps took, what those with a known charge cost, and how many of its texts
    ended at a limit."""

    taken: dict[str, list[float]] = field(default_factory=dict)
    charged: dict[str, list[float]] = field(default_factory=dict)
    cut: Counter[str] = field(default_factory=Counter)


def _history(network: Network) -> _History:
    columns = ("model", "state", "seconds", "usd", "truncated", "run__imported")
    newest = network.invocations.order_by("-id").values_list(*columns)
    found = _History()
    for model, state, seconds, usd, truncated, imported in newest[:HISTORY]:
        if state == InvocationState.COMPLETED and seconds is not None and not imported:
            found.taken.setdefault(model, []).append(seconds)
            if usd is not None:
                found.charged.setdefault(model, []).append(usd)
            found.cut[model] += truncated
    return found


def _typical(model_id: str, measured: dict[str, list[float]], field: str) -> float | None:
    """What was measured, else what the catalogue says under this name."""
    if model_id in measured:
        return median(measured[model_id])
    try:
        said: float | None = getattr(get_model(model_id), field)
    except UnknownModel:
        return None
    return said
