"""The lockout: how long after a prompt a network accepts no other one. The whole rule is here.

It counts from the start of a run and is stored with it. It holds for everybody, however the run
began or ended: stopping or withdrawing it changes nothing. Those who run the network may waive it
for a start of their own (`start_run(waive_lockout=True)`). Lowering the network's setting shortens
what is stored; raising it does not prolong it.

`start_run`, the pages, the terminal and the API all ask `lockout_until`.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from django.db.models import DateTimeField, ExpressionWrapper, F, Max, Value
from django.db.models.functions import Least

from .models import Run

if TYPE_CHECKING:
    from networks.models import Network


def lockout_after_start(network: Network, at: datetime) -> datetime:
    """What is stored with a run that starts now: until when it locks its network."""
    return at + _length(network)


def lockout_until(network: Network, at: datetime) -> datetime | None:
    """When the next prompt is accepted, or None when it is now."""
    if not network.lockout_seconds:
        return None
    locking = network.runs.filter(lockout_until__gt=at, created_at__gt=at - _length(network))
    by_setting = ExpressionWrapper(F("created_at") + Value(_length(network)), DateTimeField())
    found: datetime | None = locking.aggregate(
        until=Max(Least("lockout_until", by_setting), output_field=DateTimeField())
    )["until"]
    return found


def bring_forward(by: timedelta, *, at: datetime) -> None:
    """The clock was set back by this much: lockouts end that much earlier."""
    Run.objects.filter(lockout_until__gt=at).update(lockout_until=F("lockout_until") - by)


def _length(network: Network) -> timedelta:
    return timedelta(seconds=network.lockout_seconds)
