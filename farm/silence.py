"""Steps that no worker will take: after a while the slot's fallback takes their place.

Where there is no fallback the step waits for a worker to come back; one that every worker there is has
failed, or is blocked for, ends its run. The dispatcher asks here, and loads nothing for it; what follows
is in `farm.fallbacks`.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

from invocations.models import Invocation
from platforms import farm_models

from .eligibility import Eligibility, has_fallback
from .stamp import stamp

MIN_PATIENCE = timedelta(seconds=5)  # that a network can have
MAX_LOOKED_AT = 512  # steps at once


def silent_steps(at: datetime) -> Sequence[int]:
    """Those that have waited for as long as their network has them wait and that nobody will be given. Four queries at most."""
    if stamp.read() is None and not farm_models.known():
        return ()  # there never was a farm
    due = Invocation.objects.due(at - MIN_PATIENCE).filter(model__startswith="farm:")
    steps = [
        step
        for step in due.select_related("run__network")[:MAX_LOOKED_AT]
        if step.due_at and at - step.due_at >= _patience(step)
    ]
    eligibility = Eligibility(steps, at)
    return [step.pk for step in steps if is_given_up(step, eligibility)]


def _patience(step: Invocation) -> timedelta:
    return timedelta(seconds=step.run.network.farm_patience_seconds)


def is_given_up(step: Invocation, eligibility: Eligibility) -> bool:
    """Whether nobody will take it, and something follows from that."""
    if eligibility.able(step):
        return False
    return has_fallback(step) or eligibility.nobody_is_left(step)
