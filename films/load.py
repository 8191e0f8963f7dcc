"""How busy this machine is: how many seconds of the clock pass for each that the processor gives to a film.

Films are nice, so that depends on everything else that runs. What the tasks of the last minutes met counts most;
where there were none, the load that the system tells.
"""

from __future__ import annotations

import math
import os
from datetime import datetime, timedelta

from django.conf import settings

from .models import TaskAttempt

RECENT, MAX_ATTEMPTS = timedelta(minutes=5), 50
FADING_SECONDS = 60.0  # what was so long ago counts a third
TOLD_SECONDS = 10.0  # of the processor: so much counts what the system tells
KNOWN_SECONDS = 20.0  # of the clock, from which on it is known
# How many times as long or short it may be where it is not known. Where all cores are busy a nice process gets
# anything from its share to a two-hundredth of a core.
IDLE_DOUBT, BUSY_DOUBT = 1.1, 2.0


def busyness() -> float:
    """How many programs of this machine would want to run, for each core, if films were made: a mean of the last
    five minutes."""
    return (os.getloadavg()[1] + settings.FILM_PROCESSES) / (os.cpu_count() or 1)


class Load:
    """Seconds of the clock for each of the processor. One query."""

    def __init__(self, at: datetime) -> None:
        told = max(1.0, busyness())
        self._clock, self._processor = told * TOLD_SECONDS, TOLD_SECONDS
        self._met = 0.0
        self._doubt = BUSY_DOUBT if told > 1 else IDLE_DOUBT
        recent = TaskAttempt.objects.filter(load__gt=0, ended_at__gte=at - RECENT)
        named = recent.order_by("-ended_at").values_list("started_at", "ended_at", "load")
        for started_at, ended_at, load in named[:MAX_ATTEMPTS]:
            if ended_at is None:
                continue
            counts = math.exp(-max(0.0, (at - ended_at).total_seconds()) / FADING_SECONDS)
            seconds = counts * (ended_at - started_at).total_seconds()
            self.meet(seconds, seconds / load)

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
        return 1.0 if self._met >= KNOWN_SECONDS else self._doubt
