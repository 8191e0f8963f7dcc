"""Where the time of one step went, over HTTP."""

from __future__ import annotations

from dataclasses import asdict
from datetime import datetime

from ninja import Router
from pydantic import BaseModel

from accounts.api.auth import ApiRequest
from displays.timelines import timeline_of_step
from invocations.api import steps
from lib.schemas import example
from lib.scopes import Scope, requires_scope
from networks import access

routes = Router(tags=["invocations"])


class MomentOut(BaseModel):
    phase: str
    at: datetime
    about: str
    seconds: float


class ShowingOut(BaseModel):
    installation: str
    display: str
    shown: bool
    lag_ms: float | None
    seen_at: datetime


class TimelineOut(BaseModel):
    """`phase`: `created`, `due`, `claimed`, `answered`, `stored` or `published`; `seconds`: since the moment before."""

    model_config = example(
        {
            "moments": [
                {
                    "phase": "created",
                    "at": "2026-11-28T19:30:00.000Z",
                    "about": "",
                    "seconds": 0.0,
                },
                {
                    "phase": "claimed",
                    "at": "2026-11-28T19:30:00.004Z",
                    "about": "gallery:1041:a",
                    "seconds": 0.004,
                },
            ],
            "displays": [
                {
                    "installation": "Foyer",
                    "display": "left",
                    "shown": True,
                    "lag_ms": 41.0,
                    "seen_at": "2026-11-28T19:30:05Z",
                }
            ],
        }
    )

    moments: list[MomentOut]
    displays: list[ShowingOut]


@routes.get("/invocations/{slug:invocation_id}/timeline", response=TimelineOut)
@requires_scope(Scope.READ)
def get_timeline(request: ApiRequest, invocation_id: str) -> TimelineOut:
    """Where the time of a step went; for those who may control."""
    step = steps.find(request.auth, invocation_id)
    access.check_control(request.auth, step.network)
    return TimelineOut.model_validate(asdict(timeline_of_step(step)))
