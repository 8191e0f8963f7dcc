"""What the queue's dispatcher asks: whether anything is to be done about uploads. It loads nothing else."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from .models import Upload

AT_ONCE = 4


def due_checks(at: datetime) -> Sequence[int]:
    """Which uploads are to be looked at."""
    return list(Upload.objects.due_for_check(at).values_list("pk", flat=True)[:AT_ONCE])


def due_sweep(at: datetime) -> Sequence[int]:
    """One answer where something is to be removed."""
    return [0] if Upload.objects.expired(at).exists() else []
