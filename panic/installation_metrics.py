"""The disk of this machine, displays, and what was spent today, for `/metrics`."""

from __future__ import annotations

import shutil
from collections import Counter
from collections.abc import Iterator
from datetime import datetime, timedelta

from django.conf import settings
from django.db.models import Count, Max
from prometheus_client.core import GaugeMetricFamily, Metric

from displays.models import DisplayReport
from farm import batch_rates, stamp
from farm.models import FarmWorker, WorkerStatus
from invocations.models import Spending
from lib import disk_space


def disk() -> Iterator[Metric]:
    usage = shutil.disk_usage(settings.DATA_DIR)
    for name, words, value in (
        ("free", "Free bytes on the disk of the data folder.", usage.free),
        ("floor", "Below so many free bytes nothing new begins.", disk_space.floor_bytes()),
        ("size", "Bytes of the disk of the data folder.", usage.total),
    ):
        yield GaugeMetricFamily(f"panic_disk_{name}_bytes", words, value=value)
    words = "1 while the disk is so full that no run starts and no step begins here."
    yield GaugeMetricFamily("panic_disk_full", words, value=disk_space.is_below_floor())


def displays(at: datetime) -> Iterator[Metric]:
    """Those that were heard of within the last minute, of all web processes."""
    heard = DisplayReport.objects.filter(seen_at__gt=at - timedelta(minutes=1))
    found = heard.aggregate(count=Count("pk"), lag=Max("lag_ms"))
    words = "Displays that were heard of within the last minute."
    yield GaugeMetricFamily("panic_displays", words, value=found["count"])
    words = "The longest time from an event to a display that has drawn it, when last heard of."
    yield GaugeMetricFamily(
        "panic_display_lag_seconds", words, value=(found["lag"] or 0.0) / 1000.0
    )


def farm(at: datetime) -> Iterator[Metric]:
    """Nothing where no worker was ever enrolled."""
    if stamp.stamp.read() is None:
        return
    family = GaugeMetricFamily("panic_farm_workers", "Workers of the farm.", labels=["status"])
    count = Counter(one.shown_status(at) for one in FarmWorker.objects.kept())
    for status in WorkerStatus:
        family.add_metric([status], count[status])
    yield family
    words = "Steps of the farm that batches of this size did in a second, over the last day."
    rates = GaugeMetricFamily("panic_farm_batch_steps_per_second", words, labels=["model", "size"])
    for rate in batch_rates.rates_lately(at):
        rates.add_metric([rate.model, str(rate.size)], rate.steps_per_second)
    yield rates


def spending(at: datetime) -> Iterator[Metric]:
    """Of the day until now, of all networks."""
    day = Spending.objects.lately(at).day
    for name, words, value in (
        ("spent_usd", "Dollars spent since the day began.", day.usd),
        ("spent_usd_uncertain", "Dollars besides that may have been charged.", day.usd_uncertain),
        ("calls", "Calls of models since the day began.", day.calls),
        ("calls_failed", "Calls of models that failed since the day began.", day.failed),
    ):
        yield GaugeMetricFamily(f"panic_{name}_today", words, value=value)
