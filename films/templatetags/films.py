"""How templates name and measure films."""

from __future__ import annotations

from django import template
from django.utils.translation import gettext, ngettext

from films.recipe import UnknownRecipe, recipe_named
from films.state_texts import FILM_STATES, OPERATIONS, TASK_STATES

register = template.Library()


@register.filter
def film_state(state: str) -> str:
    """A state of a film in the reader's language."""
    return str(FILM_STATES.get(state, state))


@register.filter
def task_state(state: str) -> str:
    """A state of a task in the reader's language."""
    return str(TASK_STATES.get(state, state))


@register.filter
def operation_name(operation: str) -> str:
    """What an operation does, in the reader's language."""
    return str(OPERATIONS.get(operation, operation))


@register.filter
def recipe_title(name: str) -> str:
    """What a recipe is called; one that is gone by its name."""
    try:
        return str(recipe_named(name).title)
    except UnknownRecipe:
        return name


@register.filter
def option_value(value: object) -> str:
    """The value of an option of a recipe, in the reader's language where it is a word."""
    if isinstance(value, bool):
        return gettext("yes") if value else gettext("no")
    return str(value)


@register.filter
def clock(seconds: float | None) -> str:
    """A length or a place in a film: `0:07`, `12:30`, `1:02:03`."""
    if seconds is None:
        return ""
    minutes, rest = divmod(int(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02}:{rest:02}" if hours else f"{minutes}:{rest:02}"


@register.filter
def time_left(seconds: float | None) -> str:
    """About how long it still takes; nothing where that is not known."""
    if seconds is None:
        return ""
    if seconds < 50:
        return gettext("less than a minute left")
    minutes = round(seconds / 60)
    if minutes < 100:
        words = ngettext("about %(count)d minute left", "about %(count)d minutes left", minutes)
        return words % {"count": minutes}
    hours = round(seconds / 3600)
    words = ngettext("about %(count)d hour left", "about %(count)d hours left", hours)
    return words % {"count": hours}
