"""What of runs, platforms and budgets people are told outside the pages (`notifications`).

Each is called within the transaction of the state that it is about.
"""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING

from notifications import outbox
from notifications.models import Condition
from notifications.occasions import Occasion
from platforms.registry import UnknownModel, get_model, get_platform

from .states import Reason

if TYPE_CHECKING:
    from networks.models import Network

    from .models import Run


def tell_run_failed(run: Run, sentence: str, *, at: datetime) -> None:
    outbox.tell_about_network(
        run.network,
        Occasion.RUN_FAILED,
        subject=run.network.public_id,
        facts={
            "network": run.network.name,
            "reason": sentence,
            **outbox.page("runs:detail", run.public_id),
        },
        at=at,
    )


def tell_budget_spent(run: Run, reason: Reason, sentence: str, *, at: datetime) -> None:
    """Once, until much of it is free again. Nothing for limits of a run."""
    network = run.network
    if reason not in (Reason.MONEY, Reason.CALLS):
        return
    if Condition.begin(f"budget-spent:{network.pk}", at=at):
        facts = {"network": network.name, "reason": sentence, **_page(network)}
        outbox.tell_about_network(
            network, Occasion.BUDGET_SPENT, subject=network.public_id, facts=facts, at=at
        )


def tell_budget_nearly(network: Network, share: float, *, at: datetime) -> None:
    """Once, until much of it is free again."""
    if Condition.begin(f"budget-nearly:{network.pk}", at=at):
        facts: outbox.Facts = {
            "network": network.name,
            "percent": int(share * 100),
            **_page(network),
        }
        outbox.tell_about_network(
            network, Occasion.BUDGET_NEARLY, subject=network.public_id, facts=facts, at=at
        )


def forget_budget(network: int) -> None:
    """Much of it is free again: what comes is told again."""
    for kind in ("budget-spent", "budget-nearly"):
        Condition.end(f"{kind}:{network}")


def networks_told_of_budgets() -> set[int]:
    found = Condition.objects.filter(key__startswith="budget-").values_list("key", flat=True)
    return {int(key.partition(":")[2]) for key in found}


def tell_provider_down(key: str, platform: str, model: str | None, *, at: datetime) -> None:
    """`key`: of the circuit breaker that opened. Once, until a call succeeds."""
    if Condition.begin(f"provider:{key}", at=at):
        facts = {"provider": _label(platform, model)}
        outbox.tell_users_of_platform(
            platform, Occasion.PROVIDER_DOWN, facts=facts, at=at, model=model
        )


def tell_provider_recovered(key: str, platform: str, model: str | None, *, at: datetime) -> None:
    """Where it was told that the provider is down."""
    if Condition.end(f"provider:{key}"):
        facts = {"provider": _label(platform, model)}
        outbox.tell_users_of_platform(
            platform, Occasion.PROVIDER_RECOVERED, facts=facts, at=at, model=model
        )


def _page(network: Network) -> outbox.Facts:
    return outbox.page("networks:detail", network.slug)


def _label(platform: str, model: str | None) -> str:
    try:
        label = get_platform(platform).label
        return f"{label} ({get_model(model).name})" if model else label
    except UnknownModel:
        return model or platform
