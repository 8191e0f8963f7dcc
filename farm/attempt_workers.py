"""Which machine of the farm had a try at a step, on what hardware, and what did the work there."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from django.urls import reverse

from invocations.hooks import AttemptWorker
from invocations.models import Attempt

from . import machine_reports
from .models import Assignment


def workers_of_attempts(attempts: Sequence[Attempt]) -> Mapping[int, AttemptWorker]:
    """By the keys of those that a machine had. One query; none where no attempt was for the farm."""
    of_farm = [one.pk for one in attempts if one.platform == "farm"]
    if not of_farm:
        return {}
    found = Assignment.objects.filter(attempt__in=of_farm).select_related("worker", "hardware")
    return {one.attempt_id: _worker_of(one) for one in found}


def _worker_of(assignment: Assignment) -> AttemptWorker:
    worker, hardware = assignment.worker, assignment.hardware
    specs = hardware.specs if hardware else {}
    return AttemptWorker(
        name=worker.name,
        url=reverse("farm-worker", args=[worker.public_id]),
        model=assignment.model,
        hardware=specs,
        hardware_words=machine_reports.hardware_words(specs),
        backend=assignment.backend,
        degraded=assignment.degraded,
    )
