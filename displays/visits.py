"""Handing a visitor the souvenir of the run they have just started, at a terminal that the next
visitor will use too.

The browser remembers for a few minutes which run it was; after that the visitor's own address is
shown to nobody.
"""

from __future__ import annotations

from dataclasses import dataclass

from django.http import HttpRequest, HttpResponse

from invocations import souvenirs
from invocations.models import Run
from networks.codes import Address
from networks.models import Network

COOKIE = "visit"
SECONDS = 180


@dataclass(frozen=True, slots=True)
class Souvenir:
    """The visitor's own address, to be followed or scanned."""

    href: str
    address: Address


def hand_over(request: HttpRequest, response: HttpResponse, run: Run) -> None:
    """Remember whose run this was, in the browser it was started from."""
    response.set_signed_cookie(
        COOKIE,
        run.public_id,
        max_age=SECONDS,
        path=run.network.get_terminal_url(),
        secure=request.is_secure(),
        httponly=True,
        samesite="Lax",
    )


def souvenir_of(request: HttpRequest, network: Network) -> Souvenir | None:
    """What the one before the terminal now may take home."""
    started = request.get_signed_cookie(COOKIE, default="", max_age=SECONDS)
    if not started:
        return None
    run = network.runs.present().filter(public_id=started).first()
    if run is None:
        return None
    path = souvenirs.own_address(run)
    return Souvenir(path, Address.of(request, path))
