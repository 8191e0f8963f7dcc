"""What people do with a film that there is: pause, resume, approve, cancel, try again, delete."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

from django.db import transaction

from assets import retention
from operations.errors import BadInput

from . import events, intermediates, orders, outcomes, planning
from .models import Film, FilmTask
from .states import OPEN_TASKS, TaskState


def pause_film(*, film: Film) -> Film:
    """What runs finishes, and nothing more begins. Raises IllegalMove or Stale, like the others."""
    return _change(film, Film.pause)


def resume_film(*, film: Film) -> Film:
    return _change(film, Film.resume)


def approve_film(*, film: Film, at: datetime) -> Film:
    """Its preview is good: make the film. Raises OrderRefused where that is not possible any more."""

    def approve(held: Film) -> None:
        held.approve(at=at)
        try:
            planning.finish(held)
        except BadInput as error:
            raise orders.OrderRefused(str(error)) from None

    return _change(film, approve)


def cancel_film(*, film: Film, at: datetime) -> Film:
    """What runs is ended within seconds; what is finished stays, for who tries again."""

    def cancel(held: Film) -> None:
        held.cancel(at=at)
        outcomes.close_live_attempts(held, at=at)
        FilmTask.objects.filter(film=held, state__in=OPEN_TASKS).update(state=TaskState.CANCELLED)

    return _change(film, cancel)


def retry_film(*, film: Film) -> Film:
    """What has failed or was cancelled is done; what was finished is not done again."""

    def retry(held: Film) -> None:
        held.retry()
        planning.ask_again(held)

    return _change(film, retry)


def delete_film(*, film: Film, at: datetime) -> bool:
    """With its files; media that nothing else shows go too. False: somebody else has done so meanwhile."""
    with transaction.atomic():
        try:
            held = _lock(film)
        except Film.DoesNotExist:
            return False
        outcomes.close_live_attempts(held, at=at)
        shown = [pk for pk in (held.output_id, held.preview_id) if pk is not None]
        events.publish(held, events.FilmDeleted.from_film(held))
        held.delete()
        retention.abandon(shown, at=at)
        transaction.on_commit(lambda: intermediates.remove_all(film))
    return True


def _change(film: Film, act: Callable[[Film], object]) -> Film:
    with transaction.atomic():
        held = _lock(film)
        act(held)
        planning.wake_workers()
    return held


def _lock(film: Film) -> Film:
    rows = Film.objects.select_related("owner", "run__network", "output", "preview", "upload")
    return rows.select_for_update(of=("self",)).get(pk=film.pk)
