"""Tells admins when the queue of a machine is gone that another machine still hears nothing of."""

from __future__ import annotations

from datetime import datetime, timedelta

from django.db import transaction

from invocations.models import WorkerHeartbeat
from notifications import outbox
from notifications.models import Condition
from notifications.occasions import Occasion

GONE_AFTER = timedelta(minutes=2)  # a heartbeat comes every ten seconds
FORGOTTEN_AFTER = timedelta(days=1)  # a machine that was taken out is no news any more
PREFIX = "machine-gone:"


def due_machines(at: datetime) -> list[int]:
    """The heartbeats of machines that are gone, or back, and of which nobody was told so far."""
    told = set(Condition.objects.filter(key__startswith=PREFIX).values_list("key", flat=True))
    beats = WorkerHeartbeat.objects.filter(seen_at__gt=at - FORGOTTEN_AFTER)
    return [beat.pk for beat in beats if _is_gone(beat, at) != (PREFIX + beat.host in told)]


def watch_machine(pk: int, at: datetime) -> None:
    """Tell that it is gone, or forget it where it is back."""
    beat = WorkerHeartbeat.objects.filter(pk=pk).first()
    if beat is None:
        return
    with transaction.atomic():
        if not _is_gone(beat, at):
            Condition.end(PREFIX + beat.host)
        elif Condition.begin(PREFIX + beat.host, at=at):
            minutes = int((at - beat.seen_at).total_seconds() // 60)
            facts: outbox.Facts = {"host": beat.host.partition("~")[0], "minutes": minutes}
            outbox.tell_admins(Occasion.WORKER_GONE, subject=beat.host, facts=facts, at=at)


def _is_gone(beat: WorkerHeartbeat, at: datetime) -> bool:
    return at - beat.seen_at > GONE_AFTER
