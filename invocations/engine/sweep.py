"""What was left lying: steps whose worker is gone, runs that stand still."""

from __future__ import annotations

import logging
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db import transaction

from invocations.models import Attempt, Invocation, Run
from invocations.states import InvocationState, Outcome, Reason, RunState, Stale

from . import outcomes, owners

logger = logging.getLogger(__name__)

CANCEL_FOR = timedelta(minutes=5)


@dataclass(frozen=True, slots=True)
class Swept:
    """How many steps were given back, and the calls that a living worker must cancel."""

    given_back: int
    to_cancel: list[str]


def sweep(at: datetime) -> Swept:
    """Give back every step whose worker died or let its lease run out."""
    live = Attempt.objects.live()
    dead = [
        name for name in live.values_list("worker", flat=True).distinct() if owners.is_dead(name)
    ]
    lost = list(live.filter(worker__in=dead).select_related("invocation")) if dead else []
    lost += list(Attempt.objects.expired(at).exclude(worker__in=dead).select_related("invocation"))
    stopped = [a for a in lost if a.cancel_requested_at and a.reference and not _given_up(a, at)]
    for attempt in set(lost) - set(stopped):
        try:
            outcomes.give_back(attempt, Outcome.LOST, at=at)
        except Stale:
            continue  # it ended after all, or another host's sweep was faster
        logger.warning("step %s was given back: %s is gone", attempt.invocation, attempt.worker)
    return Swept(len(lost) - len(stopped), [attempt.token for attempt in stopped])


def _given_up(attempt: Attempt, at: datetime) -> bool:
    """A provider that cannot be told to stop within minutes has long finished."""
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
        run.fail(Reason.ERROR, "The run was found without a step to go on with.", at=at)
        return
    outcomes.go_on(run, last, at=at)
    logger.warning("run %s stood still and goes on", run)
