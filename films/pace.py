"""How long a piece of work takes: by what was measured on this installation, else by what was measured here."""

from __future__ import annotations

from collections.abc import Iterable

from .models import TaskPace
from .plans import SOUND

# Seconds for a megapixel (sounds: for a second), on one core beside nobody: docs/video-operations.md.
TYPICAL_SECONDS = {
    "split": 0.05,
    "interpolate": 0.3,
    "upscale": 0.04,
    "caption": 0.06,
    "crossfade": 0.06,
    "mux": 0.06,
    "concat": 0.01,
    "extract": 0.01,
    "loudness": 0.05,
}
UNKNOWN_SECONDS = 0.1


class Paces:
    """What is known of these operations. One query."""

    def __init__(self, operations: Iterable[str]) -> None:
        rows = TaskPace.objects.filter(operation__in=set(operations)).order_by("measured_at")
        self._latest: dict[tuple[str, str], float] = {}
        self._of_operation: dict[tuple[str, bool], float] = {}
        for row in rows:
            self._latest[row.operation, row.size_class] = row.seconds
            self._of_operation[row.operation, row.size_class == SOUND] = row.seconds

    def seconds(self, operation: str, size_class: str, work: float) -> float:
        """For this much work: as the latest of its size class took, else as the latest of any size."""
        pace = self._latest.get((operation, size_class))
        if pace is None:
            pace = self._of_operation.get((operation, size_class == SOUND))
        if pace is None:
            pace = TYPICAL_SECONDS.get(operation, UNKNOWN_SECONDS)
        return pace * work
