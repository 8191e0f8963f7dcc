"""The red button: stop everything at once, refuse every start until it is lifted."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from django.db import transaction

from accounts.models import AuditEntry

from . import events
from .models import Attempt, Halt, Run, StopAll
from .prompts import BadPrompt
from .runs import StartRefused, branch_run, end, start_run
from .states import IllegalMove, InvocationState, Outcome, Reason

if TYPE_CHECKING:
    from accounts.models import User

SETTLE = timedelta(seconds=5)  # by then a receipt is complete, whatever is still missing


@dataclass(frozen=True, slots=True)
class StoppedCall:
    """A call that was under way: what became of it ("pending" until that is known), what it cost."""

    invocation: str
    outcome: str
    usd: float | None


@dataclass(frozen=True, slots=True)
class Receipt:
    """What a press did: how many runs it stopped and what became of each call under way."""

    press: StopAll
    runs_stopped: int
    calls: list[StoppedCall]
    complete: bool


def stop_all(*, pressed_by: User | None, at: datetime) -> StopAll:
    """Stop every live run and set the latch, in one transaction. Pressed twice: the same press."""
    with transaction.atomic():
        halt = Halt.lock()
        if halt.stop_all is not None:
            return halt.stop_all
        press = StopAll.objects.create(pressed_by=pressed_by, committed_at=at)
        halt.set(press)
        tokens: list[str] = []
        runs = list(Run.objects.live().order_by("id").values_list("pk", flat=True))
        stopped = 0
        for pk in runs:
            run = Run.lock(pk)
            if run.live:
                ended = end(run, Reason.PANIC, at=at, stop_all=press)
                events.publish(run.network, *ended.news)
                tokens += ended.tokens
                stopped += 1
        StopAll.objects.filter(pk=press.pk).update(calls=tokens)
        press.calls = tokens
        events.panic_pressed(press, runs=stopped)
        AuditEntry.record(pressed_by, "panic.pressed", f"{stopped} runs stopped")
    return press


def receipt(press: StopAll, *, at: datetime) -> Receipt:
    """What is known of a press now; it fills in as the providers answer."""
    attempts = Attempt.objects.filter(token__in=press.calls).select_related("invocation")
    settled = all(attempt.outcome for attempt in attempts)
    complete = settled or at >= press.committed_at + SETTLE
    unheard = str(Outcome.UNCERTAIN) if complete else "pending"
    calls = [
        StoppedCall(attempt.invocation.public_id, attempt.outcome or unheard, attempt.usd)
        for attempt in attempts.order_by("id")
    ]
    return Receipt(press, press.runs.count(), calls, complete)


def is_complete(found: Receipt, shown: Iterable[float | None], *, at: datetime) -> bool:
    """Every call has ended and every display has shown it, or nobody is waited for any more.
    `shown`: after how many milliseconds each display did; None = not heard of."""
    return found.complete and (None not in shown or at >= found.press.committed_at + SETTLE)


def resume_all(*, lifted_by: User | None, at: datetime) -> list[Run]:
    """Lift the latch and go on with each stopped run, in a new run from its last completed step.

    A run that cannot go on (its network was changed, emptied or prompted meanwhile) stays stopped.
    """
    with transaction.atomic():
        halt = Halt.lock()
        press = halt.stop_all
        if press is None:
            return []
        halt.set(None)
        StopAll.objects.filter(pk=press.pk).update(lifted_by=lifted_by, lifted_at=at)
        events.panic_lifted(press)
        AuditEntry.record(lifted_by, "panic.lifted")
        # Here, and not after the commit: no prompt comes in between to be superseded, and a process
        # that dies half-way leaves the latch as it was, to be lifted again.
        stopped = press.runs.present().select_related("network__owner").order_by("id")
        return [run for old in stopped if (run := _go_on(old, lifted_by, at))]


def _go_on(old: Run, by: User | None, at: datetime) -> Run | None:
    done = old.invocations.filter(state=InvocationState.COMPLETED).order_by("-sequence").first()
    try:
        if done is not None:
            return branch_run(source=done, started_by=by, at=at)
        started = start_run(
            network=old.network, prompt=old.prompt, started_by=by, at=at, waive_lockout=True
        )
    except (StartRefused, BadPrompt, IllegalMove):
        return None
    return started.run
