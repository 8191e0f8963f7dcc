"""What an attendant of a network may do, over HTTP."""

from __future__ import annotations

from datetime import datetime

from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from ninja import Router, Status
from pydantic import BaseModel, ConfigDict, Field

from accounts.api.auth import ApiRequest
from displays import attendant
from displays.attendant import Action, AttendantStatus, NothingRuns, ShownOutput
from invocations.api import runs
from invocations.api.schemas import Content, RunOut, content
from invocations.models import Takedown
from invocations.models.takedown import Replacement
from lib.problems import handles, problem, refuses
from lib.schemas import StrictSchema, example
from lib.scopes import Scope, requires_scope
from networks import access

routes = Router(tags=["attendant"])
_ONE = "/networks/{slug:slug}/attendant"
NOTHING_RUNS = "`illegal_state`: nothing runs, or not in a state that allows it."


@handles(NothingRuns)
def _nothing_runs(request: HttpRequest, error: NothingRuns) -> HttpResponse:
    return problem(409, "illegal_state", str(error), allowed=[])


class ShownOutputOut(BaseModel):
    """An output of the run that the screens show, newest first."""

    invocation: str
    sequence: int
    model: str
    output: Content
    on_screen: bool
    taken_down: bool

    @classmethod
    def from_output(cls, shown: ShownOutput) -> ShownOutputOut:
        step = shown.step
        return cls(
            invocation=step.public_id,
            sequence=step.sequence,
            model=step.model,
            output=content(step.output_text, step.output_asset),
            on_screen=shown.on_screen,
            taken_down=shown.taken_down,
        )


class AttendantOut(BaseModel):
    """What is on the screens of a network; `state`: `idle`, `halted`, or that of the newest run."""

    state: str
    run: str | None
    ready_at: datetime | None
    attract_prompts: int
    outputs: list[ShownOutputOut]

    @classmethod
    def from_status(cls, found: AttendantStatus) -> AttendantOut:
        run = found.status.run
        return cls(
            state=found.status.state,
            run=run.public_id if run else None,
            ready_at=found.status.locked_until,
            attract_prompts=found.attract_prompts,
            outputs=[ShownOutputOut.from_output(one) for one in found.outputs],
        )


class TakedownIn(StrictSchema):
    model_config = example({"invocation": "i3Kx6yHs0Fj2", "replacement": "placeholder"})

    invocation: str = Field(max_length=20)
    replacement: Replacement = Field(
        Replacement.PLACEHOLDER,
        description="`previous`: the newest output of its kind before it, else a placeholder.",
    )


class TakedownOut(BaseModel):
    """An output that is off every screen, and what is shown in its place."""

    model_config = ConfigDict(from_attributes=True)

    id: str
    invocation: str
    replacement: str
    at: datetime

    @classmethod
    def from_takedown(cls, made: Takedown) -> TakedownOut:
        return cls(
            id=made.public_id,
            invocation=made.invocation.public_id,
            replacement=made.replacement,
            at=made.at,
        )


@routes.get(_ONE, response=AttendantOut)
@requires_scope(Scope.READ)
def get_attendant_status(request: ApiRequest, slug: str) -> AttendantOut:
    """What is on the screens now, and what was a moment ago."""
    return AttendantOut.from_status(attendant.attendant_status(access.attended(request.auth, slug)))


@routes.post(_ONE + "/pause", response=RunOut)
@requires_scope(Scope.CONTROL)
@refuses({409: NOTHING_RUNS})
def attendant_pause(request: ApiRequest, slug: str) -> RunOut:
    return _act(request, slug, Action.PAUSE)


@routes.post(_ONE + "/resume", response=RunOut)
@requires_scope(Scope.CONTROL)
@refuses({409: NOTHING_RUNS})
def attendant_resume(request: ApiRequest, slug: str) -> RunOut:
    return _act(request, slug, Action.RESUME)


@routes.post(_ONE + "/stop", response=RunOut)
@requires_scope(Scope.CONTROL)
@refuses({409: NOTHING_RUNS})
def attendant_stop(request: ApiRequest, slug: str) -> RunOut:
    return _act(request, slug, Action.STOP)


@routes.post(_ONE + "/attract", response={201: RunOut})
@requires_scope(Scope.START)
@refuses({409: runs.START_REFUSED, 422: runs.PROMPT_REFUSED})
def attendant_attract(request: ApiRequest, slug: str) -> Status[RunOut]:
    """Starts one of the network's own prompts; lockout and budget apply."""
    return Status(201, _act(request, slug, Action.ATTRACT))


@routes.post(_ONE + "/takedowns", response={201: TakedownOut})
@requires_scope(Scope.CONTROL)
@refuses({409: "`illegal_state`: the step has no output."})
def take_output_down(request: ApiRequest, slug: str, body: TakedownIn) -> Status[TakedownOut]:
    """Takes one output off every screen, for good; what it was stays on record. Again is harmless."""
    made = attendant.take_off(
        network=access.attended(request.auth, slug),
        invocation=body.invocation,
        replacement=body.replacement,
        by=request.auth.user,
        at=timezone.now(),
    )
    return Status(201, TakedownOut.from_takedown(made))


def _act(request: ApiRequest, slug: str, action: Action) -> RunOut:
    network = access.attended(request.auth, slug)
    run = attendant.act(network=network, action=action, by=request.auth.user, at=timezone.now())
    return runs.show(run)
