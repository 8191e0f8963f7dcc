"""Stop-all, its receipt with what each display showed, and resume-all. For admins."""

from __future__ import annotations

from datetime import datetime

from django.utils import timezone
from django.utils.translation import gettext as _
from ninja import Router
from pydantic import BaseModel

from accounts.api import permissions
from accounts.api.auth import ApiRequest
from displays import receipts
from invocations import halts
from invocations.models import StopAll
from lib.problems import first_or_404
from lib.schemas import example
from lib.scopes import Scope, requires_scope

routes = Router(tags=["stop all"])


class CallOut(BaseModel):
    """A call that was under way, what became of it, and what it had cost where that is known."""

    invocation: str
    outcome: str
    usd: float | None


class ShownOut(BaseModel):
    """A display, and how long after the stop-all it showed it."""

    id: str
    ms: float | None


class ToldWorkersOut(BaseModel):
    """How many workers of the farm were told to sleep, and how many have confirmed it."""

    told: int
    confirmed: int


class ReceiptOut(BaseModel):
    """What a stop-all did; it fills in until it is complete."""

    model_config = example(
        {
            "id": "p2Yf5nGt8Mr1",
            "committed_at": "2026-11-28T19:30:00Z",
            "runs_stopped": 1,
            "runs": ["r5Tz8vBn1Wc3"],
            "calls": [{"invocation": "i3Kx6yHs0Fj2", "outcome": "cancelled", "usd": None}],
            "displays": [{"id": "d1Ra4gVu7Ey5", "ms": 41.0}],
            "farm_workers": {"told": 2, "confirmed": 2},
            "complete": True,
        }
    )

    id: str
    committed_at: datetime
    runs_stopped: int
    runs: list[str]
    calls: list[CallOut]
    displays: list[ShownOut]
    farm_workers: ToldWorkersOut
    complete: bool

    @classmethod
    def from_stop_all(cls, stop_all: StopAll) -> ReceiptOut:
        now = timezone.now()
        receipt = halts.receipt(stop_all, at=now)
        shown = receipts.displays_reached_by(stop_all)
        return cls(
            id=stop_all.public_id,
            committed_at=stop_all.committed_at,
            runs_stopped=len(receipt.runs),
            runs=[run.public_id for run in receipt.runs],
            calls=[
                CallOut(invocation=call.invocation, outcome=call.outcome, usd=call.usd)
                for call in receipt.calls
            ],
            displays=[ShownOut(id=one.id, ms=one.ms) for one in shown],
            farm_workers=ToldWorkersOut(
                told=receipt.workers.told, confirmed=receipt.workers.confirmed
            ),
            complete=halts.is_complete(receipt, [one.ms for one in shown], at=now),
        )


class NotResumedOut(BaseModel):
    """A run that stays stopped, and why."""

    run: str
    reason: str


class ResumedOut(BaseModel):
    """The new runs that go on, each from the last completed step of a stopped one; those that wait,
    because their run was paused before; and the stopped runs that cannot go on."""

    model_config = example({"runs": ["r5Tz8vBn1Wc3"], "paused": [], "not_resumed": []})

    runs: list[str]
    paused: list[str]
    not_resumed: list[NotResumedOut]


@routes.post("/stop-all", response=ReceiptOut)
@requires_scope(Scope.ADMIN)
def stop_all(request: ApiRequest) -> ReceiptOut:
    """Stops everything and refuses every start until `resume-all`. Twice is the same stop-all."""
    permissions.check_admin(request.auth)
    return ReceiptOut.from_stop_all(halts.stop_all(stopped_by=request.auth.user, at=timezone.now()))


@routes.get("/stop-all/{slug:stop_all_id}", response=ReceiptOut)
@requires_scope(Scope.ADMIN)
def get_stop_all(request: ApiRequest, stop_all_id: str) -> ReceiptOut:
    permissions.check_admin(request.auth)
    found = StopAll.objects.filter(public_id=stop_all_id)
    return ReceiptOut.from_stop_all(first_or_404(found, _("There is no such stop-all.")))


@routes.post("/resume-all", response=ResumedOut)
@requires_scope(Scope.ADMIN)
def resume_all(request: ApiRequest) -> ResumedOut:
    permissions.check_admin(request.auth)
    resumed = halts.resume_all(lifted_by=request.auth.user, at=timezone.now())
    return ResumedOut(
        runs=[run.public_id for run in resumed.runs],
        paused=[run.public_id for run in resumed.paused],
        not_resumed=[
            NotResumedOut(run=run.public_id, reason=reason) for run, reason in resumed.not_resumed
        ],
    )
