"""Everything that is under way: runs, films and streams, each with who, where, cost, age, and what comes next."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db.models import OuterRef, Subquery
from django.urls import reverse
from django.utils.translation import gettext as _

from films.models import Film
from films.state_texts import FILM_STATES
from invocations.models import Attempt, Invocation, Run
from invocations.states import InvocationState
from streams.models import Broadcast
from studio.state_texts import STATE_NAMES
from studio.tiles import describe_model

MAX_ROWS = 100  # of each kind
MIN_AGE = timedelta(seconds=10)  # nothing is divided by less


@dataclass(frozen=True, slots=True)
class UnderWay:
    """`public_id`: of a run, which can be stopped, paused and resumed here; else empty. `then`: what comes next,
    `due_at`: when."""

    name: str
    url: str
    what: str
    state: str
    who: str
    where: str
    began_at: datetime
    then: str = ""
    due_at: datetime | None = None
    public_id: str = ""
    usd: float | None = None  # so far
    at: datetime | None = None

    @property
    def usd_per_minute(self) -> float | None:
        """What it has cost, by the minutes that it has lasted."""
        if self.usd is None or self.at is None:
            return None
        return self.usd / (max(MIN_AGE, self.at - self.began_at) / timedelta(minutes=1))


def live_work(at: datetime) -> list[UnderWay]:
    """Four queries, however much there is."""
    return [*_runs(at), *_films(), *_streams()]


def _runs(at: datetime) -> Iterator[UnderWay]:
    found = Run.objects.live().select_related("network__owner", "started_by")
    runs = list(found.newest_first()[:MAX_ROWS])
    tries = Attempt.objects.live().filter(invocation=OuterRef("pk"))
    with_worker = Invocation.objects.open().annotate(worker=Subquery(tries.values("worker")[:1]))
    steps = {step.run_id: step for step in with_worker.filter(run__in=runs)}
    for run in runs:
        step = steps.get(run.pk)
        waits = step is not None and step.state == InvocationState.READY
        by = run.started_by
        yield UnderWay(
            name=run.network.name,
            url=run.network.get_absolute_url(),
            what=_("run"),
            state=str(STATE_NAMES.get(run.state, run.state)),
            who=by.email if by else _("a visitor (%(owner)s)") % {"owner": run.network.owner},
            where=_place_of(step),
            began_at=run.created_at,
            then=_next_model(run, step),
            due_at=step.due_at if step and waits else None,
            public_id=run.public_id,
            usd=run.usd,
            at=at,
        )


def _next_model(run: Run, step: Invocation | None) -> str:
    """Whose turn it is: of a step that waits, or of the one behind that which is under way."""
    if step is None:
        return ""
    if step.state == InvocationState.READY:
        return describe_model(step.model)[0]
    return describe_model(run.ring_slot((step.slot + 1) % len(run.ring)).model)[0]


def _place_of(step: Any) -> str:
    """The model, and the worker that has it. `step`: with its `worker`, None where nobody works on it."""
    if step is None or step.worker is None:
        return ""
    machine, *process = step.worker.split(":")
    # Of a process of the queue (machine, number, token) its machine says enough.
    worker = machine if len(process) == 2 else step.worker
    words = {
        "model": describe_model(step.model)[0],
        "worker": worker or _("its provider, which will call back"),
    }
    return _("%(model)s at %(worker)s") % words


def _films() -> Iterator[UnderWay]:
    for film in Film.objects.open().select_related("owner").order_by("-pk")[:MAX_ROWS]:
        yield UnderWay(
            name=film.title or film.public_id,
            url=reverse("film", args=[film.public_id]),
            what=_("film"),
            state=str(FILM_STATES.get(film.state, film.state)),
            who=film.owner.email,
            where=film.host,
            began_at=film.created_at,
        )


def _streams() -> Iterator[UnderWay]:
    for one in Broadcast.objects.wanted_ones().select_related("network__owner")[:MAX_ROWS]:
        yield UnderWay(
            name=one.network.name,
            url=one.network.get_absolute_url(),
            what=_("stream"),
            state=str(one.get_state_display()),
            who=one.network.owner.email,
            where=one.holder,
            began_at=one.since or one.network.created_at,
        )
