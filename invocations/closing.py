"""What closed doors hold back: outside the opening hours of the installations that show a network no
step begins, and nothing is spent.

Whether it is closed is found out at every claim, from the hours that are stored with the network, and
never from a message or a mark that somebody could have failed to leave. A run that is held stays
`running` and its next step falls due at the opening: nothing has to wake it but its own due time, and
what people have paused stays paused.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from networks.opening_hours import OpeningHours

from . import forecasts
from .models import Invocation, Run
from .states import InvocationState

if TYPE_CHECKING:
    from networks.models import Network

LAST_MINUTES = timedelta(minutes=30)  # before closing, a step must be expected to end in time
LOOK_AGAIN = timedelta(days=1)  # where no opening is known


def held_until(network: Network, model: str, at: datetime) -> datetime | None:
    """Until when no step with this model may begin: it is closed, or would be before the step had
    ended. None where it may. One query in the last half hour before closing, else none."""
    if network.opening_hours is None:
        return None
    hours = network.hours
    if not hours.is_open(at):
        return hours.opens_at(at) or at + LOOK_AGAIN
    closes_at = hours.closes_at(at)
    if closes_at is None or closes_at - at > LAST_MINUTES:
        return None
    takes = forecasts.typical_step_seconds(network, model)
    if takes is None or at + timedelta(seconds=takes) <= closes_at:
        return None
    return hours.opening_after(at) or closes_at + LOOK_AGAIN


def step_held_until(run: Run, step: Invocation, at: datetime) -> datetime | None:
    """The same for a step of a run. What was asked for already is collected, and costs nothing more."""
    if run.network.opening_hours is None or step.reference or run.ignores_hours(at):
        return None
    return held_until(run.network, step.model, at)


def next_open(run: Run, due_at: datetime) -> datetime:
    """When a step that is due then may begin at the earliest: then, or at the opening after it."""
    if run.network.opening_hours is None or run.ignores_hours(due_at):
        return due_at
    return run.network.hours.opens_at(due_at) or due_at


def release_held(network: Network, before: OpeningHours, *, at: datetime) -> bool:
    """The hours were others before: a step that waits for an opening of theirs looks again at once."""
    waiting = Invocation.objects.upcoming(at).filter(network=network)
    held = [
        (pk, due_at)
        for pk, due_at in waiting.values_list("pk", "due_at")
        if due_at and _was_held(before, due_at)
    ]
    ready = Invocation.objects.filter(state=InvocationState.READY)
    return sum(ready.filter(pk=pk, due_at=due).update(due_at=at) for pk, due in held) > 0


def _was_held(before: OpeningHours, due_at: datetime) -> bool:
    """Whether it is due when those hours open, or in a time after which they never do."""
    earlier = due_at - timedelta(microseconds=1)
    return not before.is_open(earlier) and before.opens_at(earlier) in (due_at, None)
