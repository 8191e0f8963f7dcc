"""Batches: steps of several networks that a worker is given together, because it does them in one go.

They have the same model and equal parameters. A network has one step at a time, so that each network gives
at most one to a batch, the longest waiting first. Each is a claim, an attempt and an outcome of its own;
the worker's places count a batch once.
"""

from __future__ import annotations

import json
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from hashlib import sha256
from typing import Any

from django.db.models import Count

from invocations.engine import claims
from invocations.engine.claims import Claim, Holder
from invocations.models import Invocation
from lib.public_ids import new_public_id

from . import catalogue
from .events import send_batched
from .models import Assignment, BatchLimit, FarmWorker, TaskAssignment
from .models.work_record import WorkRecord

MAX_LOOKED_AT = 4  # times the size: steps that may turn out to have other parameters


@dataclass(frozen=True, slots=True)
class BatchSavings:
    """Of the last day: so many steps, and tasks of films, were given to workers in so many batches."""

    steps: int
    batches: int

    @property
    def calls(self) -> int:
        """How many more it would have taken one by one."""
        return self.steps - self.batches


def key_of(model: str, parameters: Mapping[str, Any], weights: str = "") -> str:
    """The same for steps that can be done in one go."""
    if not weights and not parameters:
        return model
    said = json.dumps([weights, parameters], sort_keys=True, default=str)
    return f"{model}#{sha256(said.encode()).hexdigest()[:16]}"


def fill(worker: FarmWorker, first: Claim, holder: Holder, *, at: datetime) -> list[Claim]:
    """`first` and what goes with it, up to what the worker offers; each is recorded with its batch.
    The holder has recorded that they are the worker's."""
    model = first.invocation.model
    size = BatchLimit.size_for(worker, model, offered=most_at_once(worker, model))
    found = [first, *_more_like(first, holder, size - 1, at)] if size > 1 else [first]
    if len(found) > 1:
        Assignment.note_batch([one.attempt.assignment for one in found], new_public_id())
        send_batched(worker.public_id, len(found))
    return found


def most_at_once(worker: FarmWorker, model: str) -> int:
    """What it offers, or less where an admin has said so."""
    offer = catalogue.offer_of_model(worker, model)
    offered: int = offer.get("batch") or 1
    return min(offered, int(worker.most_in_batch.get(offer.get("name"), offered)))


def places_taken(held: Collection[WorkRecord]) -> int:
    """A batch takes one place."""
    return len({one.batch or one.pk for one in held})


def saved_lately(at: datetime) -> BatchSavings:
    """Two queries."""
    since = at - timedelta(days=1)
    counted = [
        kind.objects.filter(batch_size__gt=1, attempt__started_at__gte=since).aggregate(
            given=Count("pk"), batches=Count("batch", distinct=True)
        )
        for kind in (Assignment, TaskAssignment)
    ]
    return BatchSavings(
        sum(one["given"] for one in counted), sum(one["batches"] for one in counted)
    )


def _more_like(first: Claim, holder: Holder, most: int, at: datetime) -> list[Claim]:
    wanted = json.dumps(first.attempt.parameters, sort_keys=True)
    due = holder.due_steps(at).filter(model=first.invocation.model).select_related("run")
    found: list[Claim] = []
    for step in due[: MAX_LOOKED_AT * most]:
        if len(found) == most:
            break
        if json.dumps(_parameters(step), sort_keys=True) != wanted:
            continue
        if taken := claims.claim_step(step.pk, holder=holder, at=at):
            found.append(taken)
    return found


def _parameters(step: Invocation) -> dict[str, object]:
    """What its attempt will be given."""
    return {} if step.fallen_back else dict(step.run.ring_slot(step.slot).parameters)
