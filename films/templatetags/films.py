"""How templates name and measure films."""

from __future__ import annotations

from django import template
from django.utils.translation import gettext, ngettext

from films.option_texts import options_of_film
from films.pace import TimeGuess
from films.recipe import UnknownRecipe, recipe_named
from films.state_texts import FILM_STATES, OPERATIONS, TASK_STATES

register = template.Library()
register.filter(options_of_film)
VAGUE = 2.0  # times the least, from which on both bounds are said


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
def clock(seconds: float | None) -> str:
    """A length or a place in a film: `0:07`, `12:30`, `1:02:03`."""
    if seconds is None:
        return ""
    minutes, rest = divmod(int(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02}:{rest:02}" if hours else f"{minutes}:{rest:02}"


@register.filter
def time_left(guess: TimeGuess | None) -> str:
    """About how long it still takes, or between which bounds; nothing where that is not known."""
    if guess is None:
        return ""
    if guess.most < 50 or (guess.seconds < 50 and not _is_vague(guess)):
        return gettext("less than a minute left")
    if _is_vague(guess):
        words = {"least": _length(guess.least), "most": _length(guess.most)}
        return gettext("%(least)s to %(most)s left") % words
    minutes = round(guess.seconds / 60)
    if minutes < 100:
        one = ngettext("about %(count)d minute left", "about %(count)d minutes left", minutes)
        return one % {"count": minutes}
    hours = round(guess.seconds / 3600)
    one = ngettext("about %(count)d hour left", "about %(count)d hours left", hours)
    return one % {"count": hours}


@register.filter
def time_taken(guess: TimeGuess) -> str:
    """How long it takes, or between which bounds."""
    words = {"least": _length(guess.least), "most": _length(guess.most)}
    if not _is_vague(guess) or words["least"] == words["most"]:
        return _length(guess.seconds)
    return gettext("%(least)s to %(most)s") % words


def _is_vague(guess: TimeGuess) -> bool:
    """Whether one number would say more than is known."""
    return guess.most > VAGUE * guess.least


def _length(seconds: float) -> str:
    """In whole minutes, from an hour and a half on in hours."""
    minutes = max(1, round(seconds / 60))
    if minutes < 90:
        return ngettext("%(count)d minute", "%(count)d minutes", minutes) % {"count": minutes}
    hours = round(seconds / 3600)
    return ngettext("%(count)d hour", "%(count)d hours", hours) % {"count": hours}
