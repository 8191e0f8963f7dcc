"""What of films expires, and that what is shown before is what goes."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.conf import LazySettings
from django.utils import timezone

from accounts.models import User
from films import changes, intermediates, retention
from films.models import Film
from films.states import FilmState
from films.worker import FilmWorker
from invocations.states import RetentionClass

from .film_fixtures import Order


@pytest.fixture
def cancelled(order: Order, film_worker: FilmWorker) -> Film:
    """Cancelled with its chunks on the disk."""
    film = order("interpolate", keep_audio=False)
    film_worker.work_once()
    changes.cancel_film(film=Film.objects.get(), at=timezone.now())
    film.refresh_from_db()
    return film


def test_frames_of_an_ended_film_expire(cancelled: Film, bob: User) -> None:
    now = timezone.now()
    later = now + timedelta(days=3)

    before, after = retention.expiring(now), retention.expiring(later)
    of_another = retention.expiring(later, of=bob)
    shown = after.frame_bytes
    retention.remove(after, at=later)

    assert (list(before.frames), list(of_another.frames)) == ([], [])
    assert [film.pk for film in after.frames] == [cancelled.pk]
    assert shown > 0
    assert not intermediates.folder_of_film(cancelled).exists()
    cancelled.refresh_from_db()
    assert (cancelled.state, cancelled.bytes_used) == (FilmState.CANCELLED, 0)


def test_films_that_are_kept_stay(cancelled: Film, settings: LazySettings) -> None:
    settings.FILMS_KEPT_DAYS = 30
    later = timezone.now() + timedelta(days=31)

    expired = retention.expiring(later)
    cancelled.keep(RetentionClass.KEPT)
    kept = retention.expiring(later)
    retention.remove(expired, at=later)

    assert [film.pk for film in expired.films] == [cancelled.pk]
    assert list(kept.films) == []
    assert not Film.objects.exists()


def test_a_film_whose_frames_were_removed_can_still_be_tried_again(
    cancelled: Film, film_worker: FilmWorker
) -> None:
    retention.remove_frames(cancelled)
    changes.retry_film(film=cancelled)
    while film_worker.work_once():
        pass

    cancelled.refresh_from_db()
    assert cancelled.state == FilmState.COMPLETED, cancelled.error
