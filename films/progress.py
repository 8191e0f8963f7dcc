"""How far a film is, and how long it will still take."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

from django.conf import settings
from django.db.models import Count, F, FilteredRelation, Q, Sum
from django.db.models.functions import Coalesce
from django.utils import timezone

from .load import ALONE
from .models import Film, FilmTask, TaskAttempt
from .pace import Paces, TimeGuess, total, way_of
from .places import is_a_ring_live
from .plans import CHUNK_MEGAPIXELS, TaskWay
from .states import FilmState, TaskState


@dataclass(frozen=True, slots=True)
class FilmProgress:
    """`fraction` is from 0 to 1; `stage` is an operation, empty where none runs; `left` is None where it is
    not known or nothing goes on."""

    fraction: float
    left: TimeGuess | None
    stage: str

    @property
    def eta_seconds(self) -> float | None:
        return None if self.left is None else round(self.left.seconds, 1)

    @property
    def eta_range(self) -> list[float] | None:
        return None if self.left is None else [round(self.left.least), round(self.left.most)]


@dataclass(frozen=True, slots=True)
class Crowd:
    """Several places share the work of a film, and several films share the places."""

    films: int
    places: int

    @classmethod
    def now(cls, *, more: int = 0) -> Crowd:
        """`more`: films that are about to be ordered."""
        places = 1 if is_a_ring_live() else settings.FILM_PROCESSES
        return cls(max(1, Film.objects.worked_on().count() + more), places)

    def share(self, guesses: Iterable[tuple[TaskWay, TimeGuess]]) -> TimeGuess:
        """How long all of it takes by the clock."""
        return total(
            guess.times(self.films / (1 if way.operation in ALONE else self.places))
            for way, guess in guesses
        )


@dataclass(frozen=True, slots=True)
class WorkRow:
    """Tasks of one film that are alike and in one state, and how much of their work those at work have done."""

    film: int
    way: TaskWay
    state: str
    work: float
    tasks: float
    begun: float


@dataclass(frozen=True, slots=True)
class TaskAtWork:
    """One task: how much of it is done since it was begun."""

    film: int
    way: TaskWay
    done: float
    seconds: float


def progress_of_film(film: Film) -> FilmProgress:
    return progress_of_films([film])[film.pk]


def progress_of_films(films: Iterable[Film]) -> dict[int, FilmProgress]:
    """By their keys. A number of queries that does not depend on how many films there are."""
    films = list(films)
    keys = [film.pk for film in films]
    crowd = Crowd.now()
    rows, running, paces = _work_of_films(keys), _running(keys), Paces(crowd.places)
    for one in running:
        paces.learn(one.way, one.done, one.seconds)
    progress = partial(_progress, paces=paces, crowd=crowd)
    return {
        film.pk: progress(
            film,
            [row for row in rows if row.film == film.pk],
            [row for row in running if row.film == film.pk],
        )
        for film in films
    }


def _work_of_films(keys: list[int]) -> list[WorkRow]:
    """States, and how far the tasks at work are, from one query: a task that ends between two would count as
    neither, and the bar would jump back."""
    grouped = FilmTask.objects.filter(film__in=keys).order_by()
    named = ("film_id", "operation", "size_class", *ASKED, "state")
    live = FilteredRelation("attempts", condition=Q(attempts__outcome=""))
    begun = Sum(F("work") * Coalesce(F("live__progress"), 0.0))
    sums = (
        grouped.annotate(live=live)
        .values_list(*named)
        .annotate(Sum("work"), Count("pk"), begun=begun)
    )
    return [
        WorkRow(film, _way(operation, size, *asked), state, work, tasks, done)
        for film, operation, size, *asked, state, work, tasks, done in sums
    ]


def _running(keys: list[int]) -> list[TaskAtWork]:
    """What is at work."""
    now = timezone.now()
    live = TaskAttempt.objects.live().filter(film__in=keys).order_by("started_at")
    asked = (f"task__{name}" for name in ASKED)
    named = live.values_list(
        *("film_id", "task__operation", "task__size_class", *asked),
        *("task__work", "progress", "started_at"),
    )
    return [
        TaskAtWork(film, _way(operation, size, *asked), work * far, (now - began).total_seconds())
        for film, operation, size, *asked, work, far, began in named
    ]


ASKED = ("parameters__method", "parameters__transition")


def _way(operation: str, size: str, method: str | None, transition: str | None) -> TaskWay:
    return TaskWay(operation, size, way_of({"method": method, "transition": transition}))


def _progress(
    film: Film,
    rows: list[WorkRow],
    running: list[TaskAtWork],
    *,
    paces: Paces,
    crowd: Crowd,
) -> FilmProgress:
    if film.state == FilmState.COMPLETED:
        return FilmProgress(1.0, None, "")
    guessed = [(row, paces.guess(row.way, row.work, tasks=row.tasks)) for row in rows]
    begun = [
        (row, guess.times(row.begun / row.work)) for row, guess in guessed if row.work and row.begun
    ]
    done = sum(guess.seconds for row, guess in guessed if row.state == TaskState.COMPLETED)
    done += sum(guess.seconds for _, guess in begun)
    ahead = [(row.way, guess) for row, guess in guessed if row.state != TaskState.COMPLETED]
    ahead += [(row.way, guess.times(-1)) for row, guess in begun]
    ahead += expected(film.forecast, paces)
    whole = total(guess for _, guess in ahead).seconds
    fraction = done / (done + whole) if done + whole > 0 else 0.0
    goes_on = film.state in (FilmState.QUEUED, FilmState.RUNNING)
    left = crowd.share(ahead)
    stage = running[0].way.operation if running else ""
    return FilmProgress(round(min(fraction, 0.999), 4), _positive(left) if goes_on else None, stage)


def expected(forecast: Sequence[Sequence[Any]], paces: Paces) -> list[tuple[TaskWay, TimeGuess]]:
    """What is not planned yet."""
    found = []
    for operation, size_class, work, *way in forecast:
        tasks = 1 if operation in ALONE else max(1.0, work / CHUNK_MEGAPIXELS)
        one = TaskWay(operation, size_class, *way)
        found.append((one, paces.guess(one, work, tasks=tasks)))
    return found


def _positive(guess: TimeGuess) -> TimeGuess:
    return TimeGuess(max(0.0, guess.seconds), max(0.0, guess.least), max(0.0, guess.most))
