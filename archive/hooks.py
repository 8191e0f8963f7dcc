"""What pages of the archive ask of the apps above them; panic/apps.py wires it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from accounts.models import User
from assets.models import Asset
from invocations.models import Run
from lib.unwired import not_wired
from networks.models import Person


@dataclass(frozen=True, slots=True)
class FilmOfRun:
    """A film that was made of a run, as a link. `file`: None: it is not finished. `row`: how far it is, for
    `films/_progress.html`; None: nothing goes on."""

    title: str
    url: str
    state: str  # in words
    created_at: datetime
    file: Asset | None = None
    chapters: Sequence[dict[str, Any]] = ()  # {"seconds", "title"}
    row: object = None


@dataclass(frozen=True, slots=True)
class ImportedFilm:
    """A film that came with a run from elsewhere; `file`: the key of its asset."""

    run: Run
    owner: User
    file: int
    title: str
    chapters: Sequence[dict[str, Any]]


@dataclass(slots=True)
class ArchiveHooks:
    """`films_of_run`: those that this person may see; `shared_films_of_run`: finished ones, with the addresses
    that are for everybody; `film_address`: where one is made of a run; `keep_film`: one that came with a run."""

    films_of_run: Callable[[Run, Person], Sequence[FilmOfRun]] = not_wired
    shared_films_of_run: Callable[[Run], Sequence[FilmOfRun]] = not_wired
    film_address: Callable[[Run], str] = not_wired
    keep_film: Callable[[ImportedFilm, datetime], object] = not_wired


hooks = ArchiveHooks()
