"""What a network, and its owner, may spend: read from a ledger that outlives the runs.

A call's typical price is set aside when it is claimed, so that calls under way count as spent. The
ledger has slices of five minutes (`Spending`), and a slice counts as long as a part of it does.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from accounts.models import User

from .models import Spending
from .models.spending import SpendingQuerySet
from .states import Reason

if TYPE_CHECKING:
    from networks.models import Network

    from .models import Run


@dataclass(frozen=True, slots=True)
class Spent:
    """Which limit is reached, as a run's reason and as a sentence."""

    reason: Reason
    sentence: str


def spent(
    network: Network, at: datetime, *, price: float = 0.0, hold: bool = False
) -> Spent | None:
    """The limit that leaves no room for a call of `price` dollars, if any.

    Reads `usd_per_day` (the last 24 hours) and `calls_per_hour` of the network's and of its owner's
    budgets; None or missing = no limit. With `hold`, claims of the owner's other networks wait
    until the transaction ends: the network's own are kept apart by its run.
    """
    of_network = Spending.objects.filter(network=network)
    if found := _over(network.budgets or {}, of_network, at, price, "This network"):
        return found
    limits = network.owner.budgets or {}
    if not limits:
        return None
    if hold:
        User.objects.select_for_update().filter(pk=network.owner_id).first()
    of_owner = Spending.objects.filter(owner=network.owner_id)
    return _over(limits, of_owner, at, price, "The owner of this network")


def _over(
    limits: Mapping[str, float | None],
    ledger: SpendingQuerySet,
    at: datetime,
    price: float,
    who: str,
) -> Spent | None:
    calls, usd = limits.get("calls_per_hour"), limits.get("usd_per_day")
    if calls is None and usd is None:
        return None
    lately = ledger.lately(at)
    return reached(limits, lately.hour.calls, lately.day.usd, price=price, who=who)


def reached(
    limits: Mapping[str, float | None],
    made: int,
    today: float,
    *,
    price: float = 0.0,
    who: str = "This network",
) -> Spent | None:
    """The limit that leaves no room, with `made` calls in the last hour and `today` dollars in the
    last day."""
    calls, usd = limits.get("calls_per_hour"), limits.get("usd_per_day")
    if calls is not None and made >= calls:
        return Spent(Reason.CALLS, f"{who} has made the {calls:g} calls of this hour.")
    if usd is not None and (today + price > usd or today >= usd):
        return Spent(Reason.MONEY, f"{who} has spent the {usd:.2f} dollars of today.")
    return None


def run_is_over(run: Run, *, sequence: int, at: datetime) -> Spent | None:
    """Whether the run has had its laps or hours once step `sequence` is done."""
    limits: Mapping[str, float | None] = run.network.budgets or {}
    laps, hours = limits.get("laps_per_run"), limits.get("hours_per_run")
    if laps is not None and sequence + 1 >= laps * len(run.ring):
        return Spent(Reason.LAPS, f"The run has gone round {laps:g} times.")
    if hours is not None and run.age(at) >= timedelta(hours=hours):
        return Spent(Reason.TIME, f"The run has lasted {hours:g} hours.")
    return None
