"""Ordering a film: what is asked for is checked, planned and written at once."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from django.conf import settings
from django.db import transaction
from django.utils.translation import gettext
from pydantic import ValidationError

from accounts.models import User
from invocations.models import Run
from lib.parser_sentences import sentence_of
from lib.stored_sentences import translate_stored
from lib.validation import Invalid
from operations.errors import BadInput

from . import events, intermediates, planning, sentences
from .models import Film, Upload
from .recipe import FilmSource, Recipe, UnknownRecipe, recipe_named

GIGA = 10**9
MAX_TITLE = 200


class OrderRefused(Exception):
    """No film was ordered; `str()` is a stored sentence."""

    code = "film_refused"

    def __str__(self) -> str:
        return translate_stored(super().__str__())


class TooManyFilms(OrderRefused):
    """The person has as many films under way as are allowed."""

    code = "too_many_films"


def order_film(
    *,
    owner: User,
    recipe: str,
    options: Mapping[str, Any],
    at: datetime,
    run: Run | None = None,
    upload: Upload | None = None,
    title: str = "",
) -> Film:
    """A film of a run or of a clip, whichever its recipe is for.

    Who calls has checked that the owner may have it. Raises Invalid or OrderRefused.
    """
    found = _recipe(recipe)
    _check_source(found, run, upload)
    chosen = checked_options(found, options)
    with transaction.atomic():
        User.objects.select_for_update().get(pk=owner.pk)
        _check_number(owner)
        film = Film.objects.create(
            owner=owner,
            run=run,
            upload=upload,
            recipe=found.name,
            options=chosen,
            title=(title or _title(run, upload))[:MAX_TITLE],
            provenance=source_facts(run, upload),
            created_at=at,
        )
        try:
            needed = planning.begin(film)
        except BadInput as error:
            raise OrderRefused(str(error)) from None
        _check_room(film, needed)
        events.publish(film, events.FilmCreated.from_film(film))
    return film


def _recipe(name: str) -> Recipe:
    try:
        return recipe_named(name)
    except UnknownRecipe:
        raise Invalid({"recipe": gettext("There is no such recipe.")}) from None


def _check_source(recipe: Recipe, run: Run | None, upload: Upload | None) -> None:
    if (run is None) == (upload is None):
        raise Invalid({"run": gettext("Say of which run or of which clip, not both.")})
    if (run is None) == (recipe.source is FilmSource.RUN):
        wanted = {
            FilmSource.RUN: gettext("This recipe makes a film of a run."),
            FilmSource.UPLOAD: gettext("This recipe makes a film of a clip."),
        }
        raise Invalid({"recipe": wanted[recipe.source]})
    if upload is not None and not upload.is_ready:
        why = translate_stored(upload.refusal) or gettext("This clip has not come yet.")
        raise Invalid({"upload": why})
    if run is not None and run.withdrawn_at is not None:
        raise OrderRefused(sentences.RUN_WITHDRAWN)


def checked_options(recipe: Recipe, given: Mapping[str, Any]) -> dict[str, Any]:
    try:
        return recipe.options.model_validate(dict(given)).model_dump()
    except ValidationError as error:
        raise Invalid(
            {
                f"options.{'.'.join(map(str, one['loc']))}": sentence_of(one)
                for one in error.errors()
            }
        ) from None


def _check_number(owner: User) -> None:
    most = settings.FILMS_PER_PERSON
    if not owner.is_admin and Film.objects.owned_by(owner).open().count() >= most:
        raise TooManyFilms(sentences.TOO_MANY % {"most": most})


def _check_room(film: Film, needed: int) -> None:
    """What the intermediate files will take: within the budget of a film, and on the disk."""
    most = settings.FILM_GIGABYTES * GIGA
    words = {"needed": f"{needed / GIGA:.1f}"}
    if needed > most:
        raise OrderRefused(sentences.OVER_BUDGET % {**words, "most": settings.FILM_GIGABYTES})
    free = intermediates.free_bytes()
    if needed > free:
        raise OrderRefused(sentences.NO_ROOM % {**words, "free": f"{free / GIGA:.1f}"})
    film.note_plan(max_bytes=most)


def _title(run: Run | None, upload: Upload | None) -> str:
    return run.prompt if run is not None else (upload.name if upload is not None else "")


def source_facts(run: Run | None, upload: Upload | None) -> dict[str, Any]:
    """What of its source has to outlive it."""
    if run is not None:
        facts = {"id": run.public_id, "prompt": run.prompt, "network": run.network.name}
        return {"run": {**facts, "created_at": run.created_at.isoformat()}}
    return {"clip": {**upload.facts, "name": upload.name}} if upload is not None else {}
