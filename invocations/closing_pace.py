"""Closing-time pacing: a network that wants it spends its day's money evenly until its installations
close, instead of in the first hours."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

from platforms.registry import UnknownModel, get_model

from .models import Spending

if TYPE_CHECKING:
    from networks.models import Network


def interval_seconds(*, seconds_left: float, usd_left: float, usd_per_step: float) -> float:
    """From the beginning of one step to that of the next, so that the money lasts for the time that is
    left. Where it is not enough for one more step: all of that time."""
    if usd_per_step <= 0:
        return 0.0
    if usd_left < usd_per_step:
        return seconds_left
    return min(seconds_left, seconds_left * usd_per_step / usd_left)


@dataclass(frozen=True, slots=True)
class ClosingPace:
    """How fast a network may go so that its day's money lasts until it closes for the day."""

    interval: float  # seconds from step to step
    seconds_left: float
    closes_at: datetime

    def wait_after(self, step_seconds: float) -> float:
        """Seconds until the next step, after one that took `step_seconds`."""
        if self.interval >= self.seconds_left:
            return self.seconds_left  # there is no money for another one today
        return max(0.0, self.interval - step_seconds)


def pace_of_network(network: Network, at: datetime) -> ClosingPace | None:
    """None where it does not pace to closing, has no money limit, is closed or never closes. One query."""
    limit = (network.budgets or {}).get("usd_per_day")
    if not network.pace_to_closing or network.opening_hours is None or limit is None:
        return None
    rest = network.hours.rest_of_day(at)
    seconds_left, day_began = network.hours.seconds_left(at), network.money_day_began(at)
    if seconds_left is None or day_began is None:
        return None
    spent, average = Spending.objects.filter(network=network).since(day_began)
    interval = interval_seconds(
        seconds_left=seconds_left,
        usd_left=limit - spent,
        usd_per_step=average or _catalogue_price(network),
    )
    return ClosingPace(interval, seconds_left, rest[-1].closes)


def delay(network: Network, at: datetime, *, step_seconds: float) -> float:
    """Seconds to wait before the next step, after one that took `step_seconds`; 0 where the network
    does not pace to closing."""
    pace = pace_of_network(network, at)
    return pace.wait_after(step_seconds) if pace else 0.0


def _catalogue_price(network: Network) -> float:
    """What a step of its ring costs on average, as far as prices are known."""
    prices = [_price(slot.model) for slot in network.ring]
    return sum(prices) / len(prices) if prices else 0.0


def _price(model_id: str) -> float:
    try:
        return get_model(model_id).usd or 0.0
    except UnknownModel:
        return 0.0
