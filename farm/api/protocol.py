"""What farm workers call (docs/farm.md): enrol, sign on, claim, renew, log, send files, finish, sign off."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from ninja import Router, Status
from pydantic import BaseModel, Field, field_validator

from farm import work, workers
from farm.admission import tell_given
from farm.api.auth import SessionReplaced, WorkerRequest, session_of
from farm.api.given_work import WorkGiven, WorkOut
from farm.assignments import NotFit, NotYours, WorkProgress
from farm.idle_workers import IdleWorker
from farm.models import EnrolmentToken, FarmWorker, LogGap
from farm.models.farm_worker import MAX_TROUBLE, TAKEN_OVER_AFTER
from farm.offer_parameters import problem_of_parameters
from farm.outcomes import Finish
from lib.problems import answers, problem, refuses, register_codes
from lib.schemas import StrictSchema, example

routes = Router(tags=["farm workers"])
RENEW_SECONDS, IDLE_SECONDS = 10, 25
MAX_WAIT_SECONDS = 25.0  # of a claim
OFFERED = "panic.idle_worker"  # in the scope of a request that was given no work
Token = Annotated[str, Field(max_length=64)]
Kind = Literal["text", "image", "audio", "video"]
REPLACED = "`already_signed_on`: by another process, which acts for the worker now."
OTHER_PROCESS = "Another process has signed on with this secret."
_ENROLMENT = "7F3K-9ACD-2MNP-QRST"

register_codes(
    already_signed_on="Another process acts for this worker",
    bad_enrolment="The enrolment token is not good",
    log_gap="A piece of the log is missing",
    requested_status="The worker is not to work now",
    stale="This work is not yours any more",
)
answers(
    NotYours, 409, "stale", "This work was given to somebody else, stopped, or ended otherwise."
)
answers(
    SessionReplaced,
    409,
    "already_signed_on",
    OTHER_PROCESS,
    headers={"Retry-After": str(int(TAKEN_OVER_AFTER.total_seconds()))},
)
answers(
    LogGap,
    409,
    "log_gap",
    "A piece of the log is missing.",
    more=lambda e: {"expected": e.expected},
)
answers(
    NotFit,
    423,
    "requested_status",
    "The worker is not to work now.",
    headers={"Retry-After": str(IDLE_SECONDS)},
    more=lambda e: {"requested_status": e.status},
)


class EnrolmentIn(StrictSchema):
    """A machine that wants to be a worker."""

    model_config = example(
        {"token": _ENROLMENT, "name": "Back room", "platform": "linux", "version": "1.0"}
    )

    token: str = Field(max_length=100)
    name: str = Field(min_length=1, max_length=60)
    platform: str = Field("", max_length=60)
    version: str = Field("", max_length=40)


class Enrolled(BaseModel):
    """`secret` is shown this once."""

    id: str
    secret: str


class OfferIn(StrictSchema):
    """A model that a worker runs. Offers of the same name, input, output and weights are one model."""

    name: str = Field(pattern=r"^[a-z0-9][a-z0-9._-]{0,59}$")
    title: str = Field(min_length=1, max_length=60)
    input: Kind
    output: Kind
    parameters: dict[str, Any] = Field({}, description="JSON Schema of what a slot may set.")
    seconds: float | None = Field(None, ge=0, le=86_400, description="Typical.")
    memory: int | None = Field(None, ge=0, description="Bytes.")
    licence: str | None = Field(None, max_length=60)
    weights_sha256: str | None = Field(None, pattern=r"^[0-9a-f]{64}$")
    batch: int | None = Field(None, ge=1, le=1000)

    @field_validator("parameters")
    @classmethod
    def _is_understood(cls, schema: dict[str, Any]) -> dict[str, Any]:
        if problem := problem_of_parameters(schema):
            raise ValueError(problem)
        return schema


class SignOn(StrictSchema):
    """A process that acts for the worker from now on."""

    model_config = example(
        {
            "session": "b9e1c0d2",
            "version": "1.0",
            "slots": 1,
            "offers": [
                {"name": "shout", "title": "Shout", "input": "text", "output": "text"},
            ],
        }
    )

    session: str = Field(min_length=1, max_length=64)
    version: str = Field("", max_length=40)
    slots: int = Field(1, ge=1, le=64)
    specs: dict[str, Any] = {}
    offers: list[OfferIn] = Field([], max_length=200)
    operations: list[Annotated[str, Field(max_length=40)]] = Field(
        [], max_length=50, description="On video: for tasks of films."
    )
    operation_batches: dict[
        Annotated[str, Field(max_length=40)], Annotated[int, Field(ge=1, le=1000)]
    ] = Field(
        {},
        max_length=50,
        description="How many tasks of an operation it does in one go, if several.",
    )
    self_test: dict[str, Any] = {}
    can_restart: bool = Field(False, description="It starts its program anew where it is asked to.")


class SignedOnOut(BaseModel):
    """`gives_next`: the answer to a finish may be asked for the next step (`takes_next`). `hears_trouble`: a claim may
    have a `trouble`."""

    status: str
    renew_seconds: int
    idle_seconds: int
    gives_next: bool = True
    hears_trouble: bool = True


class ClaimIn(StrictSchema):
    """`slots`: places for work in all, those that are taken included. `holding`: what the worker knows that
    it holds; the call waits for more than that. `trouble`: why the worker can begin nothing now, in a sentence; it is in
    error until it claims without one, and the call does not wait."""

    model_config = example({"slots": 1, "wait_seconds": 25})

    slots: int = Field(1, ge=1, le=64)
    wait_seconds: float = Field(0, ge=0, le=MAX_WAIT_SECONDS)
    holding: list[Token] = Field([], max_length=64)
    trouble: str = Field("", max_length=MAX_TROUBLE)


class RenewalIn(StrictSchema):
    model_config = example({"progress": 0.4, "phase": "drawing", "eta_seconds": 3})

    progress: float = Field(0, ge=0, le=1)
    phase: str = Field("", max_length=60)
    eta_seconds: float | None = Field(None, ge=0)


class RenewalOut(BaseModel):
    """`reason`: why it is to stop: cancelled or requested_status."""

    go_on: bool
    reason: str


class LogPiece(StrictSchema):
    """`offset`: how many characters of the log came before."""

    model_config = example({"offset": 0, "text": "loading\\n"})

    offset: int = Field(ge=0)
    text: str = Field(max_length=200_000)


class LogLength(BaseModel):
    offset: int


class OutputIn(StrictSchema):
    type: Kind
    text: str | None = None
    sha256: str | None = Field(None, pattern=r"^[0-9a-f]{64}$")


class WorkError(StrictSchema):
    """`class`: temporary, out_of_memory, permanent or refused. `detail` is added to the log."""

    model_config = StrictSchema.model_config | {"populate_by_name": True}

    kind: Literal["temporary", "out_of_memory", "permanent", "refused"] = Field(
        "temporary", alias="class"
    )
    sentence: str = Field("", max_length=500)
    detail: str = Field("", max_length=20_000)


class FinishIn(StrictSchema):
    """`takes_next`: the worker has a place for the step that follows, if that is due at once."""

    model_config = example(
        {"outcome": "succeeded", "outputs": [{"type": "text", "text": "AN OWL"}], "seconds": 1.5}
    )

    outcome: Literal["succeeded", "failed", "released", "unfit"]
    outputs: list[OutputIn] = Field([], max_length=8)
    error: WorkError | None = None
    backend: str = Field("", max_length=60)
    degraded: bool = False
    seconds: float | None = Field(None, ge=0)
    takes_next: bool = False


class Finished(BaseModel):
    """`assignments`: what the worker holds from now on, as a claim would give it."""

    outcome: str
    assignments: list[WorkOut] = []


@routes.post("/enrol", response={201: Enrolled}, auth=None)
@refuses({403: "`bad_enrolment`: the token was used, has expired, or never was one."})
def enrol(request: HttpRequest, body: EnrolmentIn) -> HttpResponse | Status[Enrolled]:
    """Become a worker."""
    at, name = timezone.now(), workers.checked_name(body.name)
    token = EnrolmentToken.use(body.token, at=at)
    if token is None:
        sentence = "This enrolment token was used, has expired, or never was one."
        return problem(403, "bad_enrolment", sentence)
    worker, secret = FarmWorker.enrol(
        name=name,
        platform=body.platform,
        version=body.version,
        at=at,
        serves_tag=token.serves_tag,
        serves_person=token.serves_person_id,
    )
    return Status(201, Enrolled(id=worker.public_id, secret=secret))


@routes.post("/sign-on", response=SignedOnOut)
@refuses({409: "`already_signed_on`: by another process, until it is silent for half a minute."})
def sign_on(request: WorkerRequest, body: SignOn) -> HttpResponse | SignedOnOut:
    """Say what one offers. The same session takes over its own work."""
    fields: dict[str, Any] = body.model_dump(exclude={"session"}, mode="json")
    fields["names_session"] = session_of(request) == body.session
    if not request.auth.sign_on(session=body.session, at=timezone.now(), **fields):
        again = {"Retry-After": str(int(TAKEN_OVER_AFTER.total_seconds()))}
        return problem(409, "already_signed_on", OTHER_PROCESS, headers=again)
    return SignedOnOut(
        status=request.auth.status, renew_seconds=RENEW_SECONDS, idle_seconds=IDLE_SECONDS
    )


@routes.post("/claim", response={200: WorkGiven, 204: None})
@refuses(
    {
        409: REPLACED,
        423: "`requested_status`: what the worker is to be instead of working.",
    }
)
def claim(request: WorkerRequest, body: ClaimIn) -> HttpResponse | WorkGiven:
    """Be given work, for which the call waits up to `wait_seconds`; 204 where there is none. What one
    holds already is given again, unless one says that one knows."""
    trouble = " ".join(body.trouble.split())
    found = work.claim(request.auth, slots=body.slots, trouble=trouble, at=timezone.now())
    tell_given(request, found.tokens)
    if any(token not in body.holding for token in found.tokens):
        steps = [WorkOut.from_handover(one) for one in found.steps]
        return WorkGiven(assignments=steps + [WorkOut.from_task(one) for one in found.tasks])
    if not trouble:
        getattr(request, "scope", {})[OFFERED] = IdleWorker.from_worker(request.auth)
    return HttpResponse(status=204, headers={"Retry-After": "1"})


@routes.post("/attempts/{slug:token}/renew", response=RenewalOut)
@refuses({409: "`stale`: the work was given to somebody else, or has ended; `already_signed_on`."})
def renew(request: WorkerRequest, token: str, body: RenewalIn) -> RenewalOut:
    """Keep the work, and learn whether it is to go on. No answer means that it is."""
    progress = WorkProgress(body.progress, body.phase, body.eta_seconds)
    reason = work.renew(request.auth, token, progress, at=timezone.now())
    return RenewalOut(go_on=not reason, reason=reason)


@routes.post("/attempts/{slug:token}/log", response=LogLength)
@refuses({409: "`stale`; `already_signed_on`; `log_gap`: the log goes on at `expected`."})
def append_log(request: WorkerRequest, token: str, body: LogPiece) -> LogLength:
    """Add a piece to the log; the same piece again changes nothing."""
    at = timezone.now()
    offset = work.append_log(request.auth, token, offset=body.offset, text=body.text, at=at)
    return LogLength(offset=offset)


@routes.post("/attempts/{slug:token}/finish", response=Finished)
@refuses({409: "`stale`: somebody else has it, or another answer ended it; `already_signed_on`."})
def finish(request: WorkerRequest, token: str, body: FinishIn) -> Finished:
    """Hand in. The same answer again changes nothing. What follows at once may be given with the answer: a
    worker that goes on with a run needs one call for each step."""
    outputs = [(one.type, one.text or one.sha256 or "") for one in body.outputs]
    answer = Finish(
        outcome=body.outcome,
        outputs=outputs,
        error_class=body.error.kind if body.error else "",
        sentence=body.error.sentence if body.error else "",
        detail=body.error.detail if body.error else "",
        backend=body.backend,
        degraded=body.degraded,
        seconds=body.seconds,
        takes_next=body.takes_next,
    )
    found = work.finish(request.auth, token, answer, at=timezone.now())
    given = [WorkOut.from_handover(one) for one in found]
    tell_given(request, [one.token for one in given])
    return Finished(outcome=body.outcome, assignments=given)


@routes.post("/sign-off", response={204: None})
@refuses({409: REPLACED})
def sign_off(request: WorkerRequest) -> HttpResponse:
    """Leave: what one holds is free at once."""
    work.sign_off(request.auth, at=timezone.now())
    return HttpResponse(status=204)
