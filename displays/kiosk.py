"""Pages of screens: what hangs on the wall, what waits to be hung, and the short way there."""

from __future__ import annotations

from functools import cache
from pathlib import Path

from django.contrib.staticfiles import finders
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from invocations.models import StepAlias
from realtime import log

from . import screens
from .feeds import find
from .models import Display, Kiosk

COOKIE = "kiosk"
COOKIE_SECONDS = 365 * 24 * 3600
OURS = "X-Panic"  # what a captive portal or a broken proxy does not say; see static/js/worker.js


@never_cache
@require_safe
def display(request: HttpRequest, installation: str, name: str) -> HttpResponse:
    """One screen of an installation, for anyone who has its address."""
    found = find(installation, name)
    if found is None:
        response = render(request, "displays/kiosk.html", {"gone": True}, status=404)
        response.headers[OURS] = "display"
        return response
    network = found.installation.network
    # The position first: what happens while the page is drawn is asked for after it.
    position = str(log.position(network.topic)) if network.public else ""
    scene = screens.scene_of(network)
    context = screens.context_of(found, scene) | {
        "tiles": screens.tiles_of(found, scene),
        "topic": network.topic if network.public else "",
        "position": position,
    }
    response = render(request, "displays/display.html", context)
    response.headers[OURS] = "display"
    return response


@never_cache
@require_safe
def kiosk(request: HttpRequest) -> HttpResponse:
    """A screen that has no place yet: it shows a code until somebody claims it."""
    code = request.get_signed_cookie(COOKIE, default="", max_age=COOKIE_SECONDS) or ""
    waiting = Kiosk.of_code(code, at=timezone.now()) if code else None
    if waiting is not None and waiting.display is not None:
        return redirect(waiting.display.get_absolute_url())
    if waiting is None:
        waiting = Kiosk.wait(at=timezone.now())
    response = render(request, "displays/kiosk.html", {"code": waiting.code})
    response.set_signed_cookie(
        COOKIE,
        waiting.code,
        max_age=COOKIE_SECONDS,
        secure=request.is_secure(),
        httponly=True,
        samesite="Lax",
    )
    return response


@require_safe
def short(request: HttpRequest, code: str) -> HttpResponse:
    """What can be typed with a TV's remote."""
    found = Display.objects.select_related("installation").filter(code=code.lower()).first()
    if found is None and (step := StepAlias.step_of(code)) is not None:
        return redirect(f"{step.get_absolute_url()}?screen=1")
    return redirect(found.get_absolute_url() if found else "home")


@require_safe
def worker(request: HttpRequest) -> HttpResponse:
    """The service worker, from an address above the screens it looks after."""
    response = HttpResponse(_worker(), content_type="text/javascript")
    response.headers["Cache-Control"] = "no-cache"
    return response


@cache
def _worker() -> str:
    path = finders.find("js/worker.js")
    return Path(path).read_text() if isinstance(path, str) else ""
