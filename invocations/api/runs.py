"""Runs: starting them, looking at them, stopping them."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Annotated, Literal

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from ninja import Query, Router, Status
from pydantic import BaseModel, Field, SkipValidation

from accounts.api import permissions
from accounts.api.auth import ApiRequest, Caller, credentials_of
from invocations import removal, run_list, visitor_access, visitor_limits
from invocations.hooks import hooks
from invocations.models import Run
from invocations.models.run import RunQuerySet
from invocations.prompts import BadPrompt
from invocations.refusals import Closed, DiskFull, Lockout, NotRunnable, StartRefused
from invocations.run_list import RunQuery
from invocations.runs import WhenClosed, pause_run, resume_run, start_run, stop_run
from invocations.seeds import MAX_SEED, draw_seed
from invocations.states import IllegalMove, Reason, RetentionClass, RunState, Stale
from invocations.visitor_limits import TooManyPresses
from lib.paging import Page, Paging
from lib.problems import answers, handles, problem, refuses, register_codes
from lib.schemas import StrictSchema, example
from lib.scopes import Scope, requires_scope
from lib.validation import Invalid, is_legible
from networks import access
from networks.models import Network

from .schemas import RunOut, StartedOut

routes = Router(tags=["runs"])

START_REFUSED = (
    "`lockout` (with `ready_at`), `closed` (with `opens_at`), `budget`, `halted`, `key_reused`: no run "
    "was started."
)
PROMPT_REFUSED = "`bad_prompt`, `not_runnable` (with `problems`), `invalid`."

register_codes(
    bad_prompt="This prompt is not accepted",
    budget="The budget is spent",
    closed="Outside opening hours",
    halted="Everything is stopped",
    illegal_state="Its state does not allow this",
    key_reused="The client key was used for something else",
    lockout="The lockout is not over",
    not_runnable="The network cannot run",
)


FASTER = _("Somebody else was faster; look at it again.")
answers(IllegalMove, 409, "illegal_state", more=lambda error: {"allowed": error.allowed})
answers(Stale, 409, "illegal_state", FASTER, more=lambda error: {"allowed": []})
answers(Lockout, 409, "lockout", more=lambda error: {"ready_at": error.ready_at})
answers(Closed, 409, "closed", more=lambda error: {"opens_at": error.opens_at})
answers(DiskFull, 503, "storage_full", headers={"Retry-After": "60"})
answers(NotRunnable, 422, "not_runnable", more=lambda error: {"problems": error.problems})
answers(BadPrompt, 422, "bad_prompt", more=lambda error: {"errors": {"prompt": str(error)}})


@handles(StartRefused)
def _start_refused(request: HttpRequest, error: StartRefused) -> HttpResponse:
    return problem(409, error.code, str(error))


@handles(TooManyPresses)
def _too_many_presses(request: HttpRequest, error: TooManyPresses) -> HttpResponse:
    return problem(429, error.code, str(error), headers={"Retry-After": str(error.seconds)})


class StartIn(StrictSchema):
    # Taken as it comes: a prompt that is no text is refused in the words for visitors.
    model_config = example({"prompt": "a lighthouse that counts", "client_key": "7f3a"})

    prompt: Annotated[str, SkipValidation]
    client_key: str | None = Field(
        None, max_length=100, description="The same key again gives the same run again."
    )
    waive_lockout: bool = Field(False, description="Not for guests.")
    waive_hours: bool = Field(
        False, description="Also outside opening hours, until the next opening. Not for guests."
    )
    seed: Annotated[int, Field(ge=0, le=MAX_SEED)] | None = Field(
        None, description="What its steps draw their chance from, where their models take a seed."
    )
    twin: bool = Field(
        False,
        description="Also begin a second run from the same words, by other chance, on a private copy of "
        "the network. Not for guests.",
    )
    variant: str | None = Field(
        None,
        max_length=10_000,
        description="Also begin a second run from these words, such as the prompt with one word changed, by the same "
        "chance, on a private copy of the network. Not with `twin`, and not for guests.",
    )


class RunChange(StrictSchema):
    model_config = example({"retention": "kept"})

    retention: Literal["normal", "kept"] = Field(description="Kept runs never expire.")


class Which(Paging):
    state: RunState | None = None
    q: str = Field("", max_length=200, description="Words of the prompt, or their beginnings.")
    everywhere: bool = Field(
        False, description="`q` in prompts, outputs, and what models and the network are called."
    )
    since: datetime | None = Field(None, description="Begun then or later.")
    until: datetime | None = Field(None, description="Begun before then.")
    rating: Annotated[int, Field(ge=1, le=5)] | None = Field(
        None, description="So many stars on average, or more."
    )
    imported: bool | None = None

    @property
    def wanted(self) -> RunQuery:
        return RunQuery(
            words=self.q.strip(),
            everywhere=self.everywhere,
            state=self.state or "",
            since=_aware(self.since),
            until=_aware(self.until),
            stars=self.rating,
            imported=self.imported,
        )


class Stopped(BaseModel):
    stopped: bool


@routes.post("/networks/{slug:slug}/runs", response={201: StartedOut, 200: StartedOut})
@requires_scope(Scope.START)
@refuses({409: START_REFUSED, 422: PROMPT_REFUSED})
def start(request: ApiRequest, slug: str, body: StartIn) -> Status[StartedOut]:
    """Turns a prompt into a run; 200 with the run of before for a `client_key` of before."""
    network = access.startable(request.auth, slug)
    if request.auth.guest_of is not None:
        visitor_limits.check(request, credentials_of(request, "terminal") or "")
    if not isinstance(body.prompt, str):
        raise BadPrompt(gettext("The prompt must be text."))
    variant = _variant(request, network, body)
    started = start_run(
        network=network,
        prompt=body.prompt,
        at=timezone.now(),
        started_by=request.auth.user,
        client_key=_key(body.client_key),
        waive_lockout=body.waive_lockout and request.auth.user is not None,
        when_closed=WhenClosed.RUN
        if body.waive_hours and request.auth.user is not None
        else WhenClosed.REFUSE,
        seed=draw_seed() if variant and body.seed is None else body.seed,
    )
    address = settings.PUBLIC_URL.rstrip("/") + visitor_access.private_url_path(started.run)
    shown = StartedOut(**show(started.run).model_dump(), souvenir=address)
    if body.twin or variant:
        _start_beside(request, started.run, variant, shown)
    return Status(201 if started.created else 200, shown)


def _variant(request: ApiRequest, network: Network, body: StartIn) -> str:
    """The words of the run beside it; empty where none is asked for. Raises Invalid, and BadPrompt."""
    if body.variant is None or request.auth.user is None:
        return ""
    if body.twin:
        raise Invalid({"variant": gettext("A run has one companion: a twin or a variant.")})
    return hooks.check_variant(body.variant, body.prompt, network)


def _start_beside(request: ApiRequest, run: Run, variant: str, shown: StartedOut) -> None:
    """Name it in the answer. Asked again: it may have begun with an answer that never arrived."""
    if request.auth.user is None:
        return
    at = timezone.now()
    found = hooks.start_variant(run, variant, at) if variant else hooks.start_twin(run, at)
    if found is not None:
        setattr(shown, "variant" if variant else "twin", found.public_id)


@routes.get("/networks/{slug:slug}/runs", response=Page[RunOut])
@requires_scope(Scope.READ)
def list_network_runs(request: ApiRequest, slug: str, which: Query[Which]) -> Page[RunOut]:
    """The runs of a network, the newest first."""
    network = access.visible(request.auth, slug)
    rows = network.runs.unless_withdrawn_from(request.auth.person)
    return _page(rows, which)


@routes.get("/runs", response=Page[RunOut])
@requires_scope(Scope.READ)
def list_runs(request: ApiRequest, which: Query[Which]) -> Page[RunOut]:
    """The runs of every network one may see, the newest first."""
    return _page(Run.objects.visible_to(request.auth.person), which)


@routes.post("/networks/{slug:slug}/stop", response=Stopped)
@requires_scope(Scope.CONTROL)
def stop_network(request: ApiRequest, slug: str) -> Stopped:
    """Stops the network's run, if there is one."""
    network = access.controllable(request.auth, slug)
    stopped = False
    for run in network.runs.live():
        try:
            stop_run(run=run, reason=Reason.PERSON, at=timezone.now(), by=request.auth.user)
            stopped = True
        except IllegalMove:  # it ended by itself in this very moment
            continue
    return Stopped(stopped=stopped)


@routes.get("/runs/{slug:run_id}", response=RunOut)
@requires_scope(Scope.READ)
def get_run(request: ApiRequest, run_id: str) -> RunOut:
    return RunOut.from_run(find(request.auth, run_id))


@routes.patch("/runs/{slug:run_id}", response=RunOut)
@requires_scope(Scope.EDIT)
@refuses({422: ""})
def change_run(request: ApiRequest, run_id: str, body: RunChange) -> RunOut:
    """Have it kept, or let it go when its time is over."""
    run = find(request.auth, run_id)
    access.check_edit(request.auth, run.network)
    run.keep(RetentionClass(body.retention), at=timezone.now())
    return show(run)


@routes.delete("/runs/{slug:run_id}", response={204: None})
@requires_scope(Scope.EDIT)
def delete_run(request: ApiRequest, run_id: str) -> Status[None]:
    """Stops it if need be and forgets it with its steps."""
    run = find(request.auth, run_id)
    access.check_edit(request.auth, run.network)
    removal.delete_run(run=run, at=timezone.now(), by=request.auth.user)
    return Status(204, None)


@routes.post("/runs/{slug:run_id}/pause", response=RunOut)
@requires_scope(Scope.CONTROL)
@refuses({409: ""})
def pause(request: ApiRequest, run_id: str) -> RunOut:
    """The running call finishes; the next step is held."""
    return _move(request.auth, run_id, lambda run, at: pause_run(run=run))


@routes.post("/runs/{slug:run_id}/resume", response=RunOut)
@requires_scope(Scope.CONTROL)
@refuses({409: ""})
def resume(request: ApiRequest, run_id: str) -> RunOut:
    return _move(request.auth, run_id, lambda run, at: resume_run(run=run, at=at))


@routes.post("/runs/{slug:run_id}/stop", response=RunOut)
@requires_scope(Scope.CONTROL)
@refuses({409: ""})
def stop(request: ApiRequest, run_id: str) -> RunOut:
    """No new call begins, and the running one is cancelled."""
    return _move(
        request.auth,
        run_id,
        lambda run, at: stop_run(run=run, reason=Reason.PERSON, at=at, by=request.auth.user),
    )


def find(caller: Caller, run_id: str) -> Run:
    """The run with its totals, for whoever may see its network."""
    rows = Run.objects.visible_to(caller.person).select_related("network__owner").with_totals()
    run = rows.filter(public_id=run_id).first() if is_legible(run_id) else None
    if run is None:
        raise permissions.not_found(caller, gettext("run"))
    return run


def show(run: Run) -> RunOut:
    """As JSON, freshly read."""
    rows = Run.objects.select_related("network").with_totals()
    return RunOut.from_run(rows.get(pk=run.pk))


def _move(caller: Caller, run_id: str, act: Callable[[Run, datetime], Run]) -> RunOut:
    run = find(caller, run_id)
    access.check_control(caller, run.network)
    return show(act(run, timezone.now()))


def _page(rows: RunQuerySet, which: Which) -> Page[RunOut]:
    if which.q and not is_legible(which.q):
        raise Invalid({"q": gettext("Search for text.")})
    rows = rows.select_related("network").with_totals()
    page, following = run_list.page_of_runs(rows, which.wanted, which)
    return Page[RunOut](items=[RunOut.from_run(run) for run in page], next=following)


def _aware(at: datetime | None) -> datetime | None:
    """Without an offset it is UTC."""
    return at.replace(tzinfo=UTC) if at is not None and at.tzinfo is None else at


def _key(client_key: str | None) -> str:
    if client_key and not is_legible(client_key):
        raise Invalid({"client_key": gettext("A client_key is text without control characters.")})
    return client_key or ""
