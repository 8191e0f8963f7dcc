"""Stop-all and the farm: its workers are put to sleep at once, and Resume lets each be what it was before."""

from __future__ import annotations

from collections import defaultdict
from datetime import datetime

from django.db.models import Count

from invocations.hooks import ToldWorkers
from invocations.models import StopAll

from . import catalogue
from .models import FarmWorker, StoppedWorker, WorkerStatus


def put_to_sleep(stop_all: StopAll, at: datetime) -> None:
    """Within the transaction of the stop-all. Those that are asleep already are left alone."""
    found = FarmWorker.objects.kept().exclude(status=WorkerStatus.ASLEEP, requested_status="")
    rows = list(found.select_for_update(no_key=True).order_by("id"))
    StoppedWorker.objects.bulk_create(
        [StoppedWorker.from_worker(one, stop_all, at=at) for one in rows], batch_size=100
    )
    FarmWorker.objects.filter(pk__in=[one.pk for one in rows]).request(
        WorkerStatus.ASLEEP, lazy=False
    )


def count_told(stop_all: StopAll) -> ToldWorkers:
    """How many were told, and how many have confirmed it. One query."""
    rows = StoppedWorker.objects.filter(stop_all=stop_all)
    counts = rows.aggregate(told=Count("pk"), confirmed=Count("confirmed_at"))
    return ToldWorkers(**counts)


def let_go(stop_all: StopAll, at: datetime) -> None:
    """Within the transaction that lifts the stop-all. A worker of which somebody has asked something else since
    is left as it was asked."""
    told = StoppedWorker.objects.filter(stop_all=stop_all, worker__archived_at__isnull=True)
    wanted: dict[tuple[str, bool], list[int]] = defaultdict(list)
    for one in told.select_related("worker"):
        if (asked := _asked_again(one)) is not None:
            wanted[asked].append(one.worker_id)
    for (status, lazy), workers in sorted(wanted.items()):
        FarmWorker.objects.filter(pk__in=workers).request(status, lazy=lazy)
    catalogue.forget()  # runs go on in this very transaction, by models of workers that wake


def _asked_again(stopped: StoppedWorker) -> tuple[str, bool] | None:
    """What it is to be from now on; None: what it is."""
    worker = stopped.worker
    if stopped.confirmed_at is None:  # the request is taken back, if it is still there
        if worker.requested_status != WorkerStatus.ASLEEP:
            return None
        return stopped.requested_before, stopped.lazy_before
    slept_by_us = worker.status == WorkerStatus.ASLEEP and not worker.requested_status
    wakes = (stopped.requested_before or stopped.status_before) != WorkerStatus.ASLEEP
    return (WorkerStatus.AWAKE, stopped.lazy_before) if slept_by_us and wakes else None
