"""Work in the hands of a worker, as the API says it."""

from __future__ import annotations

from typing import Any, Literal

from django.utils import timezone
from pydantic import BaseModel, Field

from farm.assignments import Handover
from farm.film_work import TaskHandover
from films import remote_tasks
from invocations.leases import MAX_LEASE
from platforms.base import Modality


class WorkInputOut(BaseModel):
    type: str
    text: str | None = None
    sha256: str | None = None
    url: str | None = None
    bytes: int | None = None
    content_type: str | None = None


class WorkOut(BaseModel):
    """`lease_seconds`: what is not renewed for so long is given to somebody else. `batch`: the same text for
    those that were given together, to be done in one go; they have the same `batch_key`: one model, one
    version, equal parameters. Empty: it was given alone."""

    token: str
    kind: Literal["step", "operation"]
    model: str = Field(description="Or the operation.")
    parameters: dict[str, Any]
    inputs: list[WorkInputOut]
    lease_seconds: int
    deadline_seconds: float
    batch_key: str
    batch: str

    @classmethod
    def from_handover(cls, one: Handover) -> WorkOut:
        step, attempt = one.claim.invocation, one.claim.attempt
        ends = attempt.deadline_at or attempt.lease_until
        model = step.model.partition(":")[2].partition("@")[0]
        return cls(
            token=attempt.token,
            kind="step",
            model=model,
            parameters=attempt.parameters,
            inputs=[_input_of(one)],
            lease_seconds=int(MAX_LEASE.total_seconds()),
            deadline_seconds=max(0.0, (ends - timezone.now()).total_seconds()),
            batch_key=one.batch_key,
            batch=one.assignment.batch,
        )

    @classmethod
    def from_task(cls, one: TaskHandover) -> WorkOut:
        attempt, task = one.claim.attempt, one.claim.task
        ends = attempt.deadline_at or attempt.lease_until
        given = WorkInputOut(
            type=Modality.VIDEO,
            sha256=one.sha256,
            url=f"/api/farm/v1/attempts/{attempt.token}/input",
            bytes=one.chunk.stat().st_size if one.chunk.exists() else None,
            content_type=remote_tasks.CONTENT_TYPE,
        )
        return cls(
            token=attempt.token,
            kind="operation",
            model=task.operation,
            parameters=task.parameters,
            inputs=[given],
            lease_seconds=int(attempt.lease_length.total_seconds()),
            deadline_seconds=max(0.0, (ends - timezone.now()).total_seconds()),
            batch_key=one.batch_key,
            batch=one.assignment.batch,
        )


class WorkGiven(BaseModel):
    assignments: list[WorkOut]


def _input_of(one: Handover) -> WorkInputOut:
    step = one.claim.invocation
    asset = step.input_asset
    if asset is None:
        return WorkInputOut(type=Modality.TEXT, text=step.input_text)
    return WorkInputOut(
        type=asset.kind,
        sha256=asset.sha256,
        url=asset.url,
        bytes=asset.bytes,
        content_type=asset.content_type,
    )
