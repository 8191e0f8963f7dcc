"""One step from the commit that wrote it to the screens that show it, from what is on record."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from django.utils import timezone
from django.utils.translation import gettext, gettext_noop

from invocations.models import Invocation
from invocations.states import InvocationState
from realtime.cursors import Positions, Resync
from realtime.models import Event

from .models import DisplayReport

NETWORK_TOPIC = 1  # the position of the network among a display's topics
AROUND = timedelta(minutes=1)  # events of a step are not looked for further from it
MAX_EVENTS = 100
PUBLISHED = "invocation."


class Phase(StrEnum):
    """In the order in which they come where they come at the same moment."""

    CREATED = "created"  # written in the commit that ended the step before
    DUE = "due"
    CLAIMED = "claimed"  # by an attempt's worker, which asks the model from here on
    ANSWERED = "answered"  # the attempt has ended, its output decoded
    STORED = "stored"  # the step has ended: output, charge and the next step are one commit
    PUBLISHED = "published"  # the event is in the log, in the same commit


PHASE_WORDS = {
    Phase.CREATED: gettext_noop("written into the queue"),
    Phase.DUE: gettext_noop("may begin"),
    Phase.CLAIMED: gettext_noop("taken by a worker, and the model asked"),
    Phase.ANSWERED: gettext_noop("the attempt ended"),
    Phase.STORED: gettext_noop("the step ended, all of it stored"),
    Phase.PUBLISHED: gettext_noop("told to displays and pages"),
}


@dataclass(frozen=True, slots=True)
class Moment:
    """`seconds`: since the moment before. `about`: the worker, the outcome, or the event."""

    phase: Phase
    at: datetime
    about: str = ""
    seconds: float = 0.0

    @property
    def words(self) -> str:
        return gettext(PHASE_WORDS[self.phase])

    @property
    def milliseconds(self) -> float:
        return self.seconds * 1000


@dataclass(frozen=True, slots=True)
class Showing:
    """`shown`: whether the display has acknowledged the end of the step. `lag_ms`: how long after the
    commit, where that was the last that it acknowledged."""

    installation: str
    display: str
    shown: bool
    lag_ms: float | None
    seen_at: datetime


@dataclass(frozen=True, slots=True)
class StepTimeline:
    moments: list[Moment]
    displays: list[Showing]


def timeline_of_step(step: Invocation) -> StepTimeline:
    """Three queries. Events older than EVENTS_KEPT_DAYS are gone, and with them what displays saw."""
    events = _events_of(step)
    found = sorted(_moments(step, events), key=lambda one: (one.at, list(Phase).index(one.phase)))
    before = [found[0], *found] if found else []
    moments = [
        Moment(one.phase, one.at, one.about, (one.at - earlier.at).total_seconds())
        for earlier, one in zip(before, found, strict=False)
    ]
    ends = [event for event in events if event.data.get("state") == step.state]
    ended = ends[-1] if ends and step.ended_at else None
    return StepTimeline(moments, list(_showings(step, ended)) if ended else [])


def _moments(step: Invocation, events: list[Event]) -> Iterator[Moment]:
    yield Moment(Phase.CREATED, step.created_at)
    if step.due_at:
        yield Moment(Phase.DUE, step.due_at)
    for attempt in step.attempts.order_by("number"):
        yield Moment(Phase.CLAIMED, attempt.started_at, attempt.worker)
        if attempt.ended_at:
            yield Moment(Phase.ANSWERED, attempt.ended_at, attempt.outcome)
    if step.ended_at:
        yield Moment(Phase.STORED, step.ended_at, step.state)
    for event in events:
        yield Moment(Phase.PUBLISHED, event.created_at, event.type)


def _events_of(step: Invocation) -> list[Event]:
    until = (step.ended_at or timezone.now()) + AROUND
    rows = Event.objects.filter(
        topic__name=step.network.topic,
        created_at__range=(step.created_at - AROUND, until),
        type__startswith=PUBLISHED,
        data__invocation=step.public_id,
    )
    return list(rows.order_by("seq")[:MAX_EVENTS])


def _showings(step: Invocation, ended: Event) -> Iterator[Showing]:
    reports = DisplayReport.objects.filter(display__installation__network=step.network_id)
    places = reports.select_related("display__installation")
    for report in places.order_by("display__installation__name", "display__position"):
        try:
            seen = Positions.parse(report.cursor).cursors[NETWORK_TOPIC].seq
        except (Resync, IndexError):
            continue
        shown = seen >= ended.seq and step.state == InvocationState.COMPLETED
        lag = report.lag_ms if seen == ended.seq else None
        display = report.display
        yield Showing(display.installation.name, display.name, shown, lag, report.seen_at)
