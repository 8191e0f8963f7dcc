"""The blocklist of a run, as its page shows it."""

from __future__ import annotations

from collections.abc import Sequence

from django.urls import reverse

from invocations.models import Run
from studio.hooks import BlockedModel

from .models import BlockedWorker


def blocklist_of_run(run: Run) -> Sequence[BlockedModel]:
    """One query; none where the ring has no model of the farm."""
    if not any(f"{slot.model} {slot.fallback}".count("farm:") for slot in run.slots):
        return ()
    return [
        BlockedModel(
            worker=one.worker.name,
            model=one.model.partition(":")[2],
            at=one.created_at,
            unblock_url=reverse("farm-unblock", args=[run.public_id, one.public_id]),
        )
        for one in BlockedWorker.objects.of_run(run)
    ]
