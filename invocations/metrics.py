"""Calls of platforms, the engine's own time between two steps, and circuit breakers, for `/metrics`."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import datetime

from prometheus_client.core import (
    CounterMetricFamily,
    GaugeMetricFamily,
    HistogramMetricFamily,
    Metric,
)

from .call_measures import BEYOND, CALL_BOUNDS, HOP_BOUNDS
from .models import CallMeasure, RateLimiter

Kind = CallMeasure.Kind
Buckets = Mapping[str, CallMeasure]


def metrics(at: datetime) -> Iterator[Metric]:
    """Of all processes and machines together; two queries."""
    rows = list(CallMeasure.objects.all())
    calls = HistogramMetricFamily(
        "panic_call_seconds",
        "Calls of models from the claim of a step to its outcome.",
        labels=["platform"],
    )
    for platform in sorted({row.platform for row in rows if row.kind == Kind.CALL}):
        _fill(calls, [platform], _buckets(rows, Kind.CALL, platform), CALL_BOUNDS)
    yield calls
    errors = CounterMetricFamily(
        "panic_call_errors",
        "Attempts that ended with this error.",
        labels=["platform", "code"],
    )
    for row in rows:
        if row.kind == Kind.ERROR:
            errors.add_metric([row.platform, row.label], row.count)
    yield errors
    hops = HistogramMetricFamily(
        "panic_hop_overhead_seconds",
        "From when a step may begin until a worker has it.",
        labels=[],
    )
    _fill(hops, [], _buckets(rows, Kind.HOP, ""), HOP_BOUNDS)
    yield hops
    breakers = GaugeMetricFamily(
        "panic_breaker_open", "1 while it is asked less often: it failed in a row.", labels=["key"]
    )
    keys = RateLimiter.objects.filter(open_until__gt=at).values_list("key", flat=True)
    for key in sorted({key.partition("#")[0].partition("/")[0] for key in keys}):
        breakers.add_metric([key], 1)
    yield breakers


def _buckets(rows: list[CallMeasure], kind: str, platform: str) -> Buckets:
    return {row.label: row for row in rows if (row.kind, row.platform) == (kind, platform)}


def _fill(
    family: HistogramMetricFamily, labels: list[str], found: Buckets, bounds: tuple[float, ...]
) -> None:
    """Buckets of a histogram are cumulative: each has what the smaller ones have."""
    below, cumulative = 0, []
    for label in [*map(str, bounds), BEYOND]:
        below += found[label].count if label in found else 0
        cumulative.append((label, float(below)))
    family.add_metric(labels, cumulative, sum(one.seconds for one in found.values()))
