"""Loading models that each machine holds in memory of its own, on all machines.

One worker carries out what a curator or an opening has asked for; what is said of it stands in its row. Where there
are several machines, the others load the models that would be cold on them, and say nothing: a model that is there
already is loaded in no time. Nothing of it is charged.
"""

from __future__ import annotations

import time
from datetime import datetime, timedelta

from platforms.registry import UnknownModel, get_model, get_platform

from .models import Warming, WorkerHeartbeat
from .models.warming import LONGEST

HEARD_WITHIN = timedelta(minutes=1)  # a heartbeat comes every ten seconds

_sent: dict[tuple[int, datetime], float] = {}  # what this machine has been told to load, and when


def due_warmings(at: datetime) -> list[int]:
    """What was asked for a short time ago, and this machine was not told of yet."""
    asked = Warming.objects.filter(asked_at__gt=at - LONGEST).values_list("pk", "asked_at", "model")
    found = [(pk, asked_at) for pk, asked_at, model in asked if _is_of_machine(model)]
    new = [one for one in found if one not in _sent]
    if not new or not _has_others(at):
        return []
    now = time.monotonic()
    for key in [key for key, sent in _sent.items() if now - sent > 2 * LONGEST.total_seconds()]:
        del _sent[key]
    _sent.update(dict.fromkeys(new, now))
    return [pk for pk, _ in new]


def _is_of_machine(name: str) -> bool:
    try:
        return get_platform(get_model(name).platform).of_machine
    except UnknownModel:
        return False


def _has_others(at: datetime) -> bool:
    return WorkerHeartbeat.objects.filter(seen_at__gt=at - HEARD_WITHIN).count() > 1
