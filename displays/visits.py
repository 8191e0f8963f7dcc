"""Whose run it is: the browser that started a run is told that it is theirs, and is given the way to keep it.

The run's id is in a signed cookie of the terminal's page; nothing is written on the server. Another one tells
browsers apart where their presses are counted (`invocations/visitor_limits.py`).
"""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.http import HttpRequest, HttpResponse
from django.utils import timezone

from invocations import visitor_access
from invocations.models import Run
from lib.qr_codes import PublicUrl
from networks.models import Network

COOKIE = "visit"
VISITOR_COOKIE = "visitor"
VISIT_SECONDS = 3600  # a phone that was scanned for it stays with its run
PRESENT_SECONDS = 180  # after that, somebody else may stand before a screen that everybody uses


@dataclass(frozen=True, slots=True)
class Visit:
    """A run that was started in this browser.

    `present_until`: how long its visitor is taken to be still before the screen; `link`: the visitor's own
    address of it, only until then, because whoever has it can take the run back.
    """

    run: Run
    present_until: datetime
    page: str
    link: str
    address: PublicUrl | None


def remember_run(request: HttpRequest, response: HttpResponse, run: Run) -> None:
    """Remember whose run this was, in the browser it was started from."""
    response.set_signed_cookie(
        COOKIE,
        run.public_id,
        max_age=VISIT_SECONDS,
        path=run.network.get_terminal_url(),
        secure=request.is_secure(),
        httponly=True,
        samesite="Lax",
    )


def visitor_of(request: HttpRequest) -> str:
    """What tells this visitor's browser from others; empty where it keeps no cookies."""
    return request.get_signed_cookie(VISITOR_COOKIE, default="") or ""


def remember_visitor(request: HttpRequest, response: HttpResponse) -> None:
    """Until the browser is closed; it says nothing of who it is."""
    if not visitor_of(request):
        response.set_signed_cookie(
            VISITOR_COOKIE,
            secrets.token_urlsafe(9),
            secure=request.is_secure(),
            httponly=True,
            samesite="Lax",
        )


def find_visit(request: HttpRequest, network: Network) -> Visit | None:
    """The run that this browser started last, unless it was taken back."""
    started = request.get_signed_cookie(COOKIE, default="", max_age=VISIT_SECONDS)
    run = network.runs.present().filter(public_id=started).first() if started else None
    if run is None:
        return None
    present_until = run.created_at + timedelta(seconds=PRESENT_SECONDS)
    is_present = timezone.now() < present_until
    link = visitor_access.private_url_path(run) if is_present else ""
    return Visit(
        run=run,
        present_until=present_until,
        page=visitor_access.url_path(run),
        link=link,
        address=PublicUrl.for_path(request, link) if link else None,
    )
