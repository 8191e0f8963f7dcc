"""Steps: looking at them, and going on from one of them in a new run."""

from __future__ import annotations

from typing import Annotated

from django.utils import timezone
from django.utils.translation import gettext
from ninja import Query, Router, Status
from pydantic import BaseModel, Field

from accounts.api import permissions
from accounts.api.auth import ApiRequest, Caller
from invocations import waiting
from invocations.models import Invocation
from invocations.runs import branch_run
from lib.paging import DEFAULT_PAGE_SIZE, MAX_PAGE_SIZE, Page
from lib.problems import refuses
from lib.schemas import StrictSchema, example
from lib.scopes import Scope, requires_scope
from networks import access

from . import runs
from .schemas import InvocationDetail, InvocationOut, RunOut

routes = Router(tags=["invocations"])

BRANCH_REFUSED = "`illegal_state`, `budget`, `halted`: no run was started."

MAX_SEQUENCE = 2**31 - 1  # what the databases number steps with


class WaitingOut(BaseModel):
    """`code`: `paused`, `halted`, `storage`, `closed`, `not_due`, `queue` (at its platform), `budget`, `workers` (of the
    farm) or `queue_worker`; where it does not wait, `at_work` or `ended`. `reason`: the same in words."""

    model_config = example(
        {
            "waiting": True,
            "code": "workers",
            "reason": "No worker of the farm can take it now: Back room is asleep.",
        }
    )

    waiting: bool
    code: str
    reason: str


class BranchIn(StrictSchema):
    model_config = example({"network": "shouts"})

    network: str | None = Field(
        None, max_length=60, description="The slug of another network to go on with."
    )


@routes.get("/runs/{slug:run_id}/invocations", response=Page[InvocationOut])
@requires_scope(Scope.READ)
def list_invocations(
    request: ApiRequest,
    run_id: str,
    after: Annotated[int, Query(ge=-1, le=MAX_SEQUENCE)] = -1,
    limit: Annotated[int, Query(ge=1)] = DEFAULT_PAGE_SIZE,
) -> Page[InvocationOut]:
    """The steps of a run in their order, from the one that follows sequence `after`."""
    run = runs.find(request.auth, run_id)
    tell_all = run.network.may_control(request.auth.person)
    most = min(limit, MAX_PAGE_SIZE)
    rows = run.invocations.select_related("input_asset", "output_asset").in_order()
    found = list(rows.filter(sequence__gt=after)[: most + 1])
    items = [InvocationOut.from_step(step, tell_all=tell_all) for step in found[:most]]
    following = str(items[-1].sequence) if len(found) > most else None
    return Page[InvocationOut](items=items, next=following)


@routes.get("/invocations/{slug:invocation_id}", response=InvocationDetail)
@requires_scope(Scope.READ)
def get_invocation(request: ApiRequest, invocation_id: str) -> InvocationDetail:
    step = find(request.auth, invocation_id)
    tell_all = step.network.may_control(request.auth.person)
    return InvocationDetail.from_step(step, tell_all=tell_all)


@routes.get("/invocations/{slug:invocation_id}/why-waiting", response=WaitingOut)
@requires_scope(Scope.READ)
def get_why_waiting(request: ApiRequest, invocation_id: str) -> WaitingOut:
    """The first condition that keeps a step from being taken up; for those who may control."""
    step = find(request.auth, invocation_id)
    access.check_control(request.auth, step.network)
    found = waiting.why_waiting(step, timezone.now())
    return WaitingOut(waiting=found.waits, code=found.code, reason=found.sentence)


@routes.post("/invocations/{slug:invocation_id}/branch", response={201: RunOut})
@requires_scope(Scope.START)
@refuses({409: BRANCH_REFUSED, 422: runs.PROMPT_REFUSED})
def branch(request: ApiRequest, invocation_id: str, body: BranchIn | None = None) -> Status[RunOut]:
    """A new run that starts after this step, on its own ring or on another network's."""
    step = find(request.auth, invocation_id)
    network = None
    if body is not None and body.network:  # whoever may look at the step may take it home
        network = access.controllable(request.auth, body.network)
    else:
        access.check_control(request.auth, step.network)
    run = branch_run(source=step, network=network, started_by=request.auth.user, at=timezone.now())
    return Status(201, runs.show(run))


def find(caller: Caller, invocation_id: str) -> Invocation:
    """The step, for whoever may see its network."""
    rows = Invocation.objects.visible_to(caller.person).select_related(
        "run", "network__owner", "input_asset", "output_asset", "perturbation"
    )
    step = rows.filter(public_id=invocation_id).first()
    if step is None:
        raise permissions.not_found(caller, gettext("invocation"))
    return step
