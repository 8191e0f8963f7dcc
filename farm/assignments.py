"""Work of farm workers: claimed, renewed, and handed in. The engine's own claims, leases and deliveries;
what they do not know is in `Assignment`."""

from __future__ import annotations

import json
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from hashlib import sha256
from typing import Any

from django.db import transaction

from assets import ingest, screening
from assets.errors import AssetError, Declined, StorageUnavailable
from invocations import events, leases
from invocations.engine import claims, delivery
from invocations.engine.claims import Claim, Holder
from invocations.engine.outcomes import Result
from invocations.leases import MAX_LEASE, WorkOffer
from invocations.models import Attempt
from invocations.states import Outcome, Stale
from lib.stored_sentences import stored_sentence
from platforms.base import Modality
from platforms.errors import (
    Cancelled,
    NotConfigured,
    PlatformError,
    Refused,
    Unavailable,
    Unusable,
)
from realtime.events import send

from . import batches, blobs, catalogue, eligibility, failures, previews
from .events import log_key, send_log_continued
from .models import Assignment, BatchLimit, FarmWorker
from .previews import Preview

FAILED = stored_sentence("The worker %(worker)s: %(said)s")
NO_OUTPUT = stored_sentence("The worker %(worker)s gave no %(modality)s.")
NO_FILE = stored_sentence("The worker %(worker)s named a file that it had not sent.")
MAX_SENTENCE = 500
ERRORS: dict[str, type[PlatformError]] = {
    "temporary": Unavailable,
    "out_of_memory": Unavailable,
    "permanent": NotConfigured,
}
_CLOSED_BY_HOLDER = frozenset(Outcome) - {Outcome.LOST, Outcome.UNCERTAIN}


class NotFit(Exception):
    """The worker is to be something else than at work."""

    def __init__(self, status: str) -> None:
        super().__init__(status)
        self.status = status


class NotYours(Exception):
    """This work was given to somebody else, was stopped, or ended by another answer."""


class NotTakenIn(Unavailable):
    """A file was not there or could not be kept: asked for again, of the same worker as well."""


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


@dataclass(frozen=True, slots=True)
class Finish:
    """How a worker says that it is done. `outputs`: (type, text or SHA-256)."""

    outcome: str  # succeeded, failed, released or unfit
    outputs: Sequence[tuple[str, str]] = ()
    error_class: str = ""
    sentence: str = ""
    backend: str = ""
    degraded: bool = False
    seconds: float | None = None

    @property
    def digest(self) -> str:
        """The same for the same answer."""
        said: list[Any] = [self.outcome, list(map(list, self.outputs)), self.error_class]
        said += [self.sentence, self.backend, self.degraded, self.seconds]
        return sha256(json.dumps(said).encode()).hexdigest()


def claim(worker: FarmWorker, *, slots: int, at: datetime) -> list[Handover]:
    """What the worker holds, and more of what it offers, up to `slots`. Raises NotFit."""
    worker.note_seen(at)
    held = [_handover(worker, claims.claim_of_attempt(one)) for one in _held(worker)]
    if due := worker.status_due(at):
        if not held and worker.requested_status:
            worker.confirm()
        raise NotFit(due)
    if worker.requested_status:
        worker.confirm()
    offer, suits = WorkOffer(models=catalogue.model_ids(worker)), eligibility.suits(worker, at)
    holder = Holder(
        worker.holder_name,
        offer,
        MAX_LEASE,
        remote=True,
        suits=suits,
        record=partial(_record, worker),
    )
    while offer.models and batches.places_taken([one.assignment for one in held]) < slots:
        taken = claims.claim_next_step(holder=holder, at=at)
        if taken is None:
            break
        together = batches.fill(worker, taken, holder, at=at)
        held += [_handover(worker, one) for one in together]
    return held


def renew(worker: FarmWorker, token: str, *, progress: float, phase: str, at: datetime) -> str:
    """Extend the lease. Returns why the work is to stop; empty: it goes on. Raises NotYours."""
    worker.note_seen(at)
    assignment = _assignment(worker, token)
    found = leases.renew(Attempt.objects.all(), [token], holder=worker.holder_name, at=at)
    if token in found.lost or token in found.ended:
        raise NotYours(f"attempt {token} is not live any more")
    if not found.goes_on(token):
        return "cancelled"
    if worker.status_due(at) and not worker.lazy:
        return "requested_status"
    if (assignment.progress, assignment.phase) != (progress, phase):
        assignment.note_progress(progress, phase)
        _show_progress(assignment.attempt, progress, phase)
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
    attempt = _assignment(worker, token).attempt
    if not _is_live(attempt, worker):
        raise NotYours(f"attempt {token} is not live any more")
    run = attempt.invocation.run_id
    previews.send(Preview(run, log_key(token), worker.public_id, content))


def finish(worker: FarmWorker, token: str, answer: Finish, *, at: datetime) -> None:
    """Hand in. The same answer again changes nothing. Raises NotYours where the work is somebody else's
    by now, or was ended by another answer."""
    worker.note_seen(at)
    assignment = _assignment(worker, token)
    if not _is_live(assignment.attempt, worker):
        _check_repeated(worker, assignment, answer)
        return
    taken_in = _answer(worker, assignment.attempt, answer)
    try:
        with transaction.atomic():  # one commit: each waits for the disk
            _deliver(worker, assignment, answer, taken_in, at)
            _note_finished(assignment, answer, at)
    except Stale as late:
        raise NotYours(str(late)) from None
    if answer.outcome == "succeeded":
        _note_success(worker, assignment.attempt.invocation.model)
    for kind, value in answer.outputs:
        if kind != Modality.TEXT:
            blobs.remove(worker.public_id, value)


def sign_off(worker: FarmWorker, *, at: datetime) -> None:
    """It leaves: what it holds is free at once."""
    for attempt in _held(worker):
        with suppress(Stale):
            delivery.release(attempt.token, at=at)
    worker.sign_off(at)


def _check_repeated(worker: FarmWorker, assignment: Assignment, answer: Finish) -> None:
    """The attempt is closed: by us, where the answer to the first try was lost on its way. Raises NotYours."""
    attempt = assignment.attempt
    if not assignment.note_answer(answer.digest):
        raise NotYours(f"attempt {attempt.token} was ended by another answer")
    if assignment.finished_at is None and not _was_closed_by(worker, attempt):
        raise NotYours(f"attempt {attempt.token} is not live any more")


def _note_finished(assignment: Assignment, answer: Finish, at: datetime) -> None:
    """Raises NotYours."""
    if not assignment.note_finished(
        answer.digest, backend=answer.backend, degraded=answer.degraded, at=at
    ):
        raise NotYours("the work was ended by another answer")


def _deliver(
    worker: FarmWorker,
    assignment: Assignment,
    answer: Finish,
    taken_in: Result | PlatformError,
    at: datetime,
) -> None:
    attempt = assignment.attempt
    if attempt.cancel_requested_at is not None and answer.outcome != "succeeded":
        delivery.deliver(attempt.token, Cancelled(), at=at)
    elif answer.outcome == "released":
        delivery.release(attempt.token, at=at)
    elif answer.error_class == "out_of_memory" and assignment.batch_size > 1:
        model = (
            attempt.invocation.model
        )  # that was too much at once, which is no failure of the step
        BatchLimit.halve(worker, model, tried=assignment.batch_size)
        delivery.release(attempt.token, at=at)
    elif answer.outcome == "unfit":
        failures.close_unfit(worker, attempt, _said(worker, answer), at=at)
    else:
        _close(worker, attempt, taken_in, at)


def _note_success(worker: FarmWorker, model: str) -> None:
    offered = catalogue.offer_of_model(worker, model).get("batch") or 1
    if offered > 1:
        BatchLimit.note_success(worker, model, offered=offered)


def _close(
    worker: FarmWorker, attempt: Attempt, answer: Result | PlatformError, at: datetime
) -> None:
    """What is refused, or could not be taken in here, is no failure of the worker's."""
    if isinstance(answer, PlatformError) and not isinstance(answer, Refused | NotTakenIn):
        failures.close_failed(worker, attempt, answer, at=at)
    else:
        delivery.deliver(attempt.token, answer, at=at)


def _answer(worker: FarmWorker, attempt: Attempt, answer: Finish) -> Result | PlatformError:
    if answer.outcome != "succeeded":
        words = _said(worker, answer)
        if answer.error_class == "refused":
            return Refused(words, kind="sensitive").as_settled()
        return ERRORS.get(answer.error_class, Unavailable)(words).as_settled()
    wanted = claims.claim_of_attempt(attempt).model.output
    found = next((value for kind, value in answer.outputs if kind == wanted), None)
    if found is None:
        return Unusable(NO_OUTPUT % {"worker": worker.name, "modality": wanted})
    if wanted is Modality.TEXT:
        return Result(text=found, usd=0.0, seconds=answer.seconds)
    return _stored(worker, wanted, found, answer.seconds)


def _stored(
    worker: FarmWorker, kind: Modality, digest: str, seconds: float | None
) -> Result | PlatformError:
    """What a worker uploaded, decoded before anybody sees it."""
    try:
        with blobs.open_blob(worker.public_id, digest) as path:
            asset = ingest.store(path, kind=kind, screen=screening.screen)
    except blobs.NoBlob:
        return NotTakenIn(NO_FILE % {"worker": worker.name})
    except Declined as error:
        return Refused(str(error), kind="sensitive").as_settled()
    except StorageUnavailable as error:
        return NotTakenIn(str(error))
    except AssetError as error:
        return Unusable(FAILED % {"worker": worker.name, "said": str(error)})
    return Result(asset=asset, usd=0.0, seconds=seconds)


def _said(worker: FarmWorker, answer: Finish) -> str:
    said = answer.sentence[:MAX_SENTENCE] or answer.error_class or answer.outcome
    return FAILED % {"worker": worker.name, "said": said}


def _held(worker: FarmWorker) -> list[Attempt]:
    held = Attempt.objects.held_by(worker.holder_name).filter(assignment__isnull=False)
    return list(
        held.order_by("id").select_related(
            "invocation__run__network__owner", "invocation__input_asset", "assignment"
        )
    )


def _record(worker: FarmWorker, taken: Claim) -> None:
    Assignment.objects.create(attempt=taken.attempt, worker=worker)


def _handover(worker: FarmWorker, taken: Claim) -> Handover:
    offer = catalogue.offer_of_model(worker, taken.invocation.model)
    return Handover(taken, taken.attempt.assignment, offer)


def _assignment(worker: FarmWorker, token: str) -> Assignment:
    found = Assignment.objects.filter(worker=worker, attempt__token=token)
    assignment = found.select_related("attempt__invocation__run__network").first()
    if assignment is None:
        raise NotYours(f"attempt {token} is not this worker's")
    return assignment


def _is_live(attempt: Attempt, worker: FarmWorker) -> bool:
    return not attempt.outcome and attempt.worker == worker.holder_name


def _was_closed_by(worker: FarmWorker, attempt: Attempt) -> bool:
    return attempt.worker == worker.holder_name and attempt.outcome in _CLOSED_BY_HOLDER


def _show_progress(attempt: Attempt, progress: float, phase: str) -> None:
    step = attempt.invocation
    said = f"{phase} {progress:.0%}".strip()
    update = events.InvocationProgressed(step.run.public_id, step.public_id, said)
    send(step.run.network.topic, update)
