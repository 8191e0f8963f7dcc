"""How often a visitor may press the button, so that one of them cannot keep all others from it."""

from __future__ import annotations

import math

from django.conf import settings
from django.http import HttpRequest
from django.utils.translation import gettext

from lib.proxies import counted_address
from lib.token_buckets import Buckets

from .refusals import StartRefused

VISITORS_PER_ADDRESS = 10  # a whole house may be behind one address

_presses = Buckets()


class TooManyPresses(StartRefused):
    """`seconds`: how long to wait."""

    code = "too_many"

    def __init__(self, wait: float) -> None:
        super().__init__(
            gettext("That was a lot at once. Your words are kept; press again in a moment.")
        )
        self.seconds = max(1, math.ceil(wait))


def check(request: HttpRequest, visitor: str) -> None:
    """Counts a press. `visitor`: what tells one from the others at the same address; empty: nothing does.

    Raises TooManyPresses.
    """
    most: int = settings.VISITOR_PRESSES_PER_MINUTE
    if not most:
        return
    address = counted_address(request)
    wait = _presses.take(f"visitor {address} {hash(visitor)}", most) if visitor else 0.0
    wait = wait or _presses.take(f"address {address}", most * VISITORS_PER_ADDRESS)
    if wait:
        raise TooManyPresses(wait)
