"""Giving up a step whose workers are silent (`farm.silence`), so that its fallback takes it."""

from __future__ import annotations

from datetime import datetime

from invocations.engine import claims, delivery
from invocations.engine.claims import Holder
from invocations.leases import MAX_LEASE, WorkOffer
from invocations.models import Invocation
from platforms import farm_models
from platforms.errors import NotConfigured

NOBODY = "farm"  # who holds a step for the moment in which it is given up


def give_up(pk: int, *, at: datetime) -> None:
    """Close a try that nobody made, so that what follows is what follows any failure for good."""
    model_id = Invocation.objects.filter(pk=pk).values_list("model", flat=True).first()
    found = farm_models.known().get(model_id or "")
    if model_id is None or found is None or not found.problem:
        return
    holder = Holder(NOBODY, WorkOffer(models=frozenset({model_id})), MAX_LEASE, remote=True)
    if taken := claims.claim_step(pk, holder=holder, at=at):
        delivery.deliver(taken.attempt.token, NotConfigured(found.problem), at=at)
