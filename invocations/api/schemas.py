"""Runs and steps as JSON."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Any

from pydantic import BaseModel

from invocations.models import Attempt, Invocation, Run
from invocations.states import InvocationState

if TYPE_CHECKING:
    from assets.models import Asset

NOT_FOR_ALL = "Those who run this network are told more."


class RunOut(BaseModel):
    """Everything that follows from one prompt."""

    id: str
    network: str
    state: str
    prompt: str
    created_at: datetime
    ended_at: datetime | None
    reason: str | None
    invocations: int
    usd: float | None
    rating: float | None  # the average of its stars
    imported: bool

    @classmethod
    def of(cls, run: Run) -> RunOut:
        """From a row of `Run.objects.with_totals()` with its network."""
        totals: Any = run  # the annotation
        return cls(
            id=run.public_id,
            network=run.network.slug,
            state=run.state,
            prompt=run.prompt,
            created_at=run.created_at,
            ended_at=run.ended_at,
            reason=run.reason or None,
            invocations=totals.invocations_count or 0,
            usd=totals.usd,
            rating=run.rating,
            imported=run.imported,
        )


class StartedOut(RunOut):
    """A run, and for whoever has started it the address of its souvenir. With it the words can be
    taken back, so it is for the visitor alone."""

    souvenir: str


class MediaOut(BaseModel):
    url: str
    type: str
    bytes: int
    width: int | None
    height: int | None
    seconds: float | None

    @classmethod
    def of(cls, asset: Asset) -> MediaOut:
        return cls(
            url=asset.url,
            type=asset.content_type,
            bytes=asset.bytes,
            width=asset.width,
            height=asset.height,
            seconds=asset.seconds,
        )


class TextContent(BaseModel):
    text: str


class MediaContent(BaseModel):
    asset: MediaOut


Content = TextContent | MediaContent


def content(text: str, asset: Asset | None) -> Content:
    return TextContent(text=text) if asset is None else MediaContent(asset=MediaOut.of(asset))


class ErrorOut(BaseModel):
    code: str
    detail: str

    @classmethod
    def of(cls, row: Invocation | Attempt, *, tell_all: bool) -> ErrorOut | None:
        if not row.error_code:
            return None
        return cls(code=row.error_code, detail=row.error_detail if tell_all else NOT_FOR_ALL)


class InvocationOut(BaseModel):
    """One step of a run."""

    id: str
    sequence: int
    slot: int
    model: str
    state: str
    input: Content
    output: Content | None
    substituted: bool
    error: ErrorOut | None
    attempts: int
    seconds: float | None
    usd: float | None
    created_at: datetime
    due_at: datetime | None
    started_at: datetime | None
    ended_at: datetime | None

    @classmethod
    def of(cls, step: Invocation, *, tell_all: bool) -> InvocationOut:
        return cls(**_common(step, tell_all), attempts=step.attempts_made)


class AttemptOut(BaseModel):
    """One try at a step. What was sent, where and by whom is for those who run the network."""

    number: int
    outcome: str | None
    error: ErrorOut | None
    started_at: datetime
    ended_at: datetime | None
    seconds: float | None
    usd: float | None
    parameters: dict[str, Any] | None
    reference: str | None
    idempotency_key: str | None
    worker: str | None

    @classmethod
    def of(cls, row: Attempt, *, tell_all: bool) -> AttemptOut:
        return cls(
            number=row.number,
            outcome=row.outcome or None,
            error=ErrorOut.of(row, tell_all=tell_all),
            started_at=row.started_at,
            ended_at=row.ended_at,
            seconds=row.seconds,
            usd=row.usd,
            parameters=row.parameters if tell_all else None,
            reference=(row.reference or None) if tell_all else None,
            idempotency_key=row.idempotency_key if tell_all else None,
            worker=row.worker if tell_all else None,
        )


class InvocationDetail(BaseModel):
    """One step with each try at it."""

    id: str
    run: str
    network: str
    sequence: int
    slot: int
    model: str
    state: str
    input: Content
    output: Content | None
    substituted: bool
    error: ErrorOut | None
    attempts: list[AttemptOut]
    seconds: float | None
    usd: float | None
    created_at: datetime
    due_at: datetime | None
    started_at: datetime | None
    ended_at: datetime | None

    @classmethod
    def of(cls, step: Invocation, *, tell_all: bool) -> InvocationDetail:
        tries = step.attempts.order_by("number")
        return cls(
            **_common(step, tell_all),
            run=step.run.public_id,
            network=step.network.slug,
            attempts=[AttemptOut.of(row, tell_all=tell_all) for row in tries],
        )


def _common(step: Invocation, tell_all: bool) -> dict[str, Any]:
    done = step.state == InvocationState.COMPLETED
    return {
        "id": step.public_id,
        "sequence": step.sequence,
        "slot": step.slot,
        "model": step.model,
        "state": step.state,
        "input": content(step.input_text, step.input_asset),
        "output": content(step.output_text, step.output_asset) if done else None,
        "substituted": step.substituted,
        "error": ErrorOut.of(step, tell_all=tell_all),
        "seconds": step.seconds,
        "usd": step.usd,
        "created_at": step.created_at,
        "due_at": step.due_at,
        "started_at": step.started_at,
        "ended_at": step.ended_at,
    }
