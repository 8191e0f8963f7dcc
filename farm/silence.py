"""Steps whose workers are silent: after a while the slot's fallback takes their place.

Where there is no fallback the step waits for a worker to come back. The dispatcher asks here, and loads
nothing for it; what follows is in `farm.fallbacks`.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

from invocations.models import Invocation
from platforms import farm_models

PATIENCE = timedelta(seconds=60)


def silent_steps(at: datetime) -> Sequence[int]:
    """Those that have waited for a minute, have a fallback, and whose model no worker that is awake
    offers. One query."""
    silent = [model_id for model_id, one in farm_models.known().items() if one.problem]
    if not silent:
        return ()
    due = Invocation.objects.due(at - PATIENCE).filter(model__in=silent, fallen_back=False)
    steps = due.select_related("run")[:64]
    return [step.pk for step in steps if step.run.slots[step.slot].fallback]
