"""What time alone changes of workers: that one has fallen silent, or that one of its sleep windows has begun or
is over. Their pages hear of it.

Nothing is written when one is seen, so somebody has to look; the dispatcher does, where there is a farm at all.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

from .models import FarmWorker
from .models.farm_worker import SILENT_AFTER
from .stamp import stamp

LOOK_EVERY = timedelta(seconds=10)
_SLACK = timedelta(seconds=5)  # a look may come late; to be told twice does no harm


def changed_by_time(at: datetime) -> Sequence[int]:
    """Whether there is something to tell since the last look. One query, and none without a farm."""
    if stamp.read() is None:
        return ()
    return [0] if _changed(at - LOOK_EVERY - _SLACK, at) else []


def tell(at: datetime) -> None:
    """All of them in one event."""
    changed = _changed(at - 2 * LOOK_EVERY - _SLACK, at)
    FarmWorker.objects.filter(pk__in=changed).announce()


def _changed(since: datetime, at: datetime) -> list[int]:
    found = FarmWorker.objects.kept().may_change_by_time(since, at)
    return [one.pk for one in found if _fell_silent(one, since, at) or _turned(one, since, at)]


def _fell_silent(worker: FarmWorker, since: datetime, at: datetime) -> bool:
    seen = worker.last_seen_at
    return seen is not None and since < seen + SILENT_AFTER <= at


def _turned(worker: FarmWorker, since: datetime, at: datetime) -> bool:
    return worker.is_in_sleep_window(since) != worker.is_in_sleep_window(at)
