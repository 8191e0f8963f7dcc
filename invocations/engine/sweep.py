"""The sweep: steps whose worker is gone, runs that stand still, and a clock that was set."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db import transaction
from django.db.models import F
from django.utils import timezone

from invocations import leases, lockout
from invocations.models import Attempt, Invocation, RateLimiter, Run
from invocations.states import InvocationState, Reason, RunState, Stale

from . import delivery, outcomes, sentences, worker_locks
from .worker_locks import WorkerState

logger = logging.getLogger(__name__)

CANCEL_FOR = timedelta(minutes=5)
# Then the rest waits for the next sweep: with a database that answers slowly, a hundred dead calls would
# otherwise keep the queue from a sign of life until it is taken for one that stands still, and killed.
MAX_SWEEP_SECONDS = 2.0


@dataclass(frozen=True, slots=True)
class Swept:
    """How many steps were given back, and the calls that a living worker must cancel."""

    requeued: int
    to_cancel: list[str]


def sweep(at: datetime) -> Swept:
    """Give back the steps whose workers died or let their leases run out, for as long as a sweep may last."""
    began = time.monotonic()
    live = Attempt.objects.live()
    workers = live.values_list("worker", flat=True).distinct()
    states = {name: worker_locks.worker_state(name) for name in workers}
    dead = [name for name, state in states.items() if state is not WorkerState.ALIVE]
    lost = list(live.filter(worker__in=dead).select_related("invocation")) if dead else []
    lost += list(Attempt.objects.expired(at).exclude(worker__in=dead).select_related("invocation"))
    stopped = [a for a in lost if a.cancel_requested_at and a.reference and not _given_up(a, at)]
    requeued = 0
    for attempt in sorted(set(lost) - set(stopped), key=lambda one: one.pk):
        if time.monotonic() - began > MAX_SWEEP_SECONDS:
            break
        requeued += 1
        try:
            alone = states.get(attempt.worker) is WorkerState.DIED_ALONE
            delivery.expire(attempt, at=at, blamed=alone)
        except Stale:
            continue  # it ended after all, or another host's sweep was faster
    return Swept(requeued, [attempt.token for attempt in stopped])


def _given_up(attempt: Attempt, at: datetime) -> bool:
    """A provider that cannot be made to stop within minutes has long finished."""
    asked = attempt.cancel_requested_at
    return asked is not None and at - asked > CANCEL_FOR


def repair(at: datetime) -> int:
    """Start runs again that stand still with no step open; how many there were.

    Every change is one transaction, so this finds nothing unless rows were edited by hand or
    restored from a copy.
    """
    still = Run.objects.live().exclude(pk__in=Invocation.objects.open().values("run"))
    pks = list(still.values_list("pk", flat=True))
    for pk in pks:
        with transaction.atomic():
            _restart(Run.lock(pk), at)
    return len(pks)


def _restart(run: Run, at: datetime) -> None:
    last = run.latest_invocation()
    if run.state not in (RunState.RUNNING, RunState.PAUSED):
        return
    if last is None or last.state != InvocationState.COMPLETED:
        run.fail(Reason.ERROR, sentences.NO_STEP, at=at)
        return
    outcomes.write_next_step(run, last, at=at)
    logger.warning("run %s stood still and goes on", run)


logger = logging.getLogger(__name__)

MIN_CLOCK_CHANGE = timedelta(seconds=2)  # smaller corrections are left to pacing


class Clock:
    """Holds the wall clock against the monotonic one, which nobody sets."""

    def __init__(
        self,
        wall: Callable[[], datetime] = timezone.now,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        self._wall, self._monotonic = wall, monotonic
        self._began = self._zero()

    def adjust(self) -> None:
        """Move what is stored by as much as the clock was set since the last time."""
        zero = self._zero()
        if self._began - zero > MIN_CLOCK_CHANGE:
            bring_forward(self._began - zero, at=self._wall())
        elif zero - self._began > MIN_CLOCK_CHANGE:
            put_off_leases(zero - self._began, at=self._wall())
        self._began = zero  # only now: a database that is away is asked again

    def _zero(self) -> datetime:
        """What the wall clock would have shown when the monotonic one began."""
        return self._wall() - timedelta(seconds=self._monotonic())


def bring_forward(by: timedelta, *, at: datetime) -> None:
    """Everything that is to happen at a time that is still to come happens `by` earlier.

    Where several machines share the rows and one had a wrong clock, the others' steps may come
    early, once.
    """
    logger.warning("The clock was set back by %s: what waits is brought forward.", by)
    with transaction.atomic():
        Invocation.objects.upcoming(at).order_by().update(due_at=F("due_at") - by)
        leases.bring_forward(Attempt.objects.all(), by, at=at)
        lockout.bring_forward(by, at=at)
        RateLimiter.objects.filter(held_until__gt=at).update(held_until=F("held_until") - by)
        RateLimiter.objects.filter(open_until__gt=at).update(open_until=F("open_until") - by)


def put_off_leases(by: timedelta, *, at: datetime) -> None:
    """Leases that nobody could have renewed in the time that was left out end `by` later.

    What had run out before that still has.
    """
    logger.warning("The clock was set forward by %s: leases are not held to it.", by)
    with transaction.atomic():
        leases.put_off(Attempt.objects.all(), by, at=at)
