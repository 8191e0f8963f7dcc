"""What the pages of films show: a film with how far it is, its tasks in groups, and what went wrong."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from django.db import models
from django.db.models import Count, Min, Sum
from django.urls import reverse

from accounts.models import User
from archive.hooks import FilmOfRun
from films.models import Film, FilmTask, TaskAttempt
from films.models.film import FilmQuerySet
from films.progress import FilmProgress, progress_of_films
from films.sharing import shared_path
from films.state_texts import FILM_STATES
from films.states import FilmState, TaskState
from invocations.models import Run
from networks.models import Network, Person

FILMS_ON_PAGE = 60
FILMS_OF_RUN = 12
MAX_PROBLEMS = 20

# What can be done with a film in a state; each is a name of `films.views.acts`
ACTS: dict[str, tuple[str, ...]] = {
    FilmState.QUEUED: ("pause", "cancel"),
    FilmState.RUNNING: ("pause", "cancel"),
    FilmState.PAUSED: ("resume", "cancel"),
    FilmState.WAITING_APPROVAL: ("approve", "cancel"),
    FilmState.COMPLETED: (),
    FilmState.FAILED: ("retry",),
    FilmState.CANCELLED: ("retry",),
}


@dataclass(frozen=True, slots=True)
class FilmRow:
    """A film and how far it is."""

    film: Film
    progress: FilmProgress

    @property
    def percent(self) -> int:
        return round(self.progress.fraction * 100)

    @property
    def goes_on(self) -> bool:
        return self.film.state in (FilmState.QUEUED, FilmState.RUNNING, FilmState.PAUSED)

    @property
    def acts(self) -> tuple[str, ...]:
        return ACTS[self.film.state]


@dataclass(frozen=True, slots=True)
class TaskGroup:
    """Tasks of one operation that are in the same state, by the same backend."""

    operation: str
    state: str
    backend: str
    degraded: str
    count: int
    seconds: float | None


@dataclass(frozen=True, slots=True)
class TaskProblem:
    """A try that failed, in words."""

    number: int
    operation: str
    at: datetime
    error: str
    is_final: bool  # its task has failed


def shown_films(rows: FilmQuerySet) -> FilmQuerySet:
    """With all that a row or a page shows of them."""
    return rows.select_related("owner", "run__network__owner", "output", "preview", "replayed_in")


def rows_of_films(films: Iterable[Film]) -> list[FilmRow]:
    """A number of queries that does not depend on how many there are."""
    films = list(films)
    progress = progress_of_films(films)
    return [FilmRow(film, progress[film.pk]) for film in films]


def films_of_person(person: User) -> list[FilmRow]:
    """One's newest films."""
    found = shown_films(Film.objects.owned_by(person)).newest_first()
    return rows_of_films(found[:FILMS_ON_PAGE])


def films_of_run(run: Run, person: Person) -> list[Film]:
    """Those of this run that the person may see, the newest first."""
    return list(_newest(Film.objects.visible_to(person).filter(run=run)))


def links_of_run(run: Run, person: Person) -> list[FilmOfRun]:
    """The same, as the run's own page shows them; those that are not to be seen any more without their file."""
    return _links(run, films_of_run(run, person))


def all_links_of_run(run: Run) -> list[FilmOfRun]:
    """The same for those who control its network: they see all of them."""
    return _links(run, list(_newest(Film.objects.filter(run=run))))


def makers_of_films(network: Network) -> list[User]:
    """Whose films of its runs there may be."""
    films = Film.objects.filter(run__network=network).values("owner")
    controlling = models.Q(pk=network.owner_id) | models.Q(shared_networks=network)
    admins = models.Q(pk__in=User.objects.admins().values("pk"))
    return list(User.objects.filter(controlling | admins | models.Q(pk__in=films)).distinct())


def _newest(films: FilmQuerySet) -> FilmQuerySet:
    return films.select_related("output").newest_first()[:FILMS_OF_RUN]


def _links(run: Run, films: list[Film]) -> list[FilmOfRun]:
    if not films:
        return []
    seen = set(Film.objects.showable().filter(run=run).values_list("pk", flat=True))
    made = []
    for row in rows_of_films(films):
        link = _link(row.film, reverse("film", args=[row.film.public_id]))
        file = link.file if row.film.pk in seen else None
        made.append(replace(link, file=file, row=row if row.goes_on else None))
    return made


def shared_links_of_run(run: Run) -> list[FilmOfRun]:
    """Those that are shared, for whoever has the address of something else of the run."""
    shared = Film.objects.showable().filter(run=run).exclude(share_key="")
    return [_link(film, shared_path(film)) for film in _newest(shared)]


def _link(film: Film, address: str) -> FilmOfRun:
    words = str(FILM_STATES[film.state])
    return FilmOfRun(film.title, address, words, film.created_at, film.output, film.chapters or ())


def address_of_new_film(run: Run) -> str:
    """Where a film of this run is made."""
    return reverse("film-of-run", args=[run.public_id])


def row_of_film(film: Film) -> FilmRow:
    return rows_of_films([film])[0]


def page_context(film: Film) -> dict[str, object]:
    """For templates/films/_film.html and the fragments in it."""
    groups = groups_of_tasks(film)
    return {
        "row": row_of_film(film),
        "film": film,
        "groups": groups,
        "degraded": sorted({group.degraded for group in groups if group.degraded}),
        "problems": problems_of_film(film),
        "hidden": film.state == FilmState.COMPLETED
        and not Film.objects.showable().filter(pk=film.pk).exists(),
    }


def groups_of_tasks(film: Film) -> list[TaskGroup]:
    rows = FilmTask.objects.filter(film=film).order_by()
    grouped = rows.values("operation", "state", "backend", "degraded")
    counted = grouped.annotate(first=Min("number"), count=Count("pk"), total=Sum("seconds"))
    return [
        TaskGroup(
            one["operation"],
            one["state"],
            one["backend"],
            one["degraded"],
            one["count"],
            one["total"],
        )
        for one in counted.order_by("first")
    ]


def problems_of_film(film: Film) -> Sequence[TaskProblem]:
    """The newest tries that failed."""
    failed = TaskAttempt.objects.filter(film=film).exclude(error="").select_related("task")
    return [
        TaskProblem(
            attempt.task.number,
            attempt.task.operation,
            attempt.ended_at or attempt.started_at,
            attempt.error,
            attempt.task.state == TaskState.FAILED,
        )
        for attempt in failed.order_by("-pk")[:MAX_PROBLEMS]
    ]
