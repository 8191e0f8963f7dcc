"""Runs: starting them, looking at them, stopping them."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Annotated

from django.conf import settings
from django.utils import timezone
from ninja import Query, Router, Status
from pydantic import BaseModel, Field, SkipValidation

from accounts.api_auth import ApiRequest, Caller
from invocations import past, removal, souvenirs
from invocations.models import Run
from invocations.models.run import RunQuerySet
from invocations.past import Wanted
from invocations.prompts import BadPrompt
from invocations.runs import pause_run, resume_run, start_run, stop_run
from invocations.states import IllegalMove, Reason, RunState
from networks import access
from networks.fields import Invalid, is_legible
from networks.paging import Page, Paging
from networks.schemas import Given

from .schemas import RunOut, StartedOut

routes = Router(tags=["runs"])


class StartIn(Given):
    # Taken as it comes: whatever is wrong with a prompt is told in the words for visitors.
    prompt: Annotated[str, SkipValidation]
    client_key: str | None = Field(
        None, max_length=100, description="The same key again gives the same run again."
    )
    waive_lockout: bool = Field(False, description="Not for guests.")


class Which(Paging):
    state: RunState | None = None
    q: str = Field("", max_length=200, description="Words of the prompt, or their beginnings.")
    since: datetime | None = Field(None, description="Begun then or later.")
    until: datetime | None = Field(None, description="Begun before then.")
    rating: Annotated[int, Field(ge=1, le=5)] | None = Field(
        None, description="So many stars on average, or more."
    )
    imported: bool | None = None

    @property
    def wanted(self) -> Wanted:
        return Wanted(
            words=self.q.strip(),
            state=self.state or "",
            since=_aware(self.since),
            until=_aware(self.until),
            stars=self.rating,
            imported=self.imported,
        )


class Stopped(BaseModel):
    stopped: bool


@routes.post("/networks/{slug:slug}/runs", response={201: StartedOut, 200: StartedOut})
def start(request: ApiRequest, slug: str, body: StartIn) -> Status[StartedOut]:
    """Turns a prompt into a run; 200 with the run of before for a `client_key` of before."""
    network = access.startable(request.auth, slug)
    if not isinstance(body.prompt, str):
        raise BadPrompt("The prompt must be text.")
    started = start_run(
        network=network,
        prompt=body.prompt,
        at=timezone.now(),
        started_by=request.auth.user,
        client_key=_key(body.client_key),
        waive_lockout=body.waive_lockout and request.auth.user is not None,
    )
    souvenir = settings.PUBLIC_URL.rstrip("/") + souvenirs.own_address(started.run)
    told = StartedOut(**show(started.run).model_dump(), souvenir=souvenir)
    return Status(201 if started.created else 200, told)


@routes.get("/networks/{slug:slug}/runs", response=Page[RunOut])
def list_network_runs(request: ApiRequest, slug: str, which: Query[Which]) -> Page[RunOut]:
    """The runs of a network, the newest first."""
    network = access.visible(request.auth, slug)
    rows = network.runs.unless_withdrawn_from(request.auth.person)
    return _page(rows, which)


@routes.get("/runs", response=Page[RunOut])
def list_runs(request: ApiRequest, which: Query[Which]) -> Page[RunOut]:
    """The runs of every network one may see, the newest first."""
    return _page(Run.objects.visible_to(request.auth.person), which)


@routes.post("/networks/{slug:slug}/stop", response=Stopped)
def stop_network(request: ApiRequest, slug: str) -> Stopped:
    """Stops the network's run, if there is one."""
    network = access.controllable(request.auth, slug)
    stopped = False
    for run in network.runs.live():
        try:
            stop_run(run=run, reason=Reason.PERSON, at=timezone.now())
            stopped = True
        except IllegalMove:  # it ended by itself in this very moment
            continue
    return Stopped(stopped=stopped)


@routes.get("/runs/{slug:run_id}", response=RunOut)
def get_run(request: ApiRequest, run_id: str) -> RunOut:
    return RunOut.of(find(request.auth, run_id))


@routes.delete("/runs/{slug:run_id}", response={204: None})
def delete_run(request: ApiRequest, run_id: str) -> Status[None]:
    """Stops it if need be and forgets it with its steps."""
    run = find(request.auth, run_id)
    access.check_edit(request.auth, run.network)
    removal.delete_run(run=run, at=timezone.now(), by=request.auth.user)
    return Status(204, None)


@routes.post("/runs/{slug:run_id}/pause", response=RunOut)
def pause(request: ApiRequest, run_id: str) -> RunOut:
    """The running call finishes; the next step is held."""
    return _move(request.auth, run_id, lambda run, at: pause_run(run=run))


@routes.post("/runs/{slug:run_id}/resume", response=RunOut)
def resume(request: ApiRequest, run_id: str) -> RunOut:
    return _move(request.auth, run_id, lambda run, at: resume_run(run=run, at=at))


@routes.post("/runs/{slug:run_id}/stop", response=RunOut)
def stop(request: ApiRequest, run_id: str) -> RunOut:
    """No new call begins, and the running one is cancelled."""
    return _move(
        request.auth, run_id, lambda run, at: stop_run(run=run, reason=Reason.PERSON, at=at)
    )


def find(caller: Caller, run_id: str) -> Run:
    """The run with its totals, for whoever may see its network."""
    rows = Run.objects.visible_to(caller.person).select_related("network__owner").with_totals()
    run = rows.filter(public_id=run_id).first()
    if run is None:
        raise access.missing(caller, "run")
    return run


def show(run: Run) -> RunOut:
    """As JSON, freshly read."""
    rows = Run.objects.select_related("network").with_totals()
    return RunOut.of(rows.get(pk=run.pk))


def _move(caller: Caller, run_id: str, act: Callable[[Run, datetime], Run]) -> RunOut:
    run = find(caller, run_id)
    access.check_control(caller, run.network)
    return show(act(run, timezone.now()))


def _page(rows: RunQuerySet, which: Which) -> Page[RunOut]:
    if which.q and not is_legible(which.q):
        raise Invalid({"q": "Search for text."})
    rows = rows.select_related("network").with_totals()
    page, following = past.page(rows, which.wanted, which)
    return Page[RunOut](items=[RunOut.of(run) for run in page], next=following)


def _aware(at: datetime | None) -> datetime | None:
    """Without an offset it is UTC."""
    return at.replace(tzinfo=UTC) if at is not None and at.tzinfo is None else at


def _key(client_key: str | None) -> str:
    if client_key and not is_legible(client_key):
        raise Invalid({"client_key": "A client_key is text without control characters."})
    return client_key or ""
