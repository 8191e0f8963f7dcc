"""How processes learn that workers or their offers have changed: by the time of a file.

Where no worker was ever enrolled there is no file, and nobody asks the database.
"""

from __future__ import annotations

from pathlib import Path

from django.conf import settings
from django.db import transaction


def announce_change() -> None:
    """Once the surrounding transaction has committed, every process of this machine looks again."""
    transaction.on_commit(mark)


def mark() -> None:
    """At once."""
    _file().touch()


def read() -> tuple[str, int] | None:
    """Another value after every change; None where nothing was ever announced."""
    try:
        return str(_file()), _file().stat().st_mtime_ns
    except OSError:
        return None


def _file() -> Path:
    return Path(settings.DATA_DIR) / "farm.changed"
