"""Figures of all streams that are on air, for `/metrics`."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from django.utils import timezone
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric

from .broadcasts import StreamStatus
from .models import Broadcast, StreamViewers

MAX_STREAMS = 200


def metrics() -> Iterator[Metric]:
    """By the network's address; two queries however many there are."""
    at = timezone.now()
    wanted = Broadcast.objects.wanted_ones().select_related("network").order_by("pk")
    rows = list(wanted[:MAX_STREAMS])
    viewers = StreamViewers.counts(at=at) if rows else {}
    found = [
        StreamStatus(one.network, one, viewers.get(one.network_id, 0), [], 0, at) for one in rows
    ]
    yield GaugeMetricFamily("panic_stream_on_air", "Streams that are wanted.", value=len(found))
    state = GaugeMetricFamily(
        "panic_stream_state", "1 for the state it is in.", labels=["network", "state"]
    )
    for one in found:
        state.add_metric([one.network.slug, one.state], 1)
    yield state
    yield _gauge("viewers", "Who plays it.", [(one, one.viewers) for one in found])
    ages = [(one, one.segment_age) for one in found if one.segment_age is not None]
    yield _gauge("segment_age_seconds", "Since the end of the newest segment.", ages)
    counted = {"late_frames": "Frames skipped.", "restarts": "Encoders started again."}
    counted["cpu_seconds"] = "Processor time of its encoders."
    for name, words in counted.items():
        family = CounterMetricFamily(f"panic_stream_{name}", words, labels=["network"])
        for one in found:
            family.add_metric([one.network.slug], getattr(one.broadcast, name))
        yield family


def _gauge(name: str, words: str, values: Sequence[tuple[StreamStatus, float]]) -> Metric:
    family = GaugeMetricFamily(f"panic_stream_{name}", words, labels=["network"])
    for status, value in values:
        family.add_metric([status.network.slug], value)
    return family
