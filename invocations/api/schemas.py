"""Runs and steps as JSON."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Any

from django.utils.translation import gettext_lazy as _
from pydantic import BaseModel, ConfigDict, Field

from invocations.hooks import AttemptWorker, hooks
from invocations.models import Attempt, Invocation, Run
from invocations.states import InvocationState
from lib.schemas import example

if TYPE_CHECKING:
    from assets.models import Asset

NOT_FOR_ALL = _("Those who run this network are shown more.")


_RUN_EXAMPLE: dict[str, Any] = {
    "id": "r5Tz8vBn1Wc3",
    "network": "whispers",
    "state": "running",
    "prompt": "a lighthouse that counts",
    "created_at": "2026-11-28T19:30:00Z",
    "ended_at": None,
    "reason": None,
    "invocations": 2,
    "usd": 0.0,
    "usd_uncertain": 0.0,
    "rating": 4.5,
    "imported": False,
    "retention": "normal",
}
_PICTURE_EXAMPLE: dict[str, Any] = {
    "url": "/assets/9f/9f2c.webp",
    "type": "image/webp",
    "bytes": 48210,
    "width": 1024,
    "height": 576,
    "seconds": None,
}
_STEP_EXAMPLE: dict[str, Any] = {
    "id": "i3Kx6yHs0Fj2",
    "sequence": 0,
    "slot": 0,
    "model": "local:painter",
    "state": "completed",
    "input": {"text": "a lighthouse that counts"},
    "output": {"asset": _PICTURE_EXAMPLE},
    "substituted": False,
    "error": None,
    "attempts": 1,
    "seconds": 1.7,
    "usd": 0.0,
    "usd_uncertain": 0.0,
    "created_at": "2026-11-28T19:30:00Z",
    "due_at": "2026-11-28T19:30:00Z",
    "started_at": "2026-11-28T19:30:00Z",
    "ended_at": "2026-11-28T19:30:04Z",
}
_TRY_EXAMPLE: dict[str, Any] = {
    "number": 1,
    "outcome": "completed",
    "error": None,
    "started_at": "2026-11-28T19:30:00Z",
    "ended_at": "2026-11-28T19:30:04Z",
    "seconds": 1.7,
    "usd": 0.0,
    "usd_uncertain": 0.0,
    "parameters": None,
    "reference": None,
    "idempotency_key": None,
    "worker": None,
    "farm_worker": None,
}


class RunOut(BaseModel):
    """Everything that follows from one prompt."""

    model_config = example(_RUN_EXAMPLE)

    id: str
    network: str
    state: str
    prompt: str
    created_at: datetime
    ended_at: datetime | None
    reason: str | None
    invocations: int
    usd: float | None  # what is known
    usd_uncertain: float  # may have been charged besides
    rating: float | None  # the average of its stars
    imported: bool
    retention: str  # `normal` or `kept`

    @classmethod
    def from_run(cls, run: Run) -> RunOut:
        """From a row of `Run.objects.with_totals()` with its network."""
        totals: Any = run  # the annotation
        copied = (
            *("state", "prompt", "created_at", "ended_at", "rating", "imported", "retention"),
            *("usd", "usd_uncertain"),
        )
        return cls(
            **{name: getattr(run, name) for name in copied},
            id=run.public_id,
            network=run.network.slug,
            reason=run.reason or None,
            invocations=totals.invocations_count or 0,
        )


class StartedOut(RunOut):
    """A run, and for whoever has started it the private address of its visitor page. With it the
    run can be withdrawn, so it is for the visitor alone."""

    model_config = example(_RUN_EXAMPLE | {"souvenir": "/souvenirs/r5Tz8vBn1Wc3/?mine=q8w4"})

    souvenir: str
    twin: str | None = Field(None, description="The run beside it, where one was asked for.")
    variant: str | None = Field(None, description="The same for a variant.")


class MediaOut(BaseModel):
    model_config = ConfigDict(from_attributes=True)

    url: str
    type: str = Field(validation_alias="content_type")
    bytes: int
    width: int | None
    height: int | None
    seconds: float | None


class TextContent(BaseModel):
    text: str


class MediaContent(BaseModel):
    asset: MediaOut


Content = TextContent | MediaContent


def content(text: str, asset: Asset | None) -> Content:
    return (
        TextContent(text=text)
        if asset is None
        else MediaContent(asset=MediaOut.model_validate(asset))
    )


class ErrorOut(BaseModel):
    code: str
    detail: str

    @classmethod
    def from_row(cls, row: Invocation | Attempt, *, tell_all: bool) -> ErrorOut | None:
        if not row.error_code:
            return None
        return cls(code=row.error_code, detail=row.error_detail if tell_all else str(NOT_FOR_ALL))


class _StepFields(BaseModel):
    id: str
    sequence: int
    slot: int
    model: str
    state: str
    input: Content
    output: Content | None
    substituted: bool
    error: ErrorOut | None
    seconds: float | None
    usd: float | None  # what is known
    usd_uncertain: float  # may have been charged besides
    created_at: datetime
    due_at: datetime | None
    started_at: datetime | None
    ended_at: datetime | None


class InvocationOut(_StepFields):
    """One step of a run."""

    model_config = example(_STEP_EXAMPLE)

    attempts: int

    @classmethod
    def from_step(cls, step: Invocation, *, tell_all: bool) -> InvocationOut:
        return cls(**_step_fields(step, tell_all), attempts=step.attempts_made)


class FarmWorkerOfAttempt(BaseModel):
    """The machine of the farm that had the try. `model`: what it was given, empty where that is not known; `hardware`: as it was then and as its worker said, with `cpus`,
    `memory_bytes` and `gpus`; empty where that is not known. `backend`: what did the work there."""

    name: str
    model: str
    hardware: dict[str, Any]
    backend: str
    degraded: bool

    @classmethod
    def from_worker(cls, worker: AttemptWorker) -> FarmWorkerOfAttempt:
        names = ("name", "model", "hardware", "backend", "degraded")
        return cls(**{name: getattr(worker, name) for name in names})


class AttemptOut(BaseModel):
    """One try at a step. What was sent, where and by whom is for those who run the network."""

    number: int
    outcome: str | None
    error: ErrorOut | None
    started_at: datetime
    ended_at: datetime | None
    seconds: float | None
    usd: float | None  # what is known
    usd_uncertain: float  # may have been charged besides
    parameters: dict[str, Any] | None
    reference: str | None
    idempotency_key: str | None
    worker: str | None
    farm_worker: FarmWorkerOfAttempt | None

    @classmethod
    def from_attempt(
        cls, row: Attempt, farm_worker: AttemptWorker | None, *, tell_all: bool
    ) -> AttemptOut:
        private = ("parameters", "reference", "idempotency_key", "worker")
        public = ("number", "outcome", "started_at", "ended_at", "seconds", "usd", "usd_uncertain")
        shown: dict[str, Any] = dict.fromkeys(private)
        for name in (*public, *private) if tell_all else public:
            shown[name] = getattr(row, name)
        shown["outcome"] = row.outcome or None
        shown["reference"] = shown["reference"] or None
        shown["error"] = ErrorOut.from_row(row, tell_all=tell_all)
        machine = FarmWorkerOfAttempt.from_worker(farm_worker) if farm_worker else None
        return cls(**shown, farm_worker=machine if tell_all else None)


class AddedWordsOut(BaseModel):
    """Words that its network's `perturbation` added to the input, because the run was `frozen` or `flat`."""

    reason: str
    words: str

    @classmethod
    def from_step(cls, step: Invocation) -> AddedWordsOut | None:
        found = getattr(step, "perturbation", None)
        return cls(reason=found.reason, words=found.words) if found else None


class InvocationDetail(_StepFields):
    """One step with each try at it."""

    model_config = example(
        _STEP_EXAMPLE
        | {"run": "r5Tz8vBn1Wc3", "network": "whispers", "attempts": [_TRY_EXAMPLE]}
        | {"perturbation": None}
    )

    run: str
    network: str
    perturbation: AddedWordsOut | None
    attempts: list[AttemptOut]

    @classmethod
    def from_step(cls, step: Invocation, *, tell_all: bool) -> InvocationDetail:
        tries = list(step.attempts.order_by("number"))
        workers = hooks.workers_of_attempts(tries) if tell_all else {}
        return cls(
            **_step_fields(step, tell_all),
            run=step.run.public_id,
            network=step.network.slug,
            perturbation=AddedWordsOut.from_step(step),
            attempts=[
                AttemptOut.from_attempt(row, workers.get(row.pk), tell_all=tell_all)
                for row in tries
            ],
        )


_COPIED = (
    *("sequence", "slot", "model", "state", "substituted", "seconds", "usd", "usd_uncertain"),
    *("created_at", "due_at", "started_at", "ended_at"),
)


def _step_fields(step: Invocation, tell_all: bool) -> dict[str, Any]:
    done = step.state == InvocationState.COMPLETED
    return {name: getattr(step, name) for name in _COPIED} | {
        "id": step.public_id,
        "input": content(step.input_text, step.input_asset),
        "output": content(step.output_text, step.output_asset) if done else None,
        "error": ErrorOut.from_row(step, tell_all=tell_all),
    }
