"""Which machine of the farm had a try at a step, and what did the work there, as the step's page says it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from django.urls import reverse

from archive.hooks import AttemptWorker
from invocations.models import Attempt

from . import machine_reports
from .models import Assignment


def workers_of_attempts(attempts: Sequence[Attempt]) -> Mapping[int, AttemptWorker]:
    """By the keys of those that a machine had. One query; none where no attempt was for the farm."""
    of_farm = [one.pk for one in attempts if one.platform == "farm"]
    if not of_farm:
        return {}
    found = Assignment.objects.filter(attempt__in=of_farm).select_related("worker")
    return {one.attempt_id: _worker_of(one) for one in found}


def _worker_of(assignment: Assignment) -> AttemptWorker:
    worker = assignment.worker
    return AttemptWorker(
        name=worker.name,
        url=reverse("farm-worker", args=[worker.public_id]),
        hardware=machine_reports.hardware_words(worker.specs),
        backend=assignment.backend,
        degraded=assignment.degraded,
    )
