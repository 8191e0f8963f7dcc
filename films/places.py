"""The places at which films are made on this machine: a process each, as long as there is work.

The queue's dispatcher asks here, so nothing else is loaded.
"""

from __future__ import annotations

import fcntl
from datetime import datetime
from pathlib import Path
from typing import IO

from django.conf import settings

from invocations.models import Run
from invocations.states import RunState

from .models import Film, FilmTask
from .states import WORKED_ON, TaskState


def lock_of_place(place: int) -> IO[bytes] | None:
    """The lock of this place, held as long as the file is open; None: another process has it."""
    file = (Path(settings.RUN_DIR) / f"films-{place}.lock").open("ab")
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        file.close()
        return None
    return file


def is_free(place: int) -> bool:
    """Whether no process works there."""
    lock = lock_of_place(place)
    if lock is not None:
        lock.close()
    return lock is not None


def is_a_ring_live() -> bool:
    """Whether a run is under way, beside which films have to be modest."""
    return Run.objects.live().filter(state=RunState.RUNNING).exists()


def due_places(at: datetime) -> list[int]:
    """Where a process is to be started: at one place where there are films to make, at more where several tasks
    are ready and no ring lives."""
    if not Film.objects.worked_on().exists():
        return []
    free = [place for place in range(settings.FILM_PROCESSES) if is_free(place)]
    if not any(free):
        return free
    ready = FilmTask.objects.filter(state=TaskState.READY, film__state__in=WORKED_ON)
    several = len(ready.values_list("pk")[:2]) > 1 and not is_a_ring_live()
    return free if several else [place for place in free if place == 0]


def due_tidying(at: datetime) -> list[int]:
    """One answer where files may have to be removed."""
    films = Film.objects.all()
    if films.with_expired_frames(at).exists() or films.expired(at).exists():
        return [0]
    return [0] if any((Path(settings.DATA_DIR) / "films").glob("*")) else []
