"""Figures of the films that are under way, for `/metrics`."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from django.db.models import Count, Sum
from prometheus_client.core import GaugeMetricFamily, Metric

from .models import Film, FilmTask
from .states import OPEN_FILMS, OPEN_TASKS, WORKED_ON


def metrics() -> Iterator[Metric]:
    """Three queries however many there are."""
    films = Film.objects.open().values_list("state").annotate(Count("pk")).order_by()
    yield _by_state("panic_films", "Films that are not at an end.", OPEN_FILMS, dict(films))
    tasks = FilmTask.objects.filter(film__state__in=WORKED_ON, state__in=OPEN_TASKS)
    found = dict(tasks.values_list("state").annotate(Count("pk")).order_by())
    yield _by_state("panic_film_tasks", "Tasks of films that are worked on.", OPEN_TASKS, found)
    used = Film.objects.filter(bytes_used__gt=0).aggregate(total=Sum("bytes_used"))["total"] or 0
    yield GaugeMetricFamily("panic_film_frames_bytes", "What intermediate files take.", value=used)


def _by_state(name: str, words: str, states: Iterable[str], counts: dict[str, int]) -> Metric:
    family = GaugeMetricFamily(name, words, labels=["state"])
    for state in sorted(map(str, states)):
        family.add_metric([state], counts.get(state, 0))
    return family
