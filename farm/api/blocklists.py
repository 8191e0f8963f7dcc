"""What farm workers are not given any more: the blocklist of a run, and steps that all are to try again."""

from __future__ import annotations

from datetime import datetime

from django.utils import timezone
from django.utils.translation import gettext
from ninja import Router, Status
from pydantic import BaseModel

from accounts.api.auth import ApiRequest
from farm import failures
from farm.models import BlockedWorker
from invocations.api import runs, steps
from invocations.api.schemas import InvocationOut
from lib.paging import Page
from lib.problems import first_or_404, refuses
from lib.schemas import example
from lib.scopes import Scope, requires_scope
from networks import access

routes = Router(tags=["farm"])
_OF_RUN = "/runs/{slug:run_id}/blocklist"


class BlockedWorkerOut(BaseModel):
    """A worker that is not given steps of `model` in this run any more: it has failed three of them."""

    model_config = example(
        {
            "id": "2c6688aa5f0c1b7e9a2d",
            "worker": "5f0c1b7e9a2d4c6688aa",
            "name": "Back room",
            "model": "farm:shout",
            "created_at": "2026-11-29T19:30:00Z",
        }
    )

    id: str
    worker: str
    name: str
    model: str
    created_at: datetime

    @classmethod
    def from_entry(cls, one: BlockedWorker) -> BlockedWorkerOut:
        return cls(
            id=one.public_id,
            worker=one.worker.public_id,
            name=one.worker.name,
            model=one.model,
            created_at=one.created_at,
        )


@routes.get(_OF_RUN, response=Page[BlockedWorkerOut])
@requires_scope(Scope.READ)
def list_blocked_workers(request: ApiRequest, run_id: str) -> Page[BlockedWorkerOut]:
    """The oldest entry first; for those who may control."""
    run = runs.find(request.auth, run_id)
    access.check_control(request.auth, run.network)
    entries = BlockedWorker.objects.of_run(run)
    return Page[BlockedWorkerOut](
        items=[BlockedWorkerOut.from_entry(one) for one in entries], next=None
    )


@routes.delete(_OF_RUN + "/{slug:entry_id}", response={204: None})
@requires_scope(Scope.CONTROL)
def unblock_worker(request: ApiRequest, run_id: str, entry_id: str) -> Status[None]:
    """The worker is given such steps of the run again, those that it has failed as well."""
    run = runs.find(request.auth, run_id)
    access.check_control(request.auth, run.network)
    entries = BlockedWorker.objects.of_run(run).filter(public_id=entry_id)
    entry = first_or_404(entries, gettext("The blocklist has no such entry."))
    failures.unblock(entry, by=request.auth.user)
    return Status(204, None)


@routes.post("/invocations/{slug:invocation_id}/retry", response=InvocationOut)
@requires_scope(Scope.CONTROL)
@refuses({409: "`illegal_state`: the step does not wait."})
def retry_invocation(request: ApiRequest, invocation_id: str) -> InvocationOut:
    """A step that waits is due at once, and is given to workers that have failed it, too."""
    step = steps.find(request.auth, invocation_id)
    access.check_control(request.auth, step.network)
    failures.ask_all_again(step, by=request.auth.user, at=timezone.now())
    step.refresh_from_db()
    return InvocationOut.from_step(step, tell_all=True)
