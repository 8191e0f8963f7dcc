"""Tasks whose worker is gone, films whose machine is gone, and folders whose film is gone."""

from __future__ import annotations

import shutil
from contextlib import suppress
from datetime import datetime, timedelta

from invocations.engine import worker_locks
from invocations.engine.worker_locks import WorkerState
from invocations.models import WorkerHeartbeat
from invocations.states import Stale

from . import intermediates, outcomes
from .models import Film, TaskAttempt
from .states import ENDED_FILMS

HOST_GONE = timedelta(minutes=10)  # without a word of its queue


def sweep(at: datetime) -> int:
    """Give back the tasks of dead workers; how many."""
    live = TaskAttempt.objects.live().select_related("film", "task")
    workers = live.values_list("worker", flat=True).distinct()
    dead = [name for name in workers if worker_locks.worker_state(name) is not WorkerState.ALIVE]
    lost = {*live.filter(worker__in=dead), *live.expired(at)}
    given_back = 0
    for attempt in lost:
        try:
            outcomes.lose(attempt, at=at)
            given_back += 1
        except Stale:
            continue  # it ended after all
    return given_back


def release_films_of_lost_hosts(at: datetime) -> int:
    """Films whose machine has not been heard of for a while go on elsewhere: what they need of its disk is
    made again. How many there are."""
    mine = worker_locks.host_name()
    hosts = Film.objects.worked_on().exclude(host__in=("", mine)).values_list("host", flat=True)
    heard = WorkerHeartbeat.objects.filter(seen_at__gte=at - HOST_GONE).values_list(
        "host", flat=True
    )
    lost = set(hosts) - set(heard)
    return Film.objects.worked_on().filter(host__in=lost).update(host="") if lost else 0


def remove_left_over_folders() -> int:
    """Of films that were deleted, and of tries that were killed on the way; how many. Empty ones of films that
    have ended go too."""
    removed = 0
    tokens = set(TaskAttempt.objects.live().values_list("token", flat=True))
    known = set(Film.objects.values_list("public_id", flat=True))
    for folder in intermediates.folders():
        leftovers = [folder] if folder.name not in known else folder.glob(f"{intermediates.WORK}*")
        for one in leftovers:
            if one.name.removeprefix(intermediates.WORK) not in tokens:
                shutil.rmtree(one, ignore_errors=True)
                removed += 1
    here = [folder.name for folder in intermediates.folders()]
    for film in Film.objects.filter(public_id__in=here, state__in=ENDED_FILMS, bytes_used=0):
        with suppress(OSError):  # most have none, and some are not empty
            intermediates.folder_of_film(film).rmdir()
    return removed
