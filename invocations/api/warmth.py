"""Having a network's models loaded before it opens."""

from __future__ import annotations

from dataclasses import asdict
from datetime import datetime

from django.utils import timezone
from ninja import Router, Status
from pydantic import BaseModel

from accounts.api_auth import ApiRequest
from invocations import warmings
from networks import access
from networks.models import Network

routes = Router(tags=["networks"])


class SlotWarmthOut(BaseModel):
    """How warm the model of a slot is: `warming`, `warm`, `unknown`, `failed`; null where nobody
    has asked since it came into the ring."""

    slot: int
    model: str
    name: str
    state: str | None
    words: str
    cold_seconds: float | None
    told_at: datetime | None


class WarmthOut(BaseModel):
    slots: list[SlotWarmthOut]


@routes.get("/networks/{slug:slug}/warm", response=WarmthOut)
def warmth(request: ApiRequest, slug: str) -> WarmthOut:
    """What was last heard of each model, for those who may control the network."""
    return _warmth(access.controllable(request.auth, slug))


@routes.post("/networks/{slug:slug}/warm", response={202: WarmthOut})
def warm(request: ApiRequest, slug: str) -> Status[WarmthOut]:
    """Has every model of the ring loaded, as far as that costs nothing or next to nothing; look again
    for what became of it. 409 `halted` while everything is stopped."""
    network = access.controllable(request.auth, slug)
    warmings.warm(network=network, at=timezone.now())
    return Status(202, _warmth(network))


def _warmth(network: Network) -> WarmthOut:
    slots = warmings.of(network, timezone.now())
    return WarmthOut(slots=[SlotWarmthOut(**asdict(slot)) for slot in slots])
