"""Workers that have fallen silent: their pages hear of it, once.

Nothing is written when one is seen, so somebody has to look; the dispatcher does, where there is a farm at all.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

from . import stamp
from .models import FarmWorker

LOOK_EVERY = timedelta(seconds=10)
_SLACK = timedelta(seconds=5)  # a look may come late; to be told twice does no harm


def newly_silent(at: datetime) -> Sequence[int]:
    """Those that fell silent since the last look. One query, and none without a farm."""
    if stamp.read() is None:
        return ()
    found = FarmWorker.objects.silent_since(at - LOOK_EVERY - _SLACK, at)
    return [0] if found.exists() else []


def tell(at: datetime) -> None:
    """All of them in one event."""
    FarmWorker.objects.silent_since(at - 2 * LOOK_EVERY - _SLACK, at).announce()
