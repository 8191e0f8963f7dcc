"""How farm workers end their work: what they hand in, and what becomes of it."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256
from typing import Any

from django.db import transaction

from assets import ingest, screening
from assets.errors import AssetError, Declined, StorageUnavailable
from invocations.engine import claims, delivery
from invocations.engine.claims import Claim, Holder
from invocations.engine.outcomes import Result
from invocations.models import Attempt
from invocations.states import Outcome, Stale
from lib.log_ids import log_ids
from lib.stored_sentences import stored_sentence
from platforms.base import Modality
from platforms.errors import (
    Cancelled,
    NotConfigured,
    PlatformError,
    Refused,
    TimedOut,
    Unavailable,
    Unusable,
)

from . import batches, blobs, failures
from .assignments import (
    Handover,
    NotYours,
    find_assignment,
    has_other_work,
    holder_of,
    is_live,
    with_batch,
)
from .models import Assignment, BatchLimit, FarmWorker

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


class NotTakenIn(Unavailable):
    """A file was not there or could not be kept: asked for again, of the same worker as well."""


class FileNotSent(NotTakenIn):
    """It was lost here, or never sent."""


@dataclass(frozen=True, slots=True)
class Finish:
    """How a worker says that it is done. `outputs`: (type, text or SHA-256)."""

    outcome: str  # succeeded, failed, released or unfit
    outputs: Sequence[tuple[str, str]] = ()
    error_class: str = ""
    sentence: str = ""
    detail: str = ""  # for the log; no part of the answer itself
    backend: str = ""
    degraded: bool = False
    seconds: float | None = None
    takes_next: bool = (
        False  # it has a place for the step that follows; no part of the answer itself
    )

    @property
    def digest(self) -> str:
        """The same for the same answer."""
        said: list[Any] = [self.outcome, list(map(list, self.outputs)), self.error_class]
        said += [self.sentence, self.backend, self.degraded, self.seconds]
        return sha256(json.dumps(said).encode()).hexdigest()


def finish(worker: FarmWorker, token: str, answer: Finish, *, at: datetime) -> list[Handover]:
    """Hand in. The same answer again changes nothing. Returns what the worker holds besides from now on,
    where it takes the next step and that is due at once and the one it would be given if it asked. Raises
    NotYours where the work is somebody else's by now, or was ended by another answer."""
    worker.note_seen(at)
    assignment = find_assignment(worker, token)
    if not is_live(assignment.attempt, worker):
        _check_repeated(worker, assignment, answer)
        return []
    claim = claims.claim_of_attempt(assignment.attempt)
    with log_ids(**claim.ids):
        return _finish_claim(worker, assignment, claim, answer, at=at)


def _finish_claim(
    worker: FarmWorker, assignment: Assignment, claim: Claim, answer: Finish, *, at: datetime
) -> list[Handover]:
    taken_in = _take_in(worker, claim, answer)
    holder = _next_holder(worker, assignment, answer, at)
    files = [value for kind, value in answer.outputs if kind != Modality.TEXT]
    has_more = bool(files) and has_other_work(worker, claim.attempt)
    try:
        with transaction.atomic():  # one commit: each waits for the disk
            taken = _deliver(worker, assignment, claim, answer, taken_in, at, holder)
            _note_finished(assignment, answer, at)
    except Stale:  # it has ended meanwhile: by this very answer, where that was sent twice
        _check_repeated(worker, find_assignment(worker, claim.attempt.token), answer)
        return []
    if answer.outcome == "succeeded":
        _note_success(worker, claim.invocation.model)
    for digest in files:
        blobs.hand_in(worker.public_id, digest, is_at_work=has_more)
    return with_batch(worker, taken, holder, at=at) if taken and holder else []


def _next_holder(
    worker: FarmWorker, assignment: Assignment, answer: Finish, at: datetime
) -> Holder | None:
    """Not after a batch, whose place is taken until the last of it is done."""
    wants = answer.takes_next and not assignment.batch and not worker.status_due(at)
    return holder_of(worker, at) if wants else None


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
        answer.digest,
        backend=answer.backend,
        degraded=answer.degraded,
        detail=answer.detail,
        at=at,
    ):
        raise NotYours("the work was ended by another answer")


def _deliver(
    worker: FarmWorker,
    assignment: Assignment,
    claim: Claim,
    answer: Finish,
    taken_in: Result | PlatformError,
    at: datetime,
    next_holder: Holder | None,
) -> Claim | None:
    """Returns the claim of the step that follows, where `next_holder` has it."""
    attempt, model = claim.attempt, claim.invocation.model
    if attempt.cancel_requested_at is not None and answer.outcome != "succeeded":
        delivery.deliver_claim(claim, Cancelled(), at=at)
    elif answer.outcome == "released":
        failures.give_back(worker, attempt, at=at)
    elif answer.error_class == "out_of_memory" and assignment.batch_size > 1:
        # That was too much at once, which is no failure of the step.
        BatchLimit.halve(worker, model, tried=assignment.batch_size)
        delivery.release(attempt.token, at=at)
    elif answer.outcome == "unfit":
        failures.close_unfit(worker, attempt, _said(worker, answer), at=at)
    elif isinstance(taken_in, PlatformError) and _is_its_own(taken_in, attempt):
        failures.close_failed(worker, attempt, taken_in, at=at)
    else:  # what is refused, or could not be taken in here, is no failure of the worker's
        return delivery.deliver_claim(claim, taken_in, at=at, next_holder=next_holder)
    return None


def _is_its_own(error: PlatformError, attempt: Attempt) -> bool:
    """Whether the worker has failed: a file may be lost once, but not the same step's again."""
    if isinstance(error, FileNotSent):
        before = Attempt.objects.filter(invocation=attempt.invocation_id, worker=attempt.worker)
        return before.filter(error_detail=str(error)).exists()
    return not isinstance(error, Refused | NotTakenIn)


def _note_success(worker: FarmWorker, model: str) -> None:
    most = batches.most_at_once(worker, model)
    if most > 1:
        BatchLimit.note_success(worker, model, offered=most)


def _take_in(worker: FarmWorker, claim: Claim, answer: Finish) -> Result | PlatformError:
    if answer.outcome != "succeeded":
        words = _said(worker, answer)
        if answer.error_class == "refused":
            return Refused(words, kind="sensitive").as_settled()
        return ERRORS.get(answer.error_class, Unavailable)(words).as_settled()
    wanted = claim.model.output
    found = next((value for kind, value in answer.outputs if kind == wanted), None)
    if found is None:
        return Unusable(NO_OUTPUT % {"worker": worker.name, "modality": wanted})
    if wanted is Modality.TEXT:
        return Result(text=found, usd=0.0, seconds=answer.seconds)
    return _stored(worker, claim, found, answer.seconds)


def _stored(
    worker: FarmWorker, claim: Claim, digest: str, seconds: float | None
) -> Result | PlatformError:
    """What a worker uploaded, decoded before anybody sees it."""
    kind, given = claim.model.output, claim.invocation.input_asset
    try:
        with blobs.open_blob(worker.public_id, digest, given) as path:
            asset = ingest.store(path, kind=kind, screen=screening.screen)
    except blobs.NoBlob:
        return FileNotSent(NO_FILE % {"worker": worker.name})
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


def _was_closed_by(worker: FarmWorker, attempt: Attempt) -> bool:
    """Not by its deadline, nor by the loss of its lease."""
    ours = attempt.worker == worker.holder_name and attempt.error_code != TimedOut.code
    return ours and attempt.outcome in _CLOSED_BY_HOLDER
