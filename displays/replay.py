"""Replay: runs of old shown again as if live, driven by the clock alone.

What is on is a function of the rows and the time alone, so every web process and every screen
agrees without messages to each other, nothing is written, and nothing can be charged.
"""

from __future__ import annotations

import functools
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db import models
from django.db.models import Count

from invocations.models import Invocation, Run
from invocations.states import LIVE_RUNS, InvocationState
from networks.models import Network

STEP_SECONDS = 10.0  # long enough to be read
WORKING_SECONDS = 2.0  # of which the step is shown as being worked on
MAX_RUNS = 12
MAX_STEPS = 48  # of each run, from its beginning


@dataclass(frozen=True, slots=True)
class ReplayMoment:
    """What the archive shows now: a run up to one of its steps, which may still be at work."""

    run: int
    step: int
    working: bool
    began_at: datetime


def current_moment(
    network: Network, newest: Run | None, *, since: datetime, at: datetime
) -> ReplayMoment | None:
    """What is on at `at`, where the replay began at `since`; None with nothing to show."""
    if at < since:
        return None
    newest_key = (newest.pk, newest.state) if newest else (0, "")
    program = _program(network.pk, *newest_key, int(at.timestamp()) // 60)
    total = sum(steps for _, steps in program)
    if not total:
        return None
    elapsed = (at - since).total_seconds()
    position, within = divmod(elapsed, STEP_SECONDS)
    began_at = since + timedelta(seconds=position * STEP_SECONDS)
    place = int(position) % total
    for run, steps in program:
        if place < steps:
            return ReplayMoment(run, place, within < WORKING_SECONDS, began_at)
        place -= steps
    return None


@functools.lru_cache(maxsize=256)
def _program(network: int, newest: int, state: str, minute: int) -> Sequence[tuple[int, int]]:
    """Runs and how many of their steps are shown, oldest first. It holds until another run is the
    newest or a minute is over: runs may be deleted."""
    shown = Run.objects.filter(network=network, withdrawn_at__isnull=True)
    ended = shown.exclude(state__in=LIVE_RUNS).newest_first()
    runs = list(ended.values_list("pk", flat=True)[: 2 * MAX_RUNS])
    counted = dict(_shown().filter(run__in=runs).values_list("run").annotate(Count("pk")))
    found = [(run, counted[run]) for run in runs if run in counted]
    return tuple(reversed(found[:MAX_RUNS]))


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
