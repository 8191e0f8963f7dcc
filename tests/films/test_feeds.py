"""What the page of a run is sent while a film of it is made, and who may follow it."""

from __future__ import annotations

import pytest
from django.contrib.auth.models import AnonymousUser
from django.utils import timezone

from accounts.models import User
from films import changes, events, orders
from films.feeds import FilmFeed, RunFeed
from films.models import Film
from films.state_texts import FILM_STATES
from films.worker import FilmWorker
from invocations.models import Run
from realtime.events import Progress
from realtime.feeds import NOT_FOUND, NOT_SIGNED_IN, Denied, Frame
from realtime.models import Event

from .conftest import Order, make_all

SMALL = {"width": 160, "height": 90, "rate": 15, "seconds": 1, "fade": 0.2, "captions": False}


@pytest.fixture
def film(pictured_run: Run, alice: User) -> Film:
    return orders.order_film(
        owner=alice, run=pictured_run, recipe="film-of-run", options=SMALL, at=timezone.now()
    )


def drawn_since(feed: RunFeed, cursor: int) -> list[Frame]:
    frames = map(feed.render, Event.objects.filter(pk__gt=cursor).order_by("pk"))
    return [frame for frame in frames if frame is not None]


def newest_event() -> int:
    return max(Event.objects.values_list("pk", flat=True), default=0)


def test_a_run_shows_its_films_from_their_order_to_their_end(
    film: Film, pictured_run: Run, alice: User, film_worker: FilmWorker
) -> None:
    feed = RunFeed.open_for(alice, pictured_run.public_id)
    ordered = feed.snapshot()["run-films"]
    assert f"film-progress-{film.public_id}" in ordered
    cursor = newest_event()

    make_all(film_worker, film)

    shown = drawn_since(feed, cursor)[-1].html["run-films"]
    assert str(FILM_STATES["completed"]) in shown
    assert "Download" in shown
    assert "film-progress" not in shown
    cursor = newest_event()
    changes.delete_film(film=film, at=timezone.now())
    assert "hidden" in drawn_since(feed, cursor)[-1].html["run-films"]


def test_progress_is_drawn_of_films_of_the_run_and_of_no_other(
    film: Film, pictured_run: Run, alice: User
) -> None:
    feed = RunFeed.open_for(alice, pictured_run.public_id)
    other = Film.objects.create(owner=alice, recipe="interpolate", state="running")

    def elements_drawn(one: Film) -> list[str]:
        data = {"film": one.public_id, "progress": 0.5, "eta_seconds": 4.0}
        return list(feed.render_progress(Progress(one.topic, "film.progressed", data)))

    assert elements_drawn(film) == [f"film-progress-{film.public_id}"]
    assert elements_drawn(other) == []
    events.publish(other, events.FilmCompleted.from_film(other))
    assert feed.render(Event.objects.latest("pk")) is None


def test_films_that_another_person_orders_are_heard_of(
    pictured_run: Run, alice: User, bob: User, root: User
) -> None:
    pictured_run.network.collaborators.add(bob)

    topics = RunFeed.open_for(alice, pictured_run.public_id).topics

    wanted = {events.topic_of(person) for person in (alice, bob, root)}
    assert set(topics) >= wanted | {pictured_run.network.topic}


def test_only_those_who_control_the_network_follow_it(pictured_run: Run, bob: User) -> None:
    pictured_run.network.public = True
    pictured_run.network.save()

    for person, code in ((bob, NOT_FOUND), (AnonymousUser(), NOT_SIGNED_IN)):
        with pytest.raises(Denied) as refused:
            RunFeed.open_for(person, pictured_run.public_id)
        assert refused.value.code == code


def test_page_of_a_film_that_ends_loses_its_place_in_the_queue_without_a_reload(
    order: Order, film_worker: FilmWorker
) -> None:
    film = order("upscale")
    feed = FilmFeed(film)
    begun = feed.snapshot()["film-now"]

    make_all(film_worker, film)

    assert "It takes turns with other films." in begun
    assert "It takes turns with other films." not in feed.snapshot()["film-now"]
