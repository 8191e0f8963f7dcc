"""Stop-all: stop everything at once, refuse every start until an admin presses Resume."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from django.db import transaction

from accounts.models import AuditEntry

from . import events
from .hooks import ToldWorkers, hooks
from .models import Attempt, Halt, Run, StopAll
from .prompts import BadPrompt
from .refusals import StartRefused
from .runs import WhenClosed, branch_run, end, pause_run, start_run
from .states import IllegalMove, InvocationState, Outcome, Reason, RunState

if TYPE_CHECKING:
    from accounts.models import User

MAX_RECEIPT_DELAY = timedelta(seconds=5)  # by then a receipt is complete, whatever is still missing


@dataclass(frozen=True, slots=True)
class StoppedCall:
    """A call that was under way: what became of it ("pending" until that is known), what it cost."""

    invocation: str
    outcome: str
    usd: float | None


@dataclass(frozen=True, slots=True)
class Receipt:
    """What a stop-all did: which runs it stopped, what became of each call under way, and how many workers of
    the farm it told to sleep."""

    stop_all: StopAll
    runs: list[Run]
    calls: list[StoppedCall]
    workers: ToldWorkers
    complete: bool


@dataclass(frozen=True, slots=True)
class Resumed:
    """What became of the runs that a stop-all had stopped, each in a new run: those that go on, those
    that somebody had paused before and that wait for their Resume, and those that cannot, with why."""

    runs: list[Run]
    paused: list[Run]
    not_resumed: list[tuple[Run, str]]


def stop_all(*, stopped_by: User | None, at: datetime) -> StopAll:
    """Stop every live run and set the latch, in one transaction. Done twice: the same record."""
    with transaction.atomic():
        halt = Halt.lock()
        if halt.stop_all is not None:
            return halt.stop_all
        made = StopAll.objects.create(stopped_by=stopped_by, committed_at=at)
        halt.set(made)
        tokens: list[str] = []
        runs = list(Run.objects.live().order_by("id").values_list("pk", flat=True))
        stopped, paused = 0, []
        for pk in runs:
            run = Run.lock(pk)
            if run.live:
                if run.state == RunState.PAUSED:
                    paused.append(run.public_id)
                ended = end(run, Reason.PANIC, at=at, by=stopped_by, stop_all=made)
                events.publish(run.network, *ended.unpublished)
                tokens += ended.tokens
                stopped += 1
        made.calls, made.paused = tokens, paused
        made.save(update_fields=["calls", "paused"])
        hooks.stop_workers(made, at)
        event = events.PanicPressed.from_stop_all(made, runs=stopped)
        events.publish_to_mission_control(event)
        AuditEntry.record(stopped_by, "panic.pressed", f"{stopped} runs stopped")
    return made


def receipt(stop_all: StopAll, *, at: datetime) -> Receipt:
    """What is known of a stop-all now; it fills in as the providers answer."""
    attempts = Attempt.objects.filter(token__in=stop_all.calls).select_related("invocation")
    workers = hooks.told_workers(stop_all)
    answered = workers.confirmed >= workers.told
    settled = answered and all(attempt.outcome for attempt in attempts)
    complete = settled or at >= stop_all.committed_at + MAX_RECEIPT_DELAY
    unknown = str(Outcome.UNCERTAIN) if complete else "pending"
    calls = [
        StoppedCall(attempt.invocation.public_id, attempt.outcome or unknown, attempt.usd)
        for attempt in attempts.order_by("id")
    ]
    runs = stop_all.runs.select_related("network").order_by("id")
    return Receipt(stop_all, list(runs), calls, workers, complete)


def is_complete(found: Receipt, shown: Iterable[float | None], *, at: datetime) -> bool:
    """Every call has ended, every worker has confirmed it and every display has shown it, or nobody is
    waited for any more.
    `shown`: after how many milliseconds each display did; None = not yet."""
    return found.complete and (
        None not in shown or at >= found.stop_all.committed_at + MAX_RECEIPT_DELAY
    )


def resume_all(*, lifted_by: User | None, at: datetime) -> Resumed:
    """Lift the latch and go on with each stopped run, in a new run from its last completed step.

    A run that was paused comes back paused. One that cannot go on (its network was changed, emptied
    or prompted meanwhile) stays stopped.
    """
    resumed = Resumed([], [], [])
    with transaction.atomic():
        halt = Halt.lock()
        lifted = halt.stop_all
        if lifted is None:
            return resumed
        halt.set(None)
        StopAll.objects.filter(pk=lifted.pk).update(lifted_by=lifted_by, lifted_at=at)
        events.publish_to_mission_control(events.PanicLifted(lifted.public_id))
        hooks.resume_workers(lifted, at)
        AuditEntry.record(lifted_by, "panic.lifted")
        # Here, and not after the commit: no prompt comes in between to be superseded, and a process
        # that dies half-way leaves the latch as it was, to be lifted again.
        for old in lifted.runs.present().select_related("network__owner").order_by("id"):
            try:
                run = _go_on(old, lifted_by, at)
            except (StartRefused, BadPrompt, IllegalMove) as error:
                resumed.not_resumed.append((old, str(error)))
                continue
            if old.public_id in lifted.paused:
                resumed.paused.append(pause_run(run=run))
            else:
                resumed.runs.append(run)
    return resumed


def _go_on(old: Run, by: User | None, at: datetime) -> Run:
    done = old.invocations.filter(state=InvocationState.COMPLETED).order_by("-sequence").first()
    if done is not None:
        return branch_run(source=done, started_by=by, at=at)
    return start_run(
        network=old.network,
        prompt=old.prompt,
        started_by=by,
        at=at,
        waive_lockout=True,
        when_closed=WhenClosed.WAIT,
    ).run
