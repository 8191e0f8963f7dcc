"""Learned weights for films of clips: by themselves where they are here and there is time, and as asked for."""

from __future__ import annotations

from typing import Any

import pytest
from django.conf import LazySettings
from django.test import Client

from films import pace
from films.models import Film, FilmTask, Upload
from films.orders import OrderRefused
from films.worker import FilmWorker

from .film_fixtures import Order, make_all

COMMAND = "run `make setup EXTRAS=films`"


@pytest.fixture
def with_weights(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pace, "is_installed", lambda packages, names: True)


@pytest.fixture
def without_weights(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pace, "is_installed", lambda packages, names: False)


def methods_of(film: Film, worker: FilmWorker) -> dict[str, Any]:
    """By the operations of its chunks, once it is split."""
    while not film.tasks.filter(operation__in=("interpolate", "upscale")).exists():
        assert worker.work_once()
    chunks = film.tasks.filter(operation__in=("interpolate", "upscale"))
    return {one.operation: one.parameters.get("method") for one in chunks}


@pytest.mark.usefixtures("without_weights")
def test_without_weights_automatic_does_without(order: Order, film_worker: FilmWorker) -> None:
    film = order("interpolate-upscale")

    made = make_all(film_worker, film)

    assert made.provenance["method"] == "motion"
    assert [one["degraded"] for one in made.provenance["operations"]] == [""] * 5
    assert methods_of(film, film_worker) == {"interpolate": "motion", "upscale": None}


@pytest.mark.usefixtures("without_weights")
@pytest.mark.parametrize("recipe", ["interpolate", "upscale", "upscale-interpolate"])
def test_learned_without_weights_is_refused_with_the_command(order: Order, recipe: str) -> None:
    with pytest.raises(OrderRefused, match=COMMAND):
        order(recipe, method="learned")

    assert not Film.objects.exists()
    assert not FilmTask.objects.exists()


@pytest.mark.usefixtures("without_weights")
def test_page_and_api_refuse_it_in_the_same_words(owner: Client, upload: Upload) -> None:
    form = {"upload": upload.public_id, "more": "2", "larger": "", "method": "learned"}
    body = {"upload": upload.public_id, "recipe": "upscale", "options": {"method": "learned"}}

    page = owner.post("/films/new/", form)
    answer = owner.post("/api/v1/films", body, "application/json")

    assert (page.status_code, answer.status_code) == (422, 422)
    assert COMMAND in page.content.decode()
    assert COMMAND in answer.json()["detail"]


@pytest.mark.usefixtures("with_weights")
def test_automatic_uses_weights_where_there_is_time(
    order: Order, film_worker: FilmWorker, settings: LazySettings
) -> None:
    soon = order("interpolate-upscale")
    settings.FILM_LEARNED_MINUTES = 0
    late = order("interpolate-upscale")

    assert (soon.provenance["method"], late.provenance["method"]) == ("learned", "motion")
    assert methods_of(soon, film_worker) == {"interpolate": "learned", "upscale": "learned"}
    assert methods_of(late, film_worker) == {"interpolate": "motion", "upscale": None}


@pytest.mark.usefixtures("with_weights")
def test_asked_for_it_takes_as_long_as_it_takes(
    order: Order, film_worker: FilmWorker, settings: LazySettings
) -> None:
    settings.FILM_LEARNED_MINUTES = 0

    film = order("upscale", method="learned", approve=True)

    assert ["upscale", "learned"] in [[one[0], one[3]] for one in film.forecast]
    assert methods_of(film, film_worker) == {"upscale": None}  # its preview


@pytest.mark.usefixtures("with_weights")
def test_motion_does_without_weights_that_are_here(order: Order, film_worker: FilmWorker) -> None:
    film = order("interpolate", method="motion")

    assert methods_of(film, film_worker) == {"interpolate": "motion"}
