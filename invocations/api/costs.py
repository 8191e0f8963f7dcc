"""What a network costs: the next lap as far as it can be told, and what was spent lately."""

from __future__ import annotations

from dataclasses import asdict

from django.utils import timezone
from ninja import Router
from pydantic import BaseModel

from accounts.api_auth import ApiRequest
from invocations import forecasts
from invocations.engine import gates
from networks import access

routes = Router(tags=["networks"])


class LapOut(BaseModel):
    """The next lap: seconds with a young run's pacing, dollars; null where nothing is known.
    `cold_seconds` is how much longer it may take while models are loaded."""

    seconds: float | None
    usd: float | None
    measured: bool
    cold_seconds: float


class BurnOut(BaseModel):
    calls_last_hour: int
    usd_last_hour: float
    usd_last_day: float


class CostsOut(BaseModel):
    lap: LapOut
    burn: BurnOut
    platform_troubles: list[str]


@routes.get("/networks/{slug:slug}/costs", response=CostsOut)
def costs(request: ApiRequest, slug: str) -> CostsOut:
    """For those who may control the network."""
    network = access.controllable(request.auth, slug)
    at = timezone.now()
    return CostsOut(
        lap=LapOut(**asdict(forecasts.forecast(network))),
        burn=BurnOut(**asdict(forecasts.burn(network, at))),
        platform_troubles=gates.troubles((slot.model for slot in network.ring), at),
    )
