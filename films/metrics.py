"""Figures of the films that are under way, for `/metrics`."""

from __future__ import annotations

from collections.abc import Iterator

from django.db.models import Count, Q, Sum
from prometheus_client.core import GaugeMetricFamily, Metric

from .models import Film
from .states import OPEN_FILMS


def metrics() -> Iterator[Metric]:
    """One query however many there are."""
    states = sorted(map(str, OPEN_FILMS))
    found = Film.objects.filter(Q(state__in=OPEN_FILMS) | Q(bytes_used__gt=0)).aggregate(
        used=Sum("bytes_used", default=0),
        **{state: Count("pk", filter=Q(state=state)) for state in states},
    )
    films = GaugeMetricFamily("panic_films", "Films that are not at an end.", labels=["state"])
    for state in states:
        films.add_metric([state], found[state])
    yield films
    used = found["used"]
    yield GaugeMetricFamily("panic_film_frames_bytes", "What intermediate files take.", value=used)
