"""How old the last backup is, for `/metrics`."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime

from prometheus_client.core import GaugeMetricFamily, Metric

from .file_names import backup_folder, backups_in
from .models import BackupState, ScheduledBackup


def metrics(at: datetime) -> Iterator[Metric]:
    """One query; the age is of the newest file in the folder of this machine, whoever made it."""
    age = GaugeMetricFamily(
        "panic_backup_age_seconds", "How old the newest backup on this machine is."
    )
    size = GaugeMetricFamily(
        "panic_backup_bytes", "How large the newest backup on this machine is."
    )
    if newest := backups_in(backup_folder())[:1]:
        age.add_metric([], (at - newest[0].created_at).total_seconds())
        size.add_metric([], newest[0].path.stat().st_size)
    yield age
    yield size
    last = ScheduledBackup.objects.order_by("-asked_at").first()
    failing = last is not None and last.state == BackupState.FAILED
    yield GaugeMetricFamily(
        "panic_backup_failing", "1 where the last backup of the schedule failed.", value=failing
    )
