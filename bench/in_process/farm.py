"""Farm workers that are enrolled, and rings of their models."""

from __future__ import annotations

from django.utils import timezone

from farm.models import FarmWorker


def enrol_workers(count: int) -> list[str]:
    """The secrets of so many new workers."""
    at = timezone.now()
    return [
        FarmWorker.enrol(name=f"Idle {number}", platform="linux", version="1", at=at)[1]
        for number in range(count)
    ]
