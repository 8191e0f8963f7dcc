"""What goes by itself of runs, and of films and runs where the disk is nearly full: in a process that stands back."""

from __future__ import annotations

import asyncio
import os
import sys
from collections.abc import Callable
from contextlib import suppress
from datetime import datetime, timedelta
from pathlib import Path

from django.conf import settings

from films.models import Film
from invocations.engine.threads import Threads
from invocations.models import Run
from lib import disk_space
from lib.parent_process import end_with_parent

NICENESS = 19


def due_removal(at: datetime) -> list[int]:
    """One answer where something may have to go."""
    days = settings.RUNS_KEPT_DAYS
    if days and Run.objects.nobody_keeps(ended_before=at - timedelta(days=days)).exists():
        return [0]
    return [0] if settings.FULL_DISK_REMOVES_AFTER_DAYS and disk_space.is_near_floor() else []


async def begin(threads: Threads) -> None:
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, str(Path(settings.BASE_DIR) / "manage.py"), "retention"),
        *("--apply", "--by-itself"),
        cwd=settings.BASE_DIR,
        stdin=asyncio.subprocess.DEVNULL,
    )
    await process.wait()


def carry_out(now: datetime) -> None:
    """In that process. Nothing where another one is at it; what is left then is due again."""
    from . import removal_turns, retention_removal
    from .retention import RetainedKind

    end_with_parent()
    os.nice(NICENESS)
    order = retention_removal.RemovalOrder(at=now, now=now)
    with suppress(removal_turns.RemovalUnderWay), removal_turns.removal_turn() as go_on:
        retention_removal.remove(order, {RetainedKind.RUNS}, go_on=go_on)
        if settings.FULL_DISK_REMOVES_AFTER_DAYS:
            days = timedelta(days=settings.FULL_DISK_REMOVES_AFTER_DAYS)
            make_room(now, ended_before=now - days, go_on=go_on)


def make_room(now: datetime, *, ended_before: datetime, go_on: Callable[[], bool]) -> None:
    """Films and then runs that nobody keeps, the oldest first, until there is room."""
    from . import retention_removal, run_retention
    from .retention import RetainedKind

    old_films = Film.objects.nobody_keeps(ended_before=ended_before).order_by("ended_at")
    films = retention_removal.remove_films(list(old_films.select_related("output")), now)
    old_runs = run_retention.removable_runs(ended_before=ended_before)
    runs = run_retention.remove_runs(old_runs, at=now)
    for kind, things in ((RetainedKind.FILMS, films), (RetainedKind.RUNS, runs)):
        retention_removal.remove_things(
            kind, things, by=None, go_on=lambda: disk_space.is_near_floor() and go_on()
        )
