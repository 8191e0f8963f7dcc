"""When the server was started, as every process of this machine knows it: by the time of a file.

While it was away no worker could be heard of, so that for two minutes none is taken for silent, and none loses its
work (`leases_of_farm`).
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

from django.conf import settings

GRACE = timedelta(minutes=2)


def note_start() -> None:
    _file().touch()


def is_in_grace(at: datetime) -> bool:
    try:
        started_at = datetime.fromtimestamp(_file().stat().st_mtime, UTC)
    except OSError:
        return False  # it was not started by `manage.py up`
    return timedelta(0) <= at - started_at < GRACE


def _file() -> Path:
    return Path(settings.DATA_DIR) / "farm.started"
