"""Counts how long calls took and how they failed, from the attempts that have ended.

A periodic task of the workers reads each attempt once, some seconds after it began, and adds it to the rows that
`/metrics` shows. So the numbers are of all processes and machines together, no call waits for them, and a process that
dies loses none.
"""

from __future__ import annotations

from bisect import bisect_left
from collections import defaultdict
from collections.abc import Mapping
from datetime import datetime, timedelta
from itertools import takewhile
from typing import Any

from django.db import transaction
from django.db.models import Max, Q

from .models import Attempt, CallMeasure
from .models.call_measure import MeasuredAttempts

Kind = CallMeasure.Kind
SETTLED = timedelta(seconds=5)  # by then the transaction that began an attempt has ended
MAX_ATTEMPTS = 5_000  # at once
CALL_BOUNDS = (0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0, 60.0, 120.0, 300.0)
HOP_BOUNDS = (0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 5.0, 30.0)
BEYOND = "+Inf"
_FIELDS = (
    *("pk", "number", "platform", "outcome", "error_code", "seconds", "started_at"),
    *("invocation__due_at", "invocation__sequence"),
)


def due_count(at: datetime) -> list[int]:
    """One answer where an attempt is not counted yet."""
    position = MeasuredAttempts.objects.first()
    if position is None:
        return [0]
    later = Attempt.objects.filter(pk__gt=position.through).exists()
    return [0] if later or position.unended else []


def count_ended(at: datetime) -> int:
    """Add what has ended since the last time; how many. What was there before counting began stays out."""
    position = MeasuredAttempts.objects.first()
    if position is None:
        newest = Attempt.objects.aggregate(newest=Max("pk"))["newest"]
        MeasuredAttempts.objects.get_or_create(pk=1, defaults={"through": newest or 0})
        return 0
    wanted = Q(pk__gt=position.through) | Q(pk__in=position.unended)
    rows = Attempt.objects.filter(wanted).order_by("pk").values(*_FIELDS)[:MAX_ATTEMPTS]
    found = list(takewhile(lambda row: row["started_at"] <= at - SETTLED, rows))
    ended = [row for row in found if row["outcome"]]
    unended = [row["pk"] for row in found if not row["outcome"]]
    through = max([position.through, *(row["pk"] for row in found)])
    if (through, unended) == (position.through, position.unended):
        return 0
    with transaction.atomic():
        same = MeasuredAttempts.objects.filter(pk=position.pk, rounds=position.rounds)
        if not same.update(through=through, unended=unended, rounds=position.rounds + 1):
            return 0  # another process was faster
        _add(ended)
    return len(ended)


def _add(rows: list[dict[str, Any]]) -> None:
    more: dict[tuple[str, str, str], list[float]] = defaultdict(list)
    for row in rows:
        for key, seconds in _measures(row):
            more[key].append(seconds)
    known = {(one.kind, one.platform, one.label): one for one in CallMeasure.objects.all()}
    for (kind, platform, label), took in more.items():
        new = CallMeasure(kind=kind, platform=platform, label=label)
        one = known.get((kind, platform, label), new)
        one.count += len(took)
        one.seconds += sum(took)
        one.save()


def _measures(row: Mapping[str, Any]) -> list[tuple[tuple[str, str, str], float]]:
    found: list[tuple[tuple[str, str, str], float]] = []
    platform = row["platform"]
    if row["seconds"] is not None:
        label = bound_of(row["seconds"], CALL_BOUNDS)
        found.append(((Kind.CALL, platform, label), row["seconds"]))
    if row["error_code"]:
        found.append(((Kind.ERROR, platform, row["error_code"]), row["seconds"] or 0.0))
    due = row["invocation__due_at"]
    if row["number"] == 1 and row["invocation__sequence"] and due and due <= row["started_at"]:
        waited = (row["started_at"] - due).total_seconds()
        found.append(((Kind.HOP, "", bound_of(waited, HOP_BOUNDS)), waited))
    return found


def bound_of(seconds: float, bounds: tuple[float, ...]) -> str:
    """The label of the bucket that it falls into."""
    index = bisect_left(bounds, seconds)
    return str(bounds[index]) if index < len(bounds) else BEYOND
