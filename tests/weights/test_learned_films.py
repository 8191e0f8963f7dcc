"""Films of clips by learned weights, from the order to the film."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest
from django.conf import LazySettings

from films.models import TaskPace
from films.worker import FilmWorker
from operations.registry import learned_operations
from tests.films.film_fixtures import *  # noqa: F403  its fixtures
from tests.films.film_fixtures import Order, make_all

pytestmark = [pytest.mark.usefixtures("films_extra"), pytest.mark.django_db]


@pytest.fixture(autouse=True)
def own_storage(settings: LazySettings, tmp_path: Path) -> None:
    settings.MEDIA_ROOT = tmp_path / "media"
    settings.DISK_FLOOR_MB = 0


@pytest.fixture
def process_worker() -> Iterator[FilmWorker]:
    """Its operations run in processes of their own, as in the product."""
    with closing(FilmWorker()) as worker:
        yield worker


@pytest.mark.parametrize("recipe", ["interpolate-upscale", "upscale-interpolate"])
@pytest.mark.parametrize("method", ["learned", "automatic"])
def test_a_clip_is_made_by_learned_weights(
    order: Order, process_worker: FilmWorker, recipe: str, method: str
) -> None:
    film = make_all(process_worker, order(recipe, method=method))

    assert film.state == "completed", film.error
    assert film.provenance["method"] == "learned"
    done = {one["operation"]: one for one in film.provenance["operations"]}
    assert (done["interpolate"]["backend"], done["upscale"]["backend"]) == ("rife", "waifu2x")
    assert {one["degraded"] for one in done.values()} == {""}
    assert TaskPace.objects.filter(backend="rife").exists()
    assert film.output is not None
    assert (film.output.width, film.output.height) == (128, 96)


def test_a_worker_of_the_farm_says_that_it_has_weights() -> None:
    assert learned_operations() == ["interpolate", "upscale"]
