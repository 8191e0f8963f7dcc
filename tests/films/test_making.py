"""A film from its order to its asset, with real operations on tiny clips."""

from __future__ import annotations

import time
from contextlib import closing
from pathlib import Path
from typing import Any

import av
import pytest
from django.conf import settings
from django.utils import timezone

from accounts.models import User
from films import changes, intermediates, orders, sweep
from films.models import Film, FilmTask, TaskAttempt, TaskPace
from films.progress import progress_of_film
from films.states import FilmState, TaskState
from films.worker import FilmWorker
from invocations.models import Run
from invocations.states import Outcome
from lib.validation import Invalid
from notifications.models import Channel, Notification
from notifications.occasions import SELECTABLE
from operations.contract import OperationResult
from tests.people import Work

from .conftest import Order, make_all, operate_here


@pytest.fixture
def channel(alice: User) -> Channel:
    """Where Alice is told of everything."""
    everything = [one.value for one in SELECTABLE]
    return Channel.add(alice, address="json://127.0.0.1:9/", name="Watch", occasions=everything)


def test_a_clip_becomes_a_film_with_twice_the_pictures(
    order: Order, film_worker: FilmWorker
) -> None:
    film = make_all(film_worker, order("interpolate", factor=2))

    assert film.state == FilmState.COMPLETED, film.error
    assert film.output is not None
    with film.output.path() as path:
        assert _pictures(path) == 48
    assert abs((film.output.seconds or 0) - 6.0) <= 1 / 8
    assert film.output.poster_url
    assert [one["operation"] for one in film.provenance["operations"]] == [
        *("split", "extract", "interpolate", "mux")
    ]
    assert film.provenance["clip"]["frames"] == 24


@pytest.mark.parametrize("recipe", ["interpolate-upscale", "upscale-interpolate"])
def test_both_orders_give_a_larger_and_smoother_film(
    order: Order, film_worker: FilmWorker, recipe: str
) -> None:
    film = make_all(film_worker, order(recipe, rate=10.0, height=72, keep_audio=False))

    assert film.state == FilmState.COMPLETED, film.error
    assert film.output is not None
    assert (film.output.width, film.output.height) == (96, 72)
    with film.output.path() as path:
        assert _pictures(path) == 60
        assert not _has_sound(path)
    assert not film.tasks.filter(operation="extract").exists()


def test_intermediate_files_go_as_soon_as_nobody_needs_them(
    order: Order, film_worker: FilmWorker
) -> None:
    film = make_all(film_worker, order("upscale"))

    assert film.bytes_used == 0
    assert list(intermediates.folder_of_film(film).iterdir()) == []
    sweep.remove_left_over_folders()
    assert not intermediates.folder_of_film(film).exists()


def test_a_film_that_takes_more_room_than_it_may_fails(
    order: Order, film_worker: FilmWorker, channel: Channel
) -> None:
    film = order("upscale")
    film.note_plan(max_bytes=1)

    film = make_all(film_worker, film)

    assert film.state == FilmState.FAILED
    assert film.error.startswith("The film has taken more room")
    told = Notification.objects.get()
    assert (told.channel, told.occasion) == (channel, "film-failed")
    assert told.facts == {
        "film": film.title,
        "reason": film.error,
        "page": "film",
        "page_of": film.public_id,
    }


def test_pace_is_that_of_a_machine_that_does_nothing_else(order: Order) -> None:
    """A task that waits is not slow: the processor was with others."""

    def wait(*asked: Any) -> OperationResult:
        time.sleep(0.5)
        return operate_here(*asked)

    with closing(FilmWorker(quiet_seconds=0, operate=wait)) as worker:
        make_all(worker, order("upscale"))

    paces = {one.operation: one.seconds * one.work for one in TaskPace.objects.all()}
    for task in FilmTask.objects.exclude(seconds=None):
        attempt = TaskAttempt.objects.get(task=task, outcome=Outcome.COMPLETED)
        assert task.seconds is not None
        assert task.seconds >= 0.5
        assert attempt.load > 1
    assert paces
    assert max(paces.values()) < 0.4


def test_what_was_measured_tells_the_time_that_is_left(
    order: Order, film_worker: FilmWorker
) -> None:
    film = order("interpolate")
    begun = progress_of_film(film)
    film_worker.work_once()
    split = progress_of_film(Film.objects.get(pk=film.pk))
    make_all(film_worker, film)
    done = progress_of_film(Film.objects.get(pk=film.pk))

    assert (begun.fraction, begun.stage) == (0.0, "")
    assert begun.eta_seconds is not None
    assert begun.eta_seconds > 0
    assert 0 < split.fraction < done.fraction == 1.0
    assert done.eta_seconds is None
    assert TaskPace.objects.get(operation="interpolate").count >= 2


def test_a_preview_waits_for_approval_and_the_film_comes_after_it(
    order: Order, film_worker: FilmWorker, channel: Channel
) -> None:
    film = make_all(film_worker, order("interpolate-upscale", scale=2, approve=True))
    assert film.state == FilmState.WAITING_APPROVAL, film.error
    assert film.preview is not None
    assert [one.occasion for one in Notification.objects.all()] == ["film-waiting"]
    small = (film.preview.width, film.preview.height)

    changes.approve_film(film=film, at=timezone.now())
    film = make_all(film_worker, film)

    assert film.state == FilmState.COMPLETED, film.error
    assert film.output is not None
    assert small == (64, 48)
    assert (film.output.width, film.output.height) == (128, 96)
    assert film.tasks.filter(operation="split").count() == 1
    assert [one.occasion for one in Notification.objects.order_by("pk")][1:] == ["film-finished"]


def test_a_run_becomes_a_film_of_its_pictures_words_and_sounds(
    alice: User, pictured_run: Run, film_worker: FilmWorker
) -> None:
    options = {"width": 128, "height": 72, "seconds": 0.8, "fade": 0.2, "rate": 15}
    film = orders.order_film(
        owner=alice, run=pictured_run, recipe="film-of-run", options=options, at=timezone.now()
    )
    film = make_all(film_worker, film)

    assert film.state == FilmState.COMPLETED, film.error
    assert film.output is not None
    # The prompt's picture; its words with the sound; the second picture; the last one.
    assert abs((film.output.seconds or 0) - 4 * 0.8) <= 1 / 15
    with film.output.path() as path:
        assert _has_sound(path)
    assert [one["title"] for one in film.chapters] == [
        *("a red balloon", "a balloon over the sea", "two balloons")
    ]
    mux = film.tasks.get(operation="mux")
    assert mux.parameters["offsets"] == [0.8]
    leads = film.tasks.filter(operation="crossfade")
    assert {task.parameters["transition"] for task in leads} == {"morph"}
    assert {task.backend for task in leads} == {"flow"}


def test_words_without_a_picture_are_large_and_in_the_middle(
    alice: User, run: Run, work: Work
) -> None:
    work(run, "a balloon over the sea")
    film = orders.order_film(
        owner=alice, run=run, recipe="film-of-run", options={}, at=timezone.now()
    )

    letters = [task.parameters for task in film.tasks.filter(operation="caption")]

    assert [one["text"] for one in letters] == ["a red balloon", "a balloon over the sea"]
    assert {one["place"] for one in letters} == {"middle"}


def test_words_are_written_in_the_letters_of_the_walls(alice: User, pictured_run: Run) -> None:
    asked: list[object] = []

    def operate(name: str, *others: Any) -> OperationResult:
        if name == "caption":
            asked.append(others[1]["fonts"])
        return operate_here(name, *others)

    options = {"width": 128, "height": 72, "seconds": 0.5, "fade": 0.1, "rate": 15}
    film = orders.order_film(
        owner=alice, run=pictured_run, recipe="film-of-run", options=options, at=timezone.now()
    )
    with closing(FilmWorker(operate=operate)) as worker:
        make_all(worker, film)

    assert asked
    assert all(fonts == [str(settings.DATA_DIR / "fonts")] for fonts in asked)
    # A machine's folders are no part of the plan.
    assert not film.tasks.filter(parameters__has_key="fonts").exists()


def test_films_that_cannot_be_made_are_refused_before_anything_is_begun(
    alice: User, run: Run, order: Order
) -> None:
    with pytest.raises(Invalid, match="recipe"):
        order("sharpen")
    with pytest.raises(Invalid) as wrong:
        order("interpolate", factor=3)
    with pytest.raises(Invalid, match="run"):
        order("film-of-run")
    with pytest.raises(orders.OrderRefused, match="nothing in this run"):
        orders.order_film(owner=alice, run=run, recipe="film-of-run", options={}, at=timezone.now())
    assert "options.factor" in wrong.value.errors
    assert not Film.objects.exists()
    assert not FilmTask.objects.exists()


def test_nobody_has_more_films_under_way_than_allowed(
    order: Order, settings: pytest.FixtureRequest
) -> None:
    settings.FILMS_PER_PERSON = 1  # type: ignore[attr-defined]
    first = order()
    with pytest.raises(orders.TooManyFilms):
        order()
    changes.cancel_film(film=first, at=timezone.now())

    assert order().state == FilmState.QUEUED
    assert set(first.tasks.values_list("state", flat=True)) == {TaskState.CANCELLED}


def test_a_film_that_needs_more_room_than_there_may_be_is_refused(
    order: Order, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(intermediates, "free_bytes", lambda: 0)

    with pytest.raises(orders.OrderRefused, match="not enough room"):
        order()


def _pictures(path: Path) -> int:
    with av.open(str(path)) as media:
        return sum(1 for _ in media.decode(video=0))


def _has_sound(path: Path) -> bool:
    with av.open(str(path)) as media:
        return bool(media.streams.audio)
