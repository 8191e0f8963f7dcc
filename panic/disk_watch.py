"""Tells admins when the disk of a machine is nearly full, and when it is so full that nothing new begins; forgets
each when it is not any more."""

from __future__ import annotations

import socket
from datetime import datetime

from django.db import transaction

from lib import disk_space
from notifications import outbox
from notifications.models import Condition
from notifications.occasions import Occasion

LOW, ENOUGH = 10**9, 2 * 10**9  # bytes


def due_disk(at: datetime) -> list[int]:
    """[free bytes] where something is to be told or forgotten of this machine, else nothing."""
    free, host = disk_space.free_bytes(), socket.gethostname()
    keys = (f"disk:{host}", f"disk-full:{host}")
    told = set(Condition.objects.filter(key__in=keys).values_list("key", flat=True))
    low = free >= ENOUGH if keys[0] in told else free < LOW
    full = disk_space.is_below_floor() != (keys[1] in told)
    return [free] if low or full else []


def due_room(at: datetime) -> list[int]:
    """One answer where the disk of this machine is nearly full."""
    return [0] if disk_space.is_near_floor() else []


def watch_disk(free: int, at: datetime) -> None:
    """`free`: bytes in the data folder of this machine."""
    host = socket.gethostname()
    facts: outbox.Facts = {"host": host, "free_gb": round(free / 1e9, 1)}
    with transaction.atomic():
        if free >= ENOUGH:
            Condition.end(f"disk:{host}")
        elif free < LOW and Condition.begin(f"disk:{host}", at=at):
            outbox.tell_admins(Occasion.DISK_LOW, subject=host, facts=facts, at=at)
        if free >= disk_space.floor_bytes():
            Condition.end(f"disk-full:{host}")
        elif Condition.begin(f"disk-full:{host}", at=at):
            outbox.tell_admins(Occasion.DISK_FULL, subject=host, facts=facts, at=at)
