"""Trajectories that are asked for again and again, by every page and display that shows the same run."""

from __future__ import annotations

import time
from collections import OrderedDict
from threading import Lock
from typing import TYPE_CHECKING

from .drawings import DrawnTrajectory
from .models import Embedding, OutputKind
from .trajectories import Trajectory, trajectory_of_run

if TYPE_CHECKING:
    from invocations.models import Run

KEPT = 32  # runs
SECONDS = 60.0  # after which other runs, with which one is compared, may have gone on
NEWEST = 400  # embeddings, by which it is told whether anything has changed
_kept: OrderedDict[str, tuple[float, tuple[int, ...], Trajectory]] = OrderedDict()
_lock = Lock()


def drawn_trajectory(run: Run) -> DrawnTrajectory:
    """One query while nothing was embedded or taken down; six more else."""
    return DrawnTrajectory(run, _trajectory(run, _embedded(run)))


def find_drawn_trajectory(run: Run) -> DrawnTrajectory | None:
    """None where no text of it was embedded: with one query."""
    embedded = _embedded(run)
    return DrawnTrajectory(run, _trajectory(run, embedded)) if embedded else None


def _trajectory(run: Run, embedded: tuple[int, ...]) -> Trajectory:
    now = time.monotonic()
    with _lock:
        known = _kept.get(run.public_id)
    if known and known[1] == embedded and now - known[0] < SECONDS:
        return known[2]
    found = trajectory_of_run(run)
    with _lock:
        _kept[run.public_id] = now, embedded, found
        _kept.move_to_end(run.public_id)
        while len(_kept) > KEPT:
            _kept.popitem(last=False)
    return found


def _embedded(run: Run) -> tuple[int, ...]:
    """The keys of its newest embeddings: others when one comes or goes."""
    rows = Embedding.objects.usable(OutputKind.TEXT).filter(invocation__run=run)
    newest = rows.order_by("-invocation__sequence").values_list("pk", flat=True)[:NEWEST]
    return tuple(newest)
