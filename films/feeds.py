"""What the pages of films follow: all films of a person, one film, and the films of a run."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Self

from channels.db import database_sync_to_async
from django.contrib.auth.models import AnonymousUser
from django.template.loader import render_to_string

from accounts.models import User
from invocations.models import Run
from networks.models import Person
from realtime.events import Progress
from realtime.feeds import NOT_FOUND, NOT_SIGNED_IN, Denied, Feed, Frame, Scope
from realtime.models import Event
from studio.feeds import CHANGES_BLOCKLIST
from studio.hooks import hooks

from . import film_page
from .events import FilmCreated, FilmDeleted, topic_of
from .models import Film

HTML = Mapping[str, str]


class FilmsFeed(Feed):
    """`/ws/films/`: one's own films."""

    def __init__(self, person: User) -> None:
        self.person = person
        self.key = f"{topic_of(person)}:list"
        self.topics = (topic_of(person),)

    @classmethod
    async def open(cls, scope: Scope) -> Self:
        person: Person = scope.get("user") or AnonymousUser()
        if not isinstance(person, User):
            raise Denied(NOT_SIGNED_IN)
        return cls(person)

    def snapshot(self) -> HTML:
        rows = film_page.films_of_person(self.person)
        return {"films": render_to_string("films/_films.html", {"rows": rows})}

    def redraw_key(self, event: Event) -> str:
        """A row shows the present: of what came at once about the same film, the last is enough."""
        return f"{event.type in _OF_LIST} {event.data.get('film')}"

    def render(self, event: Event) -> Frame | None:
        if event.type in _OF_LIST:
            return Frame(html=self.snapshot())
        row = _row_of_event(event)
        if row is None:
            return None
        html = render_to_string("films/_film_row.html", {"row": row})
        return Frame(html={f"film-{row.film.public_id}": html})

    def render_progress(self, progress: Progress) -> HTML:
        return _progress_html(str(progress.data.get("film", "")))


class FilmFeed(Feed):
    """`/ws/films/<film>/`: one film, for those who may see it."""

    def __init__(self, film: Film) -> None:
        self.film = film
        self.key = f"film:{film.public_id}"
        self.topics = (film.topic,)

    @classmethod
    async def open(cls, scope: Scope) -> Self:
        person: Person = scope.get("user") or AnonymousUser()
        public_id = scope["url_route"]["kwargs"]["film"]
        return await database_sync_to_async(cls.open_for)(person, public_id)

    @classmethod
    def open_for(cls, person: Person, public_id: str) -> Self:
        """Raises Denied."""
        film = film_page.shown_films(Film.objects.visible_to(person)).filter(public_id=public_id)
        found = film.first()
        if found is None:
            raise Denied(NOT_FOUND if person.is_authenticated else NOT_SIGNED_IN)
        return cls(found)

    def snapshot(self) -> HTML:
        found = film_page.shown_films(Film.objects.filter(pk=self.film.pk)).first()
        if found is None:
            return {}
        context = film_page.page_context(found)
        return {
            "film-now": render_to_string("films/_film_now.html", context),
            "film-tasks": render_to_string("films/_film_tasks.html", context),
        }

    def redraw_key(self, event: Event) -> str:
        return "film" if event.data.get("film") == self.film.public_id else ""

    def render(self, event: Event) -> Frame | None:
        if event.data.get("film") != self.film.public_id:
            return None
        if event.type == FilmDeleted.type:
            raise Denied(NOT_FOUND)
        return Frame(html=self.snapshot())

    def render_progress(self, progress: Progress) -> HTML:
        if progress.data.get("film") != self.film.public_id:
            return {}
        context = film_page.page_context(self.film)
        tasks = render_to_string("films/_film_tasks.html", context)
        return {**_progress_html(self.film.public_id), "film-tasks": tasks}


class RunFeed(Feed):
    """`/ws/runs/<run>/`: what changes on the page of a run, for those who control its network: its films, and the workers
    that are given no more of it."""

    def __init__(self, run: Run) -> None:
        self.run = run
        self.key = f"run:{run.public_id}"
        films = (topic_of(person) for person in film_page.makers_of_films(run.network))
        self.topics = (run.network.topic, *films)

    @classmethod
    async def open(cls, scope: Scope) -> Self:
        person: Person = scope.get("user") or AnonymousUser()
        public_id = scope["url_route"]["kwargs"]["run"]
        return await database_sync_to_async(cls.open_for)(person, public_id)

    @classmethod
    def open_for(cls, person: Person, public_id: str) -> Self:
        """Raises Denied."""
        rows = Run.objects.visible_to(person).select_related("network__owner")
        run = rows.filter(public_id=public_id).first()
        if run is None or not run.network.may_control(person):
            raise Denied(NOT_FOUND if person.is_authenticated else NOT_SIGNED_IN)
        return cls(run)

    def snapshot(self) -> HTML:
        return {**self._films(), **self._blocklist()}

    def redraw_key(self, event: Event) -> str:
        """Both lists show the present."""
        if event.type in CHANGES_BLOCKLIST:
            return f"blocklist {event.data.get('run')}"
        return f"film {event.data.get('film')}" if "film" in event.data else ""

    def render(self, event: Event) -> Frame | None:
        if event.type in CHANGES_BLOCKLIST and event.data.get("run") == self.run.public_id:
            return Frame(html=self._blocklist())
        gone = event.type == FilmDeleted.type
        if "film" in event.data and (gone or self._has(str(event.data["film"]))):
            return Frame(html=self._films())
        return None

    def render_progress(self, progress: Progress) -> HTML:
        film = str(progress.data.get("film", ""))
        return _progress_html(film) if film and self._has(film) else {}

    def _has(self, film: str) -> bool:
        return Film.objects.filter(run=self.run, public_id=film).exists()

    def _films(self) -> HTML:
        context = {"run": self.run, "films": film_page.all_links_of_run(self.run)}
        return {"run-films": render_to_string("archive/_run_films.html", context)}

    def _blocklist(self) -> HTML:
        place = f"blocklist-{self.run.public_id}"
        context = {"blocklist": hooks.blocklist(self.run), "place": place}
        return {place: render_to_string("studio/_blocklist.html", context)}


_OF_LIST = {FilmCreated.type, FilmDeleted.type}


def _row_of_event(event: Event) -> film_page.FilmRow | None:
    found = film_page.shown_films(Film.objects.filter(public_id=event.data.get("film"))).first()
    return film_page.row_of_film(found) if found else None


def _progress_html(public_id: str) -> HTML:
    """How far it is by now; nothing where it does not go on any more."""
    found = Film.objects.filter(public_id=public_id).first()
    row = film_page.row_of_film(found) if found else None
    if row is None or not row.goes_on:
        return {}
    return {f"film-progress-{public_id}": render_to_string("films/_progress.html", {"row": row})}
