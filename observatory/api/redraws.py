"""Redraw tests: one step, several times."""

from __future__ import annotations

from typing import Annotated

from django.utils import timezone
from django.utils.translation import gettext
from ninja import Router, Status
from pydantic import BaseModel, Field

from accounts.api import permissions
from accounts.api.auth import ApiRequest
from invocations.api import steps
from invocations.api.schemas import InvocationOut
from lib.problems import answers, refuses, register_codes
from lib.schemas import StrictSchema, example
from lib.scopes import Scope, requires_scope
from networks import access
from networks.models import Network
from observatory import redraws
from observatory.models import Redraw
from observatory.redraws import RedrawRefused

routes = Router(tags=["observatory"])
register_codes(redraw_refused="The step is not drawn again")
answers(RedrawRefused, 409, "redraw_refused")


class RedrawIn(StrictSchema):
    model_config = example({"times": 5})

    times: Annotated[int, Field(ge=1, le=redraws.MAX_TIMES)] = 5


class RedrawOut(BaseModel):
    """`outputs`: the steps that have been carried out so far, each a new draw from the same input."""

    id: str
    invocation: str
    times: int
    ended: bool
    problem: str | None
    outputs: list[InvocationOut]

    @classmethod
    def from_redraw(cls, redraw: Redraw) -> RedrawOut:
        return cls(
            id=redraw.public_id,
            invocation=redraw.invocation.public_id,
            times=redraw.times,
            ended=redraw.ended_at is not None,
            problem=redraw.problem or None,
            outputs=[
                InvocationOut.from_step(step, tell_all=True) for step in redraws.drawn_steps(redraw)
            ],
        )


@routes.post("/invocations/{slug:invocation_id}/redraw", response={201: RedrawOut})
@requires_scope(Scope.START)
@refuses({409: "`redraw_refused`: it has no output yet, or another step is drawn again just now."})
def begin_redraw(request: ApiRequest, invocation_id: str, body: RedrawIn) -> Status[RedrawOut]:
    """Carries the step out again so many times; for those who control the network, whose budgets hold."""
    step = steps.find(request.auth, invocation_id)
    access.check_control(request.auth, step.network)
    found = redraws.begin(step=step, times=body.times, at=timezone.now(), by=request.auth.user)
    return Status(201, RedrawOut.from_redraw(found))


@routes.get("/redraws/{slug:redraw_id}", response=RedrawOut)
@requires_scope(Scope.READ)
def get_redraw(request: ApiRequest, redraw_id: str) -> RedrawOut:
    """For those who control the network of its step."""
    seen = Network.objects.controlled_by(request.auth.person)
    rows = Redraw.objects.filter(invocation__network__in=seen, public_id=redraw_id)
    found = rows.select_related("invocation").first()
    if found is None:
        raise permissions.not_found(request.auth, gettext("redraw"))
    return RedrawOut.from_redraw(found)
