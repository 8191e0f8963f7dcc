"""A clock that is set, as a machine's is that began with a wrong one or was put to sleep.

Due times and leases are stored, so they are wall-clock times. Without this a run that was waiting
when the clock was set back would wait for as long again as it had been wrong, and every call that
was under way when it was set forward would pass for lost.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Callable
from datetime import datetime, timedelta

from django.db import transaction
from django.db.models import F
from django.utils import timezone

from invocations.models import Attempt, Gate, Invocation, Run
from invocations.models.attempt import LEASE

logger = logging.getLogger(__name__)

LEAP = timedelta(seconds=2)  # smaller corrections are left to pacing


class Clock:
    """Holds the wall clock against the monotonic one, which nobody sets."""

    def __init__(
        self,
        wall: Callable[[], datetime] = timezone.now,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        self._wall, self._monotonic = wall, monotonic
        self._began = self._zero()

    def heed(self) -> None:
        """Move what is stored by as much as the clock was set since the last time."""
        zero = self._zero()
        if self._began - zero > LEAP:
            bring_forward(self._began - zero, at=self._wall())
        elif zero - self._began > LEAP:
            spare_leases(zero - self._began, at=self._wall())
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
        Attempt.objects.live().filter(lease_until__gt=at + LEASE).update(
            lease_until=F("lease_until") - by
        )
        Run.objects.filter(lockout_until__gt=at).update(lockout_until=F("lockout_until") - by)
        Gate.objects.filter(held_until__gt=at).update(held_until=F("held_until") - by)
        Gate.objects.filter(resting_until__gt=at).update(resting_until=F("resting_until") - by)


def spare_leases(by: timedelta, *, at: datetime) -> None:
    """Leases that nobody could have renewed in the time that was left out end `by` later.

    What had run out before that still has.
    """
    logger.warning("The clock was set forward by %s: leases are not held to it.", by)
    Attempt.objects.live().filter(lease_until__lt=at).update(lease_until=F("lease_until") + by)
