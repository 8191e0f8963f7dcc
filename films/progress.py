"""How far a film is, and how long it will still take."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from django.db.models import Count, Sum

from .models import Film, FilmTask, TaskAttempt
from .pace import Paces
from .states import FilmState, TaskState


@dataclass(frozen=True, slots=True)
class FilmProgress:
    """`fraction` is from 0 to 1; `stage` is an operation, empty where none runs; `eta_seconds` is None where
    it is not known or nothing goes on."""

    fraction: float
    eta_seconds: float | None
    stage: str


def progress_of_film(film: Film) -> FilmProgress:
    return progress_of_films([film])[film.pk]


def progress_of_films(films: Iterable[Film]) -> dict[int, FilmProgress]:
    """By their keys. A number of queries that does not depend on how many films there are."""
    films = list(films)
    keys = [film.pk for film in films]
    rows = _work_of_films(keys)
    running = _running(keys)
    expected = {operation for film in films for operation, _, _ in film.forecast}
    paces = Paces(expected | {operation for _, operation, _, _, _, _ in rows})
    active = max(1, Film.objects.worked_on().count())
    return {film.pk: _progress(film, rows, running, paces, active) for film in films}


Row = tuple[int, str, str, str, float, int]


def _work_of_films(keys: list[int]) -> list[Row]:
    """(film, operation, size class, state, work, number of tasks)"""
    grouped = FilmTask.objects.filter(film__in=keys).order_by()
    sums = grouped.values_list("film_id", "operation", "size_class", "state")
    return list(sums.annotate(Sum("work"), Count("pk")))


def _running(keys: list[int]) -> list[tuple[int, str, str, float, float]]:
    """(film, operation, size class, work, how far) of what is at work."""
    live = TaskAttempt.objects.live().filter(film__in=keys).order_by("started_at")
    return list(
        live.values_list("film_id", "task__operation", "task__size_class", "task__work", "progress")
    )


def _progress(
    film: Film,
    rows: list[Row],
    running: list[tuple[int, str, str, float, float]],
    paces: Paces,
    active: int,
) -> FilmProgress:
    mine = [row[1:] for row in running if row[0] == film.pk]
    if film.state == FilmState.COMPLETED:
        return FilmProgress(1.0, None, "")
    done = sum(paces.seconds(operation, size, work) * far for operation, size, work, far in mine)
    left = sum(paces.seconds(*one) for one in film.forecast) - done
    for pk, operation, size, state, work, _ in rows:
        if pk == film.pk:
            seconds = paces.seconds(operation, size, work)
            if state == TaskState.COMPLETED:
                done += seconds
            else:
                left += seconds
    left = max(0.0, left)
    fraction = done / (done + left) if done + left else 0.0
    goes_on = film.state in (FilmState.QUEUED, FilmState.RUNNING)
    # Several tasks at once share the work; several films share the workers.
    eta = round(left * active / max(1, len(mine)), 1) if goes_on else None
    return FilmProgress(round(min(fraction, 0.999), 4), eta, mine[0][0] if mine else "")
