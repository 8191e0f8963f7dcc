"""What the queue's workers do for the whole installation."""

from __future__ import annotations

from django.utils import timezone

from . import disk_watch


def watch_disk(free: int) -> None:
    """Tell when the disk of this machine is nearly full."""
    disk_watch.watch_disk(free, timezone.now())
