"""What follows when a farm worker fails a step: others try, and in the end nobody does.

A worker is not given a step again that it has failed while there is another one for it, and never what
it was not fit for. What three workers have failed, or fewer of them three times, has failed for good; so has
what nobody is left for. A worker that fails a model three times in a run is blocked for that model there.
For good means what it means for any failure: the slot's fallback, else the end of the run.

To give a step back is no failure: machines are switched off. Who gives the same one back again and again
without being asked to is taken for unfit for it; otherwise it would be asked for ever.
"""

from __future__ import annotations

from datetime import datetime

from django.db import transaction

from accounts.models import AuditEntry, User
from invocations.engine import delivery
from invocations.events import publish
from invocations.models import Attempt, Invocation, Run
from invocations.states import IllegalMove, InvocationState
from invocations.wakeups import wake_worker
from lib.stored_sentences import stored_sentence
from platforms.errors import PlatformError, TimedOut, Unavailable
from studio.events import WorkerBlocked, WorkerUnblocked

from .eligibility import Eligibility, has_fallback
from .models import BlockedWorker, FarmWorker, StepFailure

MAX_WORKERS = 3  # that fail a step, before it has failed for good
MAX_TRIES = 3  # of a step, where they have to try it again
MAX_FAILURES_IN_RUN = 3  # of a worker with a model, before it is blocked for it there
MAX_RETURNS = (
    5  # of a step by one worker that was not asked to, before it is not given the step again
)

FAILED_BY_ALL = stored_sentence(
    "%(workers)s workers have failed this step, so nobody else is asked. %(sentence)s"
)
NOBODY_LEFT = stored_sentence(
    "Nobody is left who can run this: each worker of the farm that offers %(model)s has failed it or is "
    "blocked. %(sentence)s"
)
NOBODY_IS_LEFT = stored_sentence(
    "Nobody is left who can run this: each worker of the farm that offers %(model)s has failed it or is "
    "blocked."
)

GIVEN_BACK = stored_sentence("The worker %(worker)s has given it back %(times)s times.")


def close_failed(
    worker: FarmWorker, attempt: Attempt, error: PlatformError, *, at: datetime
) -> None:
    """Close the try of a worker that has failed. Raises Stale, and then nothing is remembered of it."""
    with transaction.atomic():
        step = _note(worker, attempt, unfit=False, at=at)
        delivery.deliver(attempt.token, _as_last_word(step, error, at), at=at)


def close_unfit(worker: FarmWorker, attempt: Attempt, sentence: str, *, at: datetime) -> None:
    """Give the step to another worker; this one cannot do it, which is no failure of the step.
    Raises Stale."""
    with transaction.atomic():
        step = _note(worker, attempt, unfit=True, at=at)
        error = _as_last_word(step, Unavailable(sentence).as_settled(), at)
        if error.is_final:
            delivery.deliver(attempt.token, error, at=at)
        else:
            delivery.release(attempt.token, at=at)


def give_back(worker: FarmWorker, attempt: Attempt, *, at: datetime) -> None:
    """Give the step to whoever asks next. It counts, unless the worker was asked to do something else. Raises
    Stale."""
    if worker.status_due(at):
        delivery.release(attempt.token, at=at)
        return
    with transaction.atomic():
        run = Run.lock(attempt.invocation.run_id)
        times = StepFailure.note_return(attempt.invocation, run, worker, at=at)
        if times < MAX_RETURNS:
            delivery.release(attempt.token, at=at)
        else:
            words = {"worker": worker.name, "times": times}
            close_unfit(worker, attempt, GIVEN_BACK % words, at=at)


def judge_timeout(attempt: Attempt, error: TimedOut, at: datetime) -> PlatformError:
    """The error of an attempt that has reached its deadline, which is a failure of the worker that held it; final
    where nobody else is asked. Within the transaction that closes the attempt."""
    worker = FarmWorker.objects.filter(public_id=attempt.worker.removeprefix("farm:")).first()
    if worker is None:
        return error
    return _as_last_word(_note(worker, attempt, unfit=False, at=at), error, at)


def ask_again(step: Invocation, at: datetime) -> bool:
    """Where nobody else is left and there is no fallback, those that have failed it try once more; False where
    that was often enough, or they are not there either."""
    failed = StepFailure.objects.failed(step)
    if has_fallback(step) or not 0 < failed.total() < MAX_TRIES:
        return False
    failed.update(excluded=False)
    return not Eligibility([step], at).nobody_is_left(step)


def ask_all_again(step: Invocation, *, by: User | None, at: datetime) -> None:
    """A person has the step tried by everybody again, and at once. Raises IllegalMove where it does not
    wait."""
    with transaction.atomic():
        run = Run.lock(step.run_id)
        found = Invocation.objects.get(pk=step.pk)
        if found.state != InvocationState.READY or not run.live:
            raise IllegalMove("step", found.state, "ready", frozenset())
        StepFailure.objects.filter(invocation=step.pk).delete()
        if found.due_at is not None:  # else it waits for somebody to resume the run
            found.move_due(at)
        AuditEntry.record(by, "step.retried", step.public_id)
        wake_worker()


def unblock(entry: BlockedWorker, *, by: User | None) -> None:
    """The worker is given such steps in that run again."""
    with transaction.atomic():
        run = Run.lock(entry.run_id)
        entry.lift()
        publish(run.network, WorkerUnblocked(run.public_id, entry.worker.public_id, entry.model))
        AuditEntry.record(by, "worker.unblocked", f"{entry.worker.name}, {entry.model}")
        wake_worker()


def _note(worker: FarmWorker, attempt: Attempt, *, unfit: bool, at: datetime) -> Invocation:
    """The step, with the failure on record. Its run is held from here on: who is left is counted by one
    failure at a time."""
    run = Run.lock(attempt.invocation.run_id)
    step = attempt.invocation
    StepFailure.note(step, run, worker, unfit=unfit, at=at)
    of_worker = StepFailure.objects.filter(run=run, model=step.model, worker=worker)
    if of_worker.total() >= MAX_FAILURES_IN_RUN:
        _block(run, worker, step.model, at)
    return step


def _block(run: Run, worker: FarmWorker, model: str, at: datetime) -> None:
    if BlockedWorker.block(run, worker, model, at=at):
        publish(run.network, WorkerBlocked(run.public_id, worker.public_id, model))


def _as_last_word(step: Invocation, error: PlatformError, at: datetime) -> PlatformError:
    """The same error; final, and with the reason, where the step is given to nobody any more."""
    failed = StepFailure.objects.failed(step).count()
    words = {"sentence": str(error), "workers": failed, "model": step.model.partition(":")[2]}
    if failed >= MAX_WORKERS:
        error.args = (FAILED_BY_ALL % words,)
        return error.as_final()
    left = not Eligibility([step], at).nobody_is_left(step)
    may_do_it = isinstance(error, Unavailable | TimedOut)
    if not left and not (may_do_it and ask_again(step, at)):
        error.args = (NOBODY_LEFT % words,)
        return error.as_final()
    return error
