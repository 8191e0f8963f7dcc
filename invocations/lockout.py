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

from django.db.models import F

from lib.compiled_statements import CompiledSelect

from .models import Run

if TYPE_CHECKING:
    from networks.models import Network


_LOCKING: CompiledSelect[Run] = CompiledSelect(
    lambda *, network, at, since: Run.objects.filter(
        network_id=network, lockout_until__gt=at, created_at__gt=since
    ).only("lockout_until", "created_at")
)


def lockout_after_start(network: Network, at: datetime) -> datetime:
    """What is stored with a run that starts now: until when it locks its network."""
    return at + _length(network)


def lockout_until(network: Network, at: datetime) -> datetime | None:
    """When the next prompt is accepted, or None when it is now."""
    if not network.lockout_seconds:
        return None
    length = _length(network)
    locking = _LOCKING.rows(network=network.pk, at=at, since=at - length)
    return max((min(run.lockout_until, run.created_at + length) for run in locking), default=None)


def bring_forward(by: timedelta, *, at: datetime) -> None:
    """The clock was set back by this much: lockouts end that much earlier."""
    Run.objects.filter(lockout_until__gt=at).update(lockout_until=F("lockout_until") - by)


def _length(network: Network) -> timedelta:
    return timedelta(seconds=network.lockout_seconds)
