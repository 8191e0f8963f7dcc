"""How busy this machine is: how many seconds of the clock pass for each that the processor gives to a film.

Films are nice, so that depends on everything else that runs. What the tasks of the last minutes met counts most;
where there were none, the load that the system tells.
"""

from __future__ import annotations

import math
import os
from datetime import datetime, timedelta

from .models import TaskAttempt

ALONE = frozenset(
    {"split", "mux", "concat"}
)  # one task, beside which no other one of its film is at work
RECENT, MAX_ATTEMPTS = timedelta(minutes=5), 50
FADING_SECONDS = 60.0  # what was so long ago counts a third
TOLD_SECONDS = 10.0  # of the processor: so much counts what the system tells
KNOWN_SECONDS = 20.0  # of the clock, from which on it is known
BUSY = 1.3  # from which load on others have a part of what films could use
# How many times as long or short it may be: where it is not known, and where it is known but comes from others, who may
# come and go. Where all cores are busy a nice process gets anything from its share to a two-hundredth of a core.
IDLE_DOUBT, BUSY_DOUBT, OTHERS_DOUBT = 1.1, 2.0, 1.3


def busyness(films: int) -> float:
    """How many programs of this machine would want to run, for each core, if so many tasks of films did: a mean of
    the last five minutes."""
    return (os.getloadavg()[1] + films) / (os.cpu_count() or 1)


class Load:
    """Seconds of the clock for each of the processor."""

    def __init__(self, told: float) -> None:
        told = max(1.0, told)
        self._clock, self._processor = told * TOLD_SECONDS, TOLD_SECONDS
        self._met = 0.0
        self._doubt = BUSY_DOUBT if told > 1 else IDLE_DOUBT

    def meet(self, clock: float, processor: float) -> None:
        """A task took so many seconds of the clock, and so many of the processor."""
        self._clock += clock
        self._processor += processor
        self._met += clock

    @property
    def factor(self) -> float:
        return max(1.0, self._clock / self._processor)

    @property
    def doubt(self) -> float:
        """How many times as much or as little it may be."""
        if self._met < KNOWN_SECONDS:
            return self._doubt
        return OTHERS_DOUBT if self.factor >= BUSY else 1.0


class MachineLoad:
    """Of tasks that are alone, and of those that run at `places` at once: they share what others leave to films. One
    query."""

    def __init__(self, at: datetime, places: int) -> None:
        self._places = places
        self._alone, self._shared = Load(busyness(1)), Load(busyness(places))
        recent = TaskAttempt.objects.filter(load__gt=0, ended_at__gte=at - RECENT)
        named = ("task__operation", "started_at", "ended_at", "load")
        for operation, started_at, ended_at, load in recent.order_by("-ended_at").values_list(
            *named
        )[:MAX_ATTEMPTS]:
            if ended_at is None:
                continue
            counts = math.exp(-max(0.0, (at - ended_at).total_seconds()) / FADING_SECONDS)
            seconds = counts * (ended_at - started_at).total_seconds()
            self.meet(operation, seconds, seconds / load)

    def load_of(self, operation: str) -> Load:
        return self._alone if operation in ALONE else self._shared

    def meet(self, operation: str, clock: float, processor: float) -> None:
        """A task of this operation took so many seconds of the clock, and so many of the processor."""
        alone = operation in ALONE
        busy = clock >= BUSY * processor
        if alone:
            self._alone.meet(clock, processor)
            self._shared.meet(clock * self._places if busy else clock, processor)
        else:
            self._shared.meet(clock, processor)
            self._alone.meet(max(processor, clock / self._places) if busy else clock, processor)
