"""Films in `/metrics`."""

from __future__ import annotations

from films.metrics import metrics
from films.models import Film

from .film_fixtures import Order


def figures() -> dict[str, float]:
    found = [sample for family in metrics() for sample in family.samples]
    return {f"{one.name} {one.labels.get('state', '')}".strip(): one.value for one in found}


def test_films_are_counted_by_state(order: Order) -> None:
    before = figures()
    order()
    film = order("upscale")
    Film.objects.filter(pk=film.pk).update(state="failed", bytes_used=2_000)

    after = figures()

    assert set(before.values()) == {0}
    assert set(before) == set(after)
    assert (after["panic_films queued"], after["panic_films running"]) == (1, 0)
    assert after["panic_film_frames_bytes"] == 2_000
