"""Tasks of films in the hands of farm workers: claimed, renewed, handed in. The claims, leases and outcomes
are those of `films`; what they do not know is in `TaskAssignment`."""

from __future__ import annotations

import json
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from django.db import transaction
from django.db.models import Q

from films import claims, outcomes, remote_tasks
from films.claims import TaskClaim, TaskHolder
from films.models import FilmTask, TaskAttempt
from films.task_inputs import InputLost
from invocations import leases
from invocations.engine import worker_locks
from invocations.states import Outcome, Stale
from lib.compiled_statements import CompiledSelect
from lib.public_ids import new_public_id
from lib.stored_sentences import stored_sentence

from . import batches, blobs, catalogue, previews
from .assignments import NotYours, WorkProgress
from .events import log_key, send_batched, send_film_work
from .failures import GIVEN_BACK as SENTENCE_OF_RETURNS
from .failures import MAX_RETURNS
from .models import BatchLimit, FarmWorker, TaskAssignment
from .previews import Preview

if TYPE_CHECKING:
    from .outcomes import Finish

SAID = stored_sentence("The worker %(worker)s: %(said)s")
NOT_SENT = stored_sentence("The worker %(worker)s named a file that it had not sent.")
DEGRADED = stored_sentence("The worker %(worker)s did it in a lesser way (%(backend)s).")
GIVEN_BACK = "given_back"  # the code of such a try
MAX_DETAILS = 100_000  # characters
MAX_LOOKED_AT = 64
_ENDED_BY_HOLDER = frozenset({Outcome.COMPLETED, Outcome.FAILED, Outcome.HANDED_OVER})
_HELD: CompiledSelect[TaskAttempt] = CompiledSelect(
    lambda *, holder: (
        TaskAttempt.objects.held_by(holder)
        .filter(task_assignment__isnull=False)
        .select_related("task", "film", "task_assignment")
        .order_by("id")
    )
)


@dataclass(frozen=True, slots=True)
class TaskHandover:
    """A task in the hands of a worker, and the chunk that it is to work on."""

    claim: TaskClaim
    chunk: Path

    @property
    def sha256(self) -> str:
        return self.chunk.stem

    @property
    def assignment(self) -> TaskAssignment:
        found: TaskAssignment = self.claim.attempt.task_assignment
        return found

    @property
    def batch_key(self) -> str:
        """The same for what can be done in one go."""
        return batches.key_of(self.claim.task.operation, self.claim.task.parameters)


def held(worker: FarmWorker) -> list[TaskHandover]:
    """One query; none of a worker that does no operations."""
    if not worker.operations:
        return []
    found = _HELD.rows(holder=worker.holder_name)
    taken = [TaskClaim(one.film, one.task, one) for one in found]
    return [TaskHandover(one, remote_tasks.recorded_input(one)) for one in taken]


def claim(worker: FarmWorker, places: int, *, at: datetime) -> list[TaskHandover]:
    """Tasks for at most so many places more; those that are done in one go take one. A worker that serves only networks
    with a tag makes no films."""
    if not worker.operations or worker.serves_tag or places <= 0:
        return []
    if not remote_tasks.may_leave_this_machine(at):
        return []
    holder = TaskHolder(
        worker.holder_name,
        remote_tasks.suits(worker.operations, worker.holder_name, worker.serves_person_id),
        remote_tasks.DEADLINE,
        record=partial(_record, worker),
    )
    found: list[TaskHandover] = []
    while batches.places_taken([one.assignment for one in found]) < places:
        taken = claims.claim_task_for(holder, at=at)
        if taken is None:
            break
        found += _batch_of(worker, taken, holder, at)
    if found:
        send_film_work(worker.public_id)
    return found


def _batch_of(
    worker: FarmWorker, first: TaskClaim, holder: TaskHolder, at: datetime
) -> list[TaskHandover]:
    """What was taken and more like it, up to what the worker does in one go; none whose input is lost."""
    name = remote_tasks.name_of_work(first.task)
    offered = int(worker.operation_batches.get(name, 1))
    most = BatchLimit.size_for(worker, _limited_as(first.task), offered=offered)
    alike = TaskHolder(
        holder.worker,
        holder.suits & Q(operation=first.task.operation, parameters=first.task.parameters),
        holder.deadline,
        holder.record,
    )
    taken: TaskClaim | None = first
    found: list[TaskHandover] = []
    while taken is not None:
        try:
            found.append(TaskHandover(taken, remote_tasks.input_of(taken)))
        except InputLost as lost:
            outcomes.miss(taken, lost.numbers, at=at)
        taken = claims.claim_task_for(alike, at=at) if len(found) < most else None
    if len(found) > 1:
        TaskAssignment.note_batch([one.assignment for one in found], new_public_id())
        send_batched(worker.public_id, len(found))
    return found


def _limited_as(task: FilmTask) -> str:
    """By what its memory limits are kept: no model has such a name."""
    return f"operation:{remote_tasks.name_of_work(task)}"


def workers_for_ready_tasks(at: datetime) -> list[frozenset[str]]:
    """For each task that is ready, the ids of the workers that do its operation. Two queries at most, none
    where no worker does any."""
    able = catalogue.workers_by_operation()
    wanted = tuple(sorted({one.partition("/")[0] for one in able} & set(remote_tasks.OPERATIONS)))
    if not wanted:
        return []
    ready = _READY.rows(at=at, host=worker_locks.host_name(), operations=wanted)
    if not ready or not remote_tasks.may_leave_this_machine(at):
        return []
    names = [remote_tasks.name_of_work(one) for one in ready]
    return [able[one] for one in names if one in able]


_READY: CompiledSelect[FilmTask] = CompiledSelect(
    lambda *, at, host, operations: (
        FilmTask.objects.claimable(at, host)
        .filter(operation__in=operations)
        .only("operation", "parameters")[:MAX_LOOKED_AT]
    )
)


def find(worker: FarmWorker, token: str) -> TaskAssignment | None:
    """With its attempt, task and film. None of a worker that does no operations."""
    if not worker.operations:
        return None
    found = TaskAssignment.objects.filter(worker=worker, attempt__token=token)
    return found.select_related("attempt__task", "attempt__film").first()


def renew(
    worker: FarmWorker, found: TaskAssignment, progress: WorkProgress, *, at: datetime
) -> str:
    """As of a step (`assignments.renew`). Raises NotYours."""
    from films.task_run import tell_progress  # what carries tasks out is not for every web process

    token = found.attempt.token
    answer = leases.renew(TaskAttempt.objects.all(), [token], holder=worker.holder_name, at=at)
    if not answer.goes_on(token):
        raise NotYours(f"attempt {token} is not live any more")
    if worker.status_due(at) and not worker.lazy:
        return "requested_status"
    found.attempt.note_progress(progress.fraction, progress.phase)
    tell_progress(found.attempt.film_id)
    send_film_work(worker.public_id)
    return ""


def send_preview(worker: FarmWorker, found: TaskAssignment, content: bytes) -> None:
    """To be shown on the worker's page once it is decoded. Raises NotYours, PreviewTooOften."""
    attempt = found.attempt
    if attempt.outcome or attempt.worker != worker.holder_name:
        raise NotYours(f"attempt {attempt.token} is not live any more")
    turn = f"film {attempt.film_id}"
    previews.send(Preview(turn, log_key(attempt.token), worker.public_id, content, "", ""))


def finish(worker: FarmWorker, found: TaskAssignment, answer: Finish, *, at: datetime) -> None:
    """Hand in. The same answer again changes nothing. Raises NotYours."""
    attempt = found.attempt
    if attempt.outcome or attempt.worker != worker.holder_name:
        _check_repeated(worker, found, answer)
        return
    taken = TaskClaim(attempt.film, attempt.task, attempt)
    decide = _decision(worker, found, taken, answer)
    try:
        with transaction.atomic():
            decide(at=at)
            if not found.note_answer(answer.digest, error_detail=answer.detail, finished_at=at):
                raise NotYours(f"attempt {attempt.token} was ended by another answer")
    except Stale:  # it has ended meanwhile: by this very answer, where that was sent twice
        found.refresh_from_db()
        attempt.refresh_from_db()
        _check_repeated(worker, found, answer)
        return
    if answer.outcome == "succeeded" and found.batch:
        most = int(worker.operation_batches.get(remote_tasks.name_of_work(attempt.task), 1))
        BatchLimit.note_success(worker, _limited_as(attempt.task), offered=most)
    has_more = TaskAttempt.objects.held_by(worker.holder_name).exists()
    for kind, value in answer.outputs:
        if kind != "text":
            blobs.hand_in(worker.public_id, value, is_at_work=has_more)
    send_film_work(worker.public_id)


def give_back_all(worker: FarmWorker, *, at: datetime) -> None:
    """What it holds is free at once."""
    for one in _HELD.rows(holder=worker.holder_name) if worker.operations else ():
        with suppress(Stale):
            _give_back(worker, TaskClaim(one.film, one.task, one), at=at)


def _give_back(worker: FarmWorker, taken: TaskClaim, *, at: datetime) -> None:
    """As a step (`failures.give_back`): what a worker gives back again and again has failed with it."""
    if worker.status_due(at):
        outcomes.release(taken, at=at)
        return
    before = taken.task.attempts.filter(worker=worker.holder_name, error_code=GIVEN_BACK)
    times = before.count() + 1
    if times < MAX_RETURNS:
        outcomes.release(taken, at=at, code=GIVEN_BACK)
    else:
        words = {"worker": worker.name, "times": times}
        outcomes.fail(taken, GIVEN_BACK, SENTENCE_OF_RETURNS % words, at=at)


def _decision(
    worker: FarmWorker, found: TaskAssignment, taken: TaskClaim, answer: Finish
) -> partial[None]:
    """What becomes of the task. What was sent is read to its end for that."""
    if answer.error_class == "out_of_memory" and found.batch_size > 1:
        # That was too much at once, which is no failure of the task.
        BatchLimit.halve(worker, _limited_as(taken.task), tried=found.batch_size)
        return partial(outcomes.release, taken)
    if answer.outcome == "released":
        return partial(_give_back, worker, taken)
    if answer.outcome != "succeeded":
        said = answer.sentence or answer.error_class or answer.outcome
        return _failure(taken, "operation_failed", SAID % {"worker": worker.name, "said": said})
    files = [value for kind, value in answer.outputs if kind != "text"]
    try:
        with blobs.open_sent(worker.public_id, files[0] if len(files) == 1 else "") as path:
            output = remote_tasks.accept(taken, path)
    except blobs.NoBlob:
        return _failure(taken, "not_sent", NOT_SENT % {"worker": worker.name})
    except remote_tasks.NotAccepted as error:
        said = SAID % {"worker": worker.name, "said": str(error)}
        return _failure(taken, "not_accepted", said)
    backend = answer.backend.rpartition(":")[2][:40]
    words = {"worker": worker.name, "backend": backend}
    result = outcomes.TaskResult(
        [output],
        backend,
        DEGRADED % words if answer.degraded else "",
        dict(_details(answer)),
        answer.seconds or 0.0,
    )
    return partial(outcomes.complete, taken, result)


def _failure(taken: TaskClaim, code: str, sentence: str) -> partial[None]:
    """Another one tries it: a worker alone does not end a film."""
    return partial(outcomes.fail, taken, code, sentence)


def _details(answer: Finish) -> Mapping[str, Any]:
    said = next((value for kind, value in reversed(answer.outputs) if kind == "text"), "")
    with suppress(ValueError):
        found = json.loads(said[:MAX_DETAILS])
        if isinstance(found, dict):
            return found
    return {}


def _check_repeated(worker: FarmWorker, found: TaskAssignment, answer: Finish) -> None:
    attempt = found.attempt
    ours = attempt.worker == worker.holder_name and attempt.outcome in _ENDED_BY_HOLDER
    if not ours or not found.note_answer(answer.digest):
        raise NotYours(f"attempt {attempt.token} is not live any more")


def _record(worker: FarmWorker, taken: TaskClaim) -> None:
    """`attempt.task_assignment` is known from then on."""
    TaskAssignment.objects.create(
        attempt=taken.attempt, worker=worker, hardware_id=worker.hardware_id
    )
