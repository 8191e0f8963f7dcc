"""The checks behind `/readyz`: one function each, one sentence each."""

from __future__ import annotations

import shutil
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

from django.conf import settings
from django.db import DatabaseError, connection
from django.utils import timezone

from invocations.models import WorkerHeartbeat
from realtime import hub
from realtime.models import Event, Topic

LEAST_DISK = 200 * 1024 * 1024
OLDEST_SIGN = timedelta(seconds=10)  # of this machine's own cluster: a file, every two seconds
OLDEST_HEARTBEAT = timedelta(seconds=30)  # of other machines: a row, every ten
LONGEST_LAG = timedelta(seconds=5)


@dataclass(frozen=True, slots=True)
class Check:
    name: str
    ok: bool
    detail: str


def readiness() -> list[Check]:
    """All of them; what needs the database is not asked when there is none."""
    first = database()
    if not first.ok:
        return [first, disk()]
    return [first, *(_asked(check) for check in READINESS)]


def _asked(check: Callable[[], Check]) -> Check:
    try:
        return check()
    except DatabaseError as error:
        return Check(check.__name__, False, f"The database does not answer: {error}")


def database() -> Check:
    try:
        with connection.cursor() as cursor:
            cursor.execute("SELECT 1")
    except DatabaseError as error:
        connection.close()
        return Check("database", False, f"The database does not answer: {error}")
    return Check("database", True, f"{connection.vendor} answers.")


def worker() -> Check:
    """A message has gone all the way round a queue, here or on another machine, a moment ago."""
    here = sign_of_life()
    if here is not None and here <= OLDEST_SIGN:
        return Check("worker", True, f"The queue turned {here.total_seconds():.0f} s ago.")
    anywhere = heartbeat_age()
    if anywhere is None:
        return Check("worker", False, "No queue has shown a sign of life yet.")
    return Check(
        "worker",
        anywhere <= OLDEST_HEARTBEAT,
        f"The last sign of life of a queue is {anywhere.total_seconds():.0f} s old.",
    )


def event_lag() -> Check:
    still = timedelta(seconds=hub.silence())
    if still > LONGEST_LAG:
        detail = f"What passes events on has stood still for {still.total_seconds():.1f} s."
        return Check("event_lag", False, detail)
    lag = oldest_undelivered()
    if not lag:
        return Check("event_lag", True, "Every event has been passed on.")
    detail = f"The oldest event not yet passed on is {lag.total_seconds():.1f} s old."
    return Check("event_lag", lag <= LONGEST_LAG, detail)


def disk() -> Check:
    free = shutil.disk_usage(settings.DATA_DIR).free
    return Check("disk", free >= LEAST_DISK, f"{free / 1e9:.1f} GB are free in the data folder.")


READINESS: tuple[Callable[[], Check], ...] = (worker, event_lag, disk)


def sign_of_life() -> timedelta | None:
    """How long ago a canary got through the queue of this machine."""
    try:
        at = (Path(settings.RUN_DIR) / "qcluster.alive").stat().st_mtime
    except OSError:
        return None
    return timedelta(seconds=max(0.0, time.time() - at))


def heartbeat_age() -> timedelta | None:
    """How long ago any machine's queue last told the database that it turns."""
    latest = WorkerHeartbeat.objects.order_by("-seen_at").first()
    return max(timedelta(), timezone.now() - latest.seen_at) if latest else None


def oldest_undelivered() -> timedelta:
    """The age of the oldest event that the sockets of this process should have had by now."""
    seen = hub.positions()
    behind = [
        (topic.pk, seen[topic.name].seq)
        for topic in Topic.objects.filter(name__in=seen)
        if topic.last_seq > seen[topic.name].seq
    ]
    waiting = [
        Event.objects.filter(topic=pk, seq__gt=seq).order_by("seq").values("created_at").first()
        for pk, seq in behind[:20]
    ]
    ages = [timezone.now() - row["created_at"] for row in waiting if row]
    return max([timedelta(), *ages])
