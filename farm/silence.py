"""Steps whose workers are silent: after a while the slot's fallback takes their place.

Where there is no fallback the step waits for a worker to come back.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

from invocations.engine import claims, delivery
from invocations.engine.claims import Holder
from invocations.leases import MAX_LEASE, WorkOffer
from invocations.models import Invocation
from platforms import farm_models
from platforms.errors import NotConfigured

PATIENCE = timedelta(seconds=60)
NOBODY = "farm"  # who holds a step for the moment in which it is given up


def silent_steps(at: datetime) -> Sequence[int]:
    """Those that have waited for a minute, have a fallback, and whose model no worker that is awake
    offers. One query."""
    silent = [model_id for model_id, one in farm_models.known().items() if one.problem]
    if not silent:
        return ()
    due = Invocation.objects.due(at - PATIENCE).filter(model__in=silent, fallen_back=False)
    steps = due.select_related("run")[:64]
    return [step.pk for step in steps if step.run.slots[step.slot].fallback]


def give_up(pk: int, *, at: datetime) -> None:
    """Close a try that nobody made, so that what follows is what follows any failure for good."""
    model_id = Invocation.objects.filter(pk=pk).values_list("model", flat=True).first()
    found = farm_models.known().get(model_id or "")
    if model_id is None or found is None or not found.problem:
        return
    holder = Holder(NOBODY, WorkOffer(models=frozenset({model_id})), MAX_LEASE, remote=True)
    if taken := claims.claim_step(pk, holder=holder, at=at):
        delivery.deliver(taken.attempt.token, NotConfigured(found.problem), at=at)
