"""Trajectories that are asked for again and again, by every page and display that shows the same run."""

from __future__ import annotations

import time
from collections import OrderedDict
from threading import Lock
from typing import TYPE_CHECKING

from .drawings import DrawnTrajectory
from .models import Embedding, OutputKind

if TYPE_CHECKING:
    from invocations.models import Run

    from .trajectories import Trajectory

KEPT = 32  # runs
SECONDS = 60.0  # after which other runs, with which one is compared, may have gone on
NEWEST = 400  # embeddings, by which it is told whether anything has changed
_kept: OrderedDict[str, tuple[float, int, Trajectory]] = OrderedDict()
_lock = Lock()


def drawn_trajectory(run: Run) -> DrawnTrajectory:
    """One query while nothing was embedded or taken down; seven else."""
    return DrawnTrajectory(run, _trajectory(run))


def _trajectory(run: Run) -> Trajectory:
    embedded, now = _embedded(run), time.monotonic()
    with _lock:
        known = _kept.get(run.public_id)
    if known and known[1] == embedded and now - known[0] < SECONDS:
        return known[2]
    from .trajectories import trajectory_of_run  # numpy: when it is first asked for

    found = trajectory_of_run(run)
    with _lock:
        _kept[run.public_id] = now, embedded, found
        _kept.move_to_end(run.public_id)
        while len(_kept) > KEPT:
            _kept.popitem(last=False)
    return found


def _embedded(run: Run) -> int:
    """A number that is another when an embedding of it comes or goes."""
    rows = Embedding.objects.usable(OutputKind.TEXT).filter(invocation__run=run)
    newest = rows.order_by("-invocation__sequence").values_list("pk", flat=True)[:NEWEST]
    return hash(tuple(newest))
