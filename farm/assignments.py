"""Work of farm workers: claimed, renewed, and given back (`outcomes`: handed in). The engine's own claims, leases
and deliveries; what they do not know is in `Assignment`."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from functools import partial

from django.db import transaction

from invocations import events, leases
from invocations.engine import claims
from invocations.engine.claims import Claim, Holder
from invocations.leases import MAX_LEASE, WorkOffer
from invocations.models import Attempt
from invocations.states import Stale
from lib.compiled_statements import CompiledSelect
from realtime.events import send

from . import batches, catalogue, eligibility, failures, previews
from .events import log_key, send_log_continued
from .models import Assignment, FarmWorker, WorkerStatus
from .previews import Preview


class NotFit(Exception):
    """The worker is to be something else than at work."""

    def __init__(self, status: str) -> None:
        super().__init__(status)
        self.status = status


class NotYours(Exception):
    """This work was given to somebody else, was stopped, or ended by another answer."""


@dataclass(frozen=True, slots=True)
class WorkProgress:
    """How far a worker is, as it says; `fraction` is of 0 to 1."""

    fraction: float
    phase: str = ""
    eta_seconds: float | None = None

    @property
    def words(self) -> str:
        """In no language but the worker's own, as what providers say."""
        said = f"{self.phase} {self.fraction:.0%}".strip()
        if self.eta_seconds is None:
            return said
        left = self.eta_seconds
        return f"{said} (~ {left:.0f} s)" if left < 100 else f"{said} (~ {left / 60:.0f} min)"


@dataclass(frozen=True, slots=True)
class Handover:
    """A step in the hands of a worker."""

    claim: Claim
    assignment: Assignment
    offer: catalogue.Offer

    @property
    def batch_key(self) -> str:
        weights = str(self.offer.get("weights_sha256") or "")
        return batches.key_of(self.claim.invocation.model, self.claim.attempt.parameters, weights)


# Every call asks for one of these.
_HELD: CompiledSelect[Attempt] = CompiledSelect(
    lambda *, holder: (
        Attempt.objects.held_by(holder)
        .filter(assignment__isnull=False)
        .order_by("id")
        .select_related("invocation__run__network__owner", "invocation__input_asset", "assignment")
    )
)
_ASSIGNED: CompiledSelect[Assignment] = CompiledSelect(
    lambda *, worker, token: Assignment.objects.filter(
        worker=worker, attempt__token=token
    ).select_related("attempt__invocation__run__network__owner")
)


def claim(
    worker: FarmWorker,
    *,
    slots: int,
    at: datetime,
    holds_tasks: bool = False,
    trouble: str = "",
) -> list[Handover]:
    """The steps that the worker holds, and more of what it offers, up to `slots`; no more where it has a trouble. Raises
    NotFit."""
    worker.note_seen(at)
    held = [_handover(worker, claims.claim_of_attempt(one)) for one in _held(worker)]
    if due := worker.status_due(at):
        if not held and not holds_tasks and worker.requested_status:
            worker.confirm()
        raise NotFit(due)
    if trouble:
        worker.note_trouble(trouble)
        return held
    if worker.requested_status or worker.status in (WorkerStatus.TESTING, WorkerStatus.ERROR):
        worker.confirm()
    holder = holder_of(worker, at)
    while holder.offer.models and batches.places_taken([one.assignment for one in held]) < slots:
        taken = claims.claim_next_step(holder=holder, at=at)
        if taken is None:
            break
        held += with_batch(worker, taken, holder, at=at)
    return held


def holder_of(worker: FarmWorker, at: datetime) -> Holder:
    """Who claims for the worker, and keeps a record of it."""
    return Holder(
        worker.holder_name,
        WorkOffer(models=catalogue.model_ids(worker)),
        MAX_LEASE,
        remote=True,
        suits=eligibility.suits(worker, at),
        record=partial(_record, worker),
    )


def with_batch(worker: FarmWorker, taken: Claim, holder: Holder, *, at: datetime) -> list[Handover]:
    """What was taken, and what goes with it."""
    together = batches.fill(worker, taken, holder, at=at)
    return [_handover(worker, one) for one in together]


def renew(worker: FarmWorker, token: str, progress: WorkProgress, *, at: datetime) -> str:
    """Extend the lease. Returns why the work is to stop; empty: it goes on. Raises NotYours."""
    worker.note_seen(at)
    assignment = find_assignment(worker, token)
    found = leases.renew(Attempt.objects.all(), [token], holder=worker.holder_name, at=at)
    if token in found.lost or token in found.ended:
        raise NotYours(f"attempt {token} is not live any more")
    if not found.goes_on(token):
        return "cancelled"
    if worker.status_due(at) and not worker.lazy:
        return "requested_status"
    if (assignment.progress, assignment.phase) != (progress.fraction, progress.phase):
        assignment.note_progress(progress.fraction, progress.phase)
        _show_progress(assignment.attempt, progress)
    return ""


def append_log(worker: FarmWorker, token: str, *, offset: int, text: str, at: datetime) -> int:
    """Returns the offset of the next piece. Raises NotYours, LogGap."""
    worker.note_seen(at)
    with transaction.atomic():
        mine = Assignment.objects.select_for_update().filter(worker=worker, attempt__token=token)
        assignment = mine.first()
        if assignment is None:
            raise NotYours(f"attempt {token} is not this worker's")
        length = assignment.append_log(offset, text)
    send_log_continued(token, length)
    return length


def send_preview(worker: FarmWorker, token: str, content: bytes) -> None:
    """To be shown once it is decoded. Raises NotYours, PreviewTooOften."""
    attempt = find_assignment(worker, token).attempt
    if not is_live(attempt, worker):
        raise NotYours(f"attempt {token} is not live any more")
    step = attempt.invocation
    of_step = (step.run.network.topic, step.public_id)
    previews.send(
        Preview(f"run {step.run_id}", log_key(token), worker.public_id, content, *of_step)
    )


def give_back_all(worker: FarmWorker, *, at: datetime) -> None:
    """What it holds is free at once."""
    for attempt in _held(worker):
        with suppress(Stale):
            failures.give_back(worker, attempt, at=at)


def has_other_work(worker: FarmWorker, attempt: Attempt) -> bool:
    """Whether it holds a step besides this one."""
    return Attempt.objects.held_by(worker.holder_name).exclude(pk=attempt.pk).exists()


def _held(worker: FarmWorker) -> list[Attempt]:
    return _HELD.rows(holder=worker.holder_name)


def _record(worker: FarmWorker, taken: Claim) -> None:
    Assignment.write(taken.attempt, worker, taken.invocation.model)


def _handover(worker: FarmWorker, taken: Claim) -> Handover:
    offer = catalogue.offer_of_model(worker, taken.invocation.model)
    return Handover(taken, taken.attempt.assignment, offer)


def find_assignment(worker: FarmWorker, token: str) -> Assignment:
    """With its attempt, step, run, network and owner. Raises NotYours."""
    for found in _ASSIGNED.rows(worker=worker.pk, token=token):
        return found
    raise NotYours(f"attempt {token} is not this worker's")


def is_live(attempt: Attempt, worker: FarmWorker) -> bool:
    return not attempt.outcome and attempt.worker == worker.holder_name


def _show_progress(attempt: Attempt, progress: WorkProgress) -> None:
    step = attempt.invocation
    update = events.InvocationProgressed(step.run.public_id, step.public_id, progress.words)
    send(step.run.network.topic, update)
