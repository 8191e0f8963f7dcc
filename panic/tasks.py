"""What the queue's workers do for the whole installation."""

from __future__ import annotations

from django.utils import timezone

from . import disk_room, disk_watch


def watch_disk(free: int) -> None:
    """Tell when the disk of this machine is nearly full."""
    disk_watch.watch_disk(free, timezone.now())


def make_room(_: int) -> None:
    """Remove what may go before its time."""
    disk_room.make_room(timezone.now())
