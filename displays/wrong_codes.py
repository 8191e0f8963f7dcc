"""How many wrong codes of screens somebody has tried lately: whoever guesses them has to wait.

Somebody is a person who has signed in, or else an address that requests come from.
"""

from __future__ import annotations

from contextlib import suppress

from django.core.cache import cache
from django.utils.translation import gettext as _

from networks.models import Person

MAX_WRONG = 20
WRONG_SECONDS = 600  # from the first of them


class TooManyWrongCodes(Exception):
    """They have to wait before they try another code."""

    def __init__(self) -> None:
        super().__init__(
            _("That were %(wrong)d wrong codes. Wait %(minutes)d minutes, and look again.")
            % {"wrong": MAX_WRONG, "minutes": WRONG_SECONDS // 60}
        )


def check(who: Person | str) -> None:
    """Raises TooManyWrongCodes."""
    if int(cache.get(_key(who), 0)) >= MAX_WRONG:
        raise TooManyWrongCodes


def note(who: Person | str) -> None:
    """They have tried a code that no screen shows, or not for them."""
    cache.add(_key(who), 0, WRONG_SECONDS)
    with suppress(ValueError):  # it has run out between the two
        cache.incr(_key(who))


def _key(who: Person | str) -> str:
    return f"wrong-codes:{who if isinstance(who, str) else who.pk}"
