"""How processes learn that a model server or workflow has changed: by the time of a file.

Whoever changes a row touches it in the data folder, and every process of this machine looks at it.
"""

from __future__ import annotations

from pathlib import Path

from django.conf import settings
from django.db import transaction


def announce_change() -> None:
    """Once the surrounding transaction has committed, every process reads the rows again."""
    transaction.on_commit(lambda: _file().touch())


def announce_again() -> None:
    """Have the rows read again, if any have been read."""
    if read() is not None:
        announce_change()


def read() -> tuple[str, int] | None:
    """Another value after every change; None where nothing was ever announced."""
    try:
        return str(_file()), _file().stat().st_mtime_ns
    except OSError:
        return None


def _file() -> Path:
    return Path(settings.DATA_DIR) / "servers.changed"
