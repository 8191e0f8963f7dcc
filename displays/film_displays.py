"""A display that shows a film, again and again, whatever its network does meanwhile; and films in replay."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import replace
from datetime import datetime
from typing import Any

from django.db.models import Q
from django.utils.translation import gettext as _

from films.models import Film
from films.models.film import FilmQuerySet
from invocations.states import InvocationState
from lib.validation import Invalid, is_legible
from networks.models import Person
from studio.tiles import Tile, TileOptions, empty_tile

from .models import Display, DisplayKind, Installation
from .replay import ReplayMoment

MAX_CHOICES = 200


def is_film(display: Display) -> bool:
    return display.kind == DisplayKind.FILM


# What is shown


def tiles_of(displays: Iterable[Display], options: TileOptions) -> dict[int, list[Tile]]:
    """By the key of their display, of those that show a film: its tile, or nothing where it is gone, or its
    visitor has taken its run back. One query, however many they are."""
    wanted = [one for one in displays if is_film(one)]
    if not wanted:
        return {}
    films = Film.objects.showable().select_related("output")
    found = films.in_bulk({one.film_id for one in wanted if one.film_id is not None})
    return {
        one.pk: _tiles(found[one.film_id], options) if one.film_id in found else []
        for one in wanted
    }


def tiles_of_replay(
    moment: ReplayMoment, cells: Collection[int], options: TileOptions
) -> list[Tile]:
    """The film in the first cell, which has the whole wall as long as the others are empty (css/wall.css); nothing
    where it may not be seen any more."""
    found = Film.objects.showable().select_related("output").filter(pk=moment.film).first()
    film = _tiles(found, options, moment.began_at) if found else []
    rest = (replace(empty_tile(cell), mark="") for cell in cells if cell or not film)
    return [*(film if 0 in cells else ()), *rest]


def _tiles(film: Film, options: TileOptions, began_at: datetime | None = None) -> list[Tile]:
    """Where it has the screen to itself it sounds, and goes by the clock."""
    if film.output is None:
        return []
    only = Tile(
        id="tile-0",
        state=InvocationState.COMPLETED,
        name=_("Film: %(title)s") % {"title": film.title},
        modality="video",
        url=film.output.url,
        poster=film.output.poster_url,
        alt=film.title,
        lazy=options.lazy,
        keeps_time=not options.lazy,
        began_at=began_at,
    )
    return [only]


def topics_of(display: Display) -> tuple[str, ...]:
    """Of the film's owner and of the network that it was made of: where its end is told."""
    film = display.film
    if film is None:
        return ()
    return (film.topic, film.run.network.topic) if film.run is not None else (film.topic,)


# What can be chosen


def choices_for(person: Person, installation: Installation | None) -> list[Film]:
    """Finished films that the person may see, and those that the installation shows anyway; the newest first."""
    return list(_known_to(person, installation).newest_first()[:MAX_CHOICES])


def with_film(
    given: Mapping[str, Any], person: Person, installation: Installation | None = None
) -> dict[str, Any]:
    """The fields of a display, its film in the place of the film's id. Raises Invalid."""
    wanted = given.get("film")
    if not wanted:
        return dict(given)
    known = is_legible(wanted) and _known_to(person, installation).filter(public_id=wanted)
    film = known.first() if known else None
    if film is None:
        raise Invalid({"film": _("There is no finished film of this id.")})
    return {**given, "film": film}


def _known_to(person: Person, installation: Installation | None) -> FilmQuerySet:
    visible = Film.objects.visible_to(person).values("pk")
    shown = Display.objects.filter(installation=installation, film__isnull=False).values("film")
    return Film.objects.showable().filter(Q(pk__in=visible) | Q(pk__in=shown))
