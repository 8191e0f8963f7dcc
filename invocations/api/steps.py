"""Steps: looking at them, and going on from one of them in a new run."""

from __future__ import annotations

from typing import Annotated

from django.utils import timezone
from ninja import Query, Router, Status
from pydantic import Field

from accounts.api_auth import ApiRequest, Caller
from invocations.models import Invocation
from invocations.runs import branch_run
from networks import access
from networks.paging import PAGE, PAGE_MOST, Page
from networks.schemas import Given

from . import runs
from .schemas import InvocationDetail, InvocationOut, RunOut

routes = Router(tags=["invocations"])

MOST = 2**31 - 1  # what the databases number steps with


class BranchIn(Given):
    network: str | None = Field(
        None, max_length=60, description="The slug of another network to go on with."
    )


@routes.get("/runs/{slug:run_id}/invocations", response=Page[InvocationOut])
def list_invocations(
    request: ApiRequest,
    run_id: str,
    after: Annotated[int, Query(ge=-1, le=MOST)] = -1,
    limit: Annotated[int, Query(ge=1)] = PAGE,
) -> Page[InvocationOut]:
    """The steps of a run in their order, from the one that follows sequence `after`."""
    run = runs.find(request.auth, run_id)
    tell_all = run.network.may_control(request.auth.person)
    most = min(limit, PAGE_MOST)
    rows = run.invocations.select_related("input_asset", "output_asset").in_order()
    found = list(rows.filter(sequence__gt=after)[: most + 1])
    items = [InvocationOut.of(step, tell_all=tell_all) for step in found[:most]]
    following = str(items[-1].sequence) if len(found) > most else None
    return Page[InvocationOut](items=items, next=following)


@routes.get("/invocations/{slug:invocation_id}", response=InvocationDetail)
def get_invocation(request: ApiRequest, invocation_id: str) -> InvocationDetail:
    step = find(request.auth, invocation_id)
    tell_all = step.network.may_control(request.auth.person)
    return InvocationDetail.of(step, tell_all=tell_all)


@routes.post("/invocations/{slug:invocation_id}/branch", response={201: RunOut})
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
        "run", "network__owner", "input_asset", "output_asset"
    )
    step = rows.filter(public_id=invocation_id).first()
    if step is None:
        raise access.missing(caller, "invocation")
    return step
