"""What a film was ordered with, in the words of the forms that order one."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any, cast

from django import forms
from django.utils.translation import gettext

from .forms.films import ClipFilmForm, RunFilmForm
from .models import Film
from .recipe import FilmSource, UnknownRecipe, recipe_named

# What a field of the form says with a choice of its, and the recipe with a number: instead of it, and the number that
# goes before it where it was given.
CHOSEN = {"factor": ("more", "rate"), "scale": ("larger", "height")}
SIZE = "%d \u00d7 %d"
FROM_ONE = ("first", "last")  # people count steps from 1


def options_of_film(film: Film) -> list[tuple[str, str]]:
    """Names and values in the reader's language; an option that no form has by its own name."""
    return list(_options(film))


def _options(film: Film) -> Iterator[tuple[str, str]]:
    fields = _form_of_recipe(film.recipe).base_fields
    given = {name: value for name, value in film.options.items() if value is not None}
    if "width" in given:
        yield gettext("Size"), SIZE % (given.pop("width"), given.pop("height"))
    for name, value in given.items():
        chosen, instead = CHOSEN.get(name, (name, ""))
        if instead in given:
            continue
        known = {**ClipFilmForm.base_fields, **fields}.get(chosen)
        yield str(known.label) if known else name, _value(known, name, value)


def _form_of_recipe(name: str) -> type[forms.Form]:
    try:
        is_of_run = recipe_named(name).source is FilmSource.RUN
    except UnknownRecipe:
        is_of_run = False
    return RunFilmForm if is_of_run else ClipFilmForm


def _value(field: forms.Field | None, name: str, value: Any) -> str:
    if isinstance(value, bool):
        return gettext("yes") if value else gettext("no")
    if name in FROM_ONE:
        return str(value + 1)
    choices: dict[Any, Any] = {}
    if isinstance(field, forms.ChoiceField):
        choices = dict(cast("Iterable[tuple[Any, Any]]", field.choices))
    if (label := choices.get(str(value))) is not None:
        return str(label)
    return f"{value:g}" if isinstance(value, float) else str(value)
