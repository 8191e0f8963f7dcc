"""What a network costs, and having its models loaded before it opens."""

from __future__ import annotations

from dataclasses import asdict
from datetime import datetime

from django.utils import timezone
from ninja import Router, Status
from pydantic import BaseModel, Field

from accounts.api.auth import ApiRequest
from invocations import forecasts
from invocations.engine import rate_limits, warm_up
from lib.schemas import example
from lib.scopes import Scope, requires_scope
from networks import access
from networks.models import Network

routes = Router(tags=["networks"])


class LapOut(BaseModel):
    """The next lap: seconds with a young run's pacing, dollars; null where nothing is known.
    `cold_seconds` is how much longer it may take while models are loaded."""

    seconds: float | None
    usd: float | None
    measured: bool
    cold_seconds: float


class RecentSpendingOut(BaseModel):
    calls_last_hour: int
    usd_last_hour: float
    usd_last_day: float
    usd_uncertain_last_day: float


class CostsOut(BaseModel):
    model_config = example(
        {
            "lap": {"seconds": 6.5, "usd": 0.0, "measured": True, "cold_seconds": 0.0},
            "burn": {
                "calls_last_hour": 212,
                "usd_last_hour": 0.0,
                "usd_last_day": 0.0,
                "usd_uncertain_last_day": 0.0,
            },
            "platform_troubles": [],
        }
    )

    lap: LapOut
    burn: RecentSpendingOut
    platform_troubles: list[str]


@routes.get("/networks/{slug:slug}/costs", response=CostsOut)
@requires_scope(Scope.READ)
def costs(request: ApiRequest, slug: str) -> CostsOut:
    """For those who may control the network."""
    network = access.controllable(request.auth, slug)
    at = timezone.now()
    return CostsOut(
        lap=LapOut(**asdict(forecasts.forecast(network))),
        burn=RecentSpendingOut(**asdict(forecasts.recent_spending(network, at))),
        platform_troubles=rate_limits.describe_problems(network, at),
    )


class SlotWarmthOut(BaseModel):
    """How warm the model of a slot is: `warming`, `warm`, `unknown`, `failed`; null where nobody
    has asked since it came into the ring."""

    slot: int
    model: str
    name: str
    state: str | None
    words: str
    cold_seconds: float | None
    told_at: datetime | None = Field(validation_alias="reported_at")


class WarmthOut(BaseModel):
    slots: list[SlotWarmthOut]


@routes.get("/networks/{slug:slug}/warm", response=WarmthOut)
@requires_scope(Scope.READ)
def warmth(request: ApiRequest, slug: str) -> WarmthOut:
    """What was last heard of each model, for those who may control the network."""
    return _warmth(access.controllable(request.auth, slug))


@routes.post("/networks/{slug:slug}/warm", response={202: WarmthOut})
@requires_scope(Scope.CONTROL)
def warm(request: ApiRequest, slug: str) -> Status[WarmthOut]:
    """Has every model of the ring loaded, as far as that costs nothing or next to nothing; look again
    for what became of it. 409 `halted` while everything is stopped."""
    network = access.controllable(request.auth, slug)
    warm_up.warm(network=network, at=timezone.now())
    return Status(202, _warmth(network))


def _warmth(network: Network) -> WarmthOut:
    slots = warm_up.warmth_of_slots(network, timezone.now())
    return WarmthOut(slots=[SlotWarmthOut(**asdict(slot)) for slot in slots])
