"""Replay: runs of old shown again as if live, and in turn with them the films that were chosen for it, driven by the
clock alone.

What is on is a function of the rows and the time alone, so every web process and every screen
agrees without messages to each other, nothing is written, and nothing can be charged.
"""

from __future__ import annotations

import functools
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import chain, zip_longest
from math import ceil

from django.db import models
from django.db.models import Count

from films.models import Film
from invocations.models import Invocation, Run
from invocations.states import LIVE_RUNS, InvocationState
from networks.models import Network

STEP_SECONDS = 10.0  # long enough to be read
WORKING_SECONDS = 2.0  # of which the step is shown as being worked on
MAX_RUNS = 12
MAX_FILMS = 12
MAX_STEPS = 48  # of each run, from its beginning


@dataclass(frozen=True, slots=True)
class ReplayItem:
    """A run, or a film with the run that it was made of (0: of none); `turns` of STEP_SECONDS long."""

    run: int
    turns: int
    film: int = 0


@dataclass(frozen=True, slots=True)
class ReplayMoment:
    """What the archive shows now: a run up to one of its steps, which may still be at work; or a film, with all of
    its run."""

    run: int
    step: int
    working: bool
    began_at: datetime  # of the step, or of the film
    film: int = 0


def current_moment(
    network: Network, newest: Run | None, *, since: datetime, at: datetime
) -> ReplayMoment | None:
    """What is on at `at`, where the replay began at `since`; None with nothing to show."""
    if at < since:
        return None
    newest_key = (newest.pk, newest.state) if newest else (0, "")
    program = _program(network.pk, *newest_key, int(at.timestamp()) // 60)
    total = sum(item.turns for item in program)
    if not total:
        return None
    turn, within = divmod((at - since).total_seconds(), STEP_SECONDS)
    place = int(turn) % total
    for item in program:
        if place < item.turns:
            begun = turn - place if item.film else turn
            began_at = since + timedelta(seconds=begun * STEP_SECONDS)
            if item.film:
                return ReplayMoment(item.run, MAX_STEPS, False, began_at, item.film)
            return ReplayMoment(item.run, place, within < WORKING_SECONDS, began_at)
        place -= item.turns
    return None


@functools.lru_cache(maxsize=256)
def _program(network: int, newest: int, state: str, minute: int) -> Sequence[ReplayItem]:
    """Runs and films in turn, the oldest first. It holds until another run is the newest or a minute is over:
    runs may be deleted."""
    pairs = zip_longest(_runs(network), _films(network))
    return tuple(item for item in chain.from_iterable(pairs) if item is not None)


def _runs(network: int) -> list[ReplayItem]:
    """With how many of their steps are shown."""
    shown = Run.objects.filter(network=network, withdrawn_at__isnull=True)
    ended = shown.exclude(state__in=LIVE_RUNS).newest_first()
    runs = list(ended.values_list("pk", flat=True)[: 2 * MAX_RUNS])
    counted = dict(_shown().filter(run__in=runs).values_list("run").annotate(Count("pk")))
    found = [ReplayItem(run, counted[run]) for run in runs if run in counted]
    return list(reversed(found[:MAX_RUNS]))


def _films(network: int) -> list[ReplayItem]:
    """From their beginning to their end."""
    chosen = Film.objects.replayed_in(network).newest_first()
    rows = chosen.values_list("run", "output__seconds", "pk")[:MAX_FILMS]
    found = [
        ReplayItem(run or 0, max(1, ceil((seconds or 0.0) / STEP_SECONDS)), film)
        for run, seconds, film in rows
    ]
    return list(reversed(found))


def _shown() -> models.QuerySet[Invocation]:
    """What is shown of each run: of its first steps those that gave something."""
    return Invocation.objects.filter(state=InvocationState.COMPLETED, sequence__lt=MAX_STEPS)


def steps_of_newest_run(network: Network, limit: int) -> list[Invocation]:
    """The first steps of the newest run that is over and has something to show."""
    over = network.runs.filter(withdrawn_at__isnull=True).exclude(state__in=LIVE_RUNS)
    run = over.filter(invocations__state=InvocationState.COMPLETED).newest_first().first()
    if run is None:
        return []
    steps = _shown().filter(run=run).select_related("input_asset", "output_asset", "run")
    return list(steps.order_by("sequence")[:limit])


def clear_cache() -> None:
    """Look anew at once, as after a restore."""
    _program.cache_clear()


def steps_at(shown: ReplayMoment) -> list[Invocation]:
    """The run's steps so far, newest last; the one that is shown as being worked on is not the row's truth."""
    done = _shown().filter(run=shown.run, run__withdrawn_at__isnull=True).order_by("sequence")
    steps = list(done.select_related("input_asset", "output_asset", "run")[: shown.step + 1])
    if shown.working and steps:
        last = steps[-1]
        last.state = InvocationState.INVOKING
        last.started_at, last.seconds, last.usd = shown.began_at, None, None
    return steps
