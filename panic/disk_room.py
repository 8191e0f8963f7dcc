"""Makes room on a disk that is nearly full: what may go anyway, before its time.

Nothing that anybody keeps, and no backup: media that nothing shows, uploads and farm outputs that nobody waits for, the
intermediate files of films that have ended (they can be made again), and older log files.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path

from django.conf import settings

from assets import retention as asset_retention
from farm import blobs
from films import retention as film_retention
from films import uploads
from lib import disk_space

logger = logging.getLogger(__name__)


def make_room(at: datetime) -> list[str]:
    """Remove one thing after the other until there is room; the names of what was removed."""
    removed, before = [], disk_space.free_bytes()
    for remove in IN_ORDER:
        if not disk_space.is_near_floor():
            break
        remove(at)
        removed.append(remove.__name__)
    free = disk_space.free_bytes()
    if free > before or free < disk_space.floor_bytes():
        names = ", ".join(removed)
        mega = free // disk_space.MEGA
        logger.warning("The disk was nearly full: %s; %d MB are free now.", names, mega)
    return removed


def unshown_media(at: datetime) -> None:
    asset_retention.remove_abandoned(at=at)


def unfinished_uploads(at: datetime) -> None:
    uploads.sweep(at)


def outputs_of_farm(at: datetime) -> None:
    blobs.sweep(at.timestamp())


def frames_of_ended_films(at: datetime) -> None:
    """Those that go within FILM_FRAMES_DAYS."""
    soon = at + timedelta(days=settings.FILM_FRAMES_DAYS)
    for film in film_retention.expiring(soon).frames:
        film_retention.remove_frames(film)


def older_logs(at: datetime) -> None:
    """The rotated files; the one that is written to stays."""
    for path in (Path(settings.DATA_DIR) / "logs").glob("panic.log.*"):
        path.unlink(missing_ok=True)


IN_ORDER: tuple[Callable[[datetime], None], ...] = (
    unshown_media,
    unfinished_uploads,
    outputs_of_farm,
    frames_of_ended_films,
    older_logs,
)
