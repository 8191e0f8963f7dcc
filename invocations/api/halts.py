"""The red button, for admins."""

from __future__ import annotations

from datetime import datetime

from django.http import Http404
from django.utils import timezone
from ninja import Router
from pydantic import BaseModel

from accounts.api_auth import ApiRequest
from invocations import halts
from invocations.above import above
from invocations.models import StopAll
from networks import access

routes = Router(tags=["stop all"])


class CallOut(BaseModel):
    """A call that was under way, what became of it, and what it had cost where that is known."""

    invocation: str
    outcome: str
    usd: float | None


class ShownOut(BaseModel):
    """A display, and how long after the press it showed it."""

    id: str
    ms: float | None


class ReceiptOut(BaseModel):
    """What a press of the red button did; it fills in until it is complete."""

    id: str
    committed_at: datetime
    runs_stopped: int
    calls: list[CallOut]
    displays: list[ShownOut]
    complete: bool

    @classmethod
    def of(cls, press: StopAll) -> ReceiptOut:
        now = timezone.now()
        receipt = halts.receipt(press, at=now)
        shown = above.shown_on(press)
        return cls(
            id=press.public_id,
            committed_at=press.committed_at,
            runs_stopped=receipt.runs_stopped,
            calls=[
                CallOut(invocation=call.invocation, outcome=call.outcome, usd=call.usd)
                for call in receipt.calls
            ],
            displays=[ShownOut(id=one.id, ms=one.ms) for one in shown],
            complete=halts.is_complete(receipt, [one.ms for one in shown], at=now),
        )


class Resumed(BaseModel):
    """The runs that go on, each in a new run from its last completed step."""

    runs: list[str]


@routes.post("/stop-all", response=ReceiptOut)
def stop_all(request: ApiRequest) -> ReceiptOut:
    """Stops everything and refuses every start until `resume-all`. Twice is the same press."""
    access.check_admin(request.auth)
    return ReceiptOut.of(halts.stop_all(pressed_by=request.auth.user, at=timezone.now()))


@routes.get("/stop-all/{slug:press_id}", response=ReceiptOut)
def get_stop_all(request: ApiRequest, press_id: str) -> ReceiptOut:
    access.check_admin(request.auth)
    press = StopAll.objects.filter(public_id=press_id).first()
    if press is None:
        raise Http404("There is no such press.")
    return ReceiptOut.of(press)


@routes.post("/resume-all", response=Resumed)
def resume_all(request: ApiRequest) -> Resumed:
    access.check_admin(request.auth)
    runs = halts.resume_all(lifted_by=request.auth.user, at=timezone.now())
    return Resumed(runs=[run.public_id for run in runs])
