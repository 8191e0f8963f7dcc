"""Figures of mission control of which only the highest layer knows: disk, events, farm."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime

from django.utils.translation import gettext as _

from farm import stamp
from farm.models import FarmWorker, WorkerStatus
from lib import disk_space
from studio.hooks import InstallationFigure


def installation_figures(at: datetime) -> list[InstallationFigure]:
    """Three queries at most."""
    from panic import health  # with all of /metrics, which the processes of the queue do not need

    lag = health.oldest_undelivered()
    free = disk_space.free_bytes()
    return [
        InstallationFigure(
            _("seconds that events are late"),
            f"{lag.total_seconds():.0f}",
            alarm=lag > health.LONGEST_LAG,
        ),
        InstallationFigure(
            _("GB free on the disk"),
            disk_space.in_gigabytes(free),
            alarm=disk_space.is_near_floor(),
        ),
        *_farm(at),
    ]


def _farm(at: datetime) -> Iterator[InstallationFigure]:
    """Nothing where no worker was ever enrolled."""
    if stamp.stamp.read() is None:
        return
    states = [one.shown_status(at) for one in FarmWorker.objects.kept()]
    if states:
        awake = states.count(WorkerStatus.AWAKE)
        yield InstallationFigure(
            _("farm workers awake"), f"{awake} / {len(states)}", alarm=WorkerStatus.ERROR in states
        )
