"""Looked at once a minute: how much of their limits networks and owners have used."""

from __future__ import annotations

from datetime import datetime, timedelta

from django.db import transaction

from networks.models import Network

from . import alerts
from .models import Spending

NEARLY, OVER = (
    0.8,
    0.6,
)  # shares of a limit: told from the one on, and again after it fell below the other
LATELY = timedelta(minutes=10)


def due_networks(at: datetime) -> list[int]:
    """With limits, and something spent lately; or of which something was told."""
    spent = Spending.objects.filter(began_at__gt=at - LATELY).exclude(
        network__budgets={}, owner__budgets={}
    )
    lately = set(spent.exclude(network=None).values_list("network", flat=True).distinct())
    return sorted(lately | alerts.networks_told_of_budgets())


def watch_budgets(pk: int, at: datetime) -> None:
    """Tell when most of a limit of this network, or of its owner, is used; forget what was told when
    much of it is free again."""
    with transaction.atomic():
        network = Network.objects.select_related("owner").filter(pk=pk).first()
        share = _used_share(network, at) if network else 0.0
        if share < OVER:
            alerts.forget_budget(pk)
        elif network and NEARLY <= share < 1:
            alerts.tell_budget_nearly(network, share, at=at)


def _used_share(network: Network, at: datetime) -> float:
    """Of the limit of which most is used, its own or its owner's; more than 1 where it is exceeded."""
    shares = [0.0]
    day_began = network.money_day_began(at)
    for limits, ledger, day in (
        (network.budgets or {}, Spending.objects.filter(network=network), day_began),
        (network.owner.budgets or {}, Spending.objects.filter(owner=network.owner_id), None),
    ):
        if limits.get("usd_per_day") or limits.get("calls_per_hour"):
            lately = ledger.lately(at, day_began=day)
            shares.append(_share(limits.get("usd_per_day"), lately.day.usd_at_most))
            shares.append(_share(limits.get("calls_per_hour"), lately.hour.calls))
    return max(shares)


def _share(limit: float | None, used: float) -> float:
    return used / limit if limit else 0.0
