"""Tells admins when the disk of a machine is nearly full, and forgets it when it is not any more."""

from __future__ import annotations

import shutil
import socket
from datetime import datetime

from django.conf import settings
from django.db import transaction

from notifications import outbox
from notifications.models import Condition
from notifications.occasions import Occasion

# Bytes. With `panic.health.LEAST_DISK` this machine is not ready any more; not imported, because
# that loads the whole web server into the queue.
LOW, ENOUGH = 10**9, 2 * 10**9


def due_disk(at: datetime) -> list[int]:
    """[free bytes] where something is to be told or forgotten of this machine, else nothing."""
    free = shutil.disk_usage(settings.DATA_DIR).free
    told = Condition.objects.filter(key=f"disk:{socket.gethostname()}").exists()
    return [free] if (free >= ENOUGH if told else free < LOW) else []


def watch_disk(free: int, at: datetime) -> None:
    """`free`: bytes in the data folder of this machine."""
    host = socket.gethostname()
    with transaction.atomic():
        if free >= ENOUGH:
            Condition.end(f"disk:{host}")
        elif free < LOW and Condition.begin(f"disk:{host}", at=at):
            facts: outbox.Facts = {"host": host, "free_gb": round(free / 1e9, 1)}
            outbox.tell_admins(Occasion.DISK_LOW, subject=host, facts=facts, at=at)
