"""A move that kills itself with SIGKILL at a point that the test names; run inside an installation (`manage.py
shell`). Nothing of Python runs after that, as with `kill -9` from outside, but always at the same point."""

from __future__ import annotations

import os
import signal
from collections.abc import Callable
from typing import Any

from django.apps import apps
from django.core.management import call_command

from assets import blobs
from backups import media_moves, tables

ROWS, FILE, NOTE = "rows", "file", "note"
FILES_BEFORE = 2  # twice that, and one more, are less than there are


def run(point: str, *arguments: str) -> None:
    """`rows`: when all tables but one are written. `file`: with the third file fetched, and not in its place.
    `note`: with the third file in its place, before that is noted."""
    if point == ROWS:
        tables._copy = _after(len(tables.tables_of(apps)) - 1, tables._copy)
    elif point == FILE:
        blobs.publish = _after(FILES_BEFORE, blobs.publish)
    else:
        done: Any = media_moves._Done
        done.add = _after(FILES_BEFORE, done.add)
    call_command("move", *arguments)


def _after(times: int, original: Callable[..., Any]) -> Callable[..., Any]:
    """It is called so often, and the next call kills the process."""
    calls = 0

    def counted(*args: Any, **kwargs: Any) -> Any:
        nonlocal calls
        if calls == times:
            os.kill(os.getpid(), signal.SIGKILL)
        calls += 1
        return original(*args, **kwargs)

    return counted
