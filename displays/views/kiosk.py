"""Pages of screens: displays, screens that wait to be claimed, and short addresses."""

from __future__ import annotations

from functools import cache
from pathlib import Path

from django.contrib.staticfiles import finders
from django.core import signing
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import get_language, gettext, gettext_noop
from django.views.decorators.cache import cache_control, never_cache
from django.views.decorators.http import require_safe

from archive.models import ShortAddress
from displays import screens, unlocking, wrong_codes
from displays.feeds import find
from displays.models import Display, Kiosk, QrCorner, QrTarget
from displays.views.terminal import EMPTY_PICTURE
from displays.wall_states import as_hours_allow, wall_state_of_network
from displays.wrong_codes import WRONG_SECONDS, TooManyWrongCodes
from lib.languages import use_language
from lib.proxies import counted_address
from lib.qr_codes import PublicUrl
from lib.version import product_version
from networks.models import TerminalToken
from realtime import log

COOKIE = "kiosk"
COOKIE_SECONDS = 365 * 24 * 3600
SALT = "kiosk screen"
OURS = "X-Panic"  # every answer has it (panic.views.MarkAsOurs); that of a display says so


@never_cache
@require_safe
def display(request: HttpRequest, installation: str, name: str) -> HttpResponse:
    """One screen of an installation, for anyone who has its address."""
    found = find(installation, name)
    if found is None:
        response = render(request, "displays/kiosk.html", {"gone": True}, status=404)
        response.headers[OURS] = "display"
        return response
    use_language(request, found.language)
    network = found.installation.network
    # The position first: what happens while the page is drawn is asked for after it.
    position = str(log.position(network.topic)) if network.public else ""
    wall = as_hours_allow(wall_state_of_network(network), found.installation.hours)
    context = screens.screen_context(found, wall) | {
        "version": product_version(),
        "claimed": is_claimed_for(request, found),
        "unlocked_until": unlocking.unlocked_until(request) if found.panic_key else None,
        "topic": network.topic if network.public else "",
        "position": position,
    }
    response = render(request, "displays/display.html", context)
    response.headers[OURS] = "display"
    return response


@require_safe
@cache_control(private=True, max_age=60)
def code(request: HttpRequest, installation: str, name: str) -> HttpResponse:
    """The code in the corner of a display that lets phones type, as a picture, for anyone who has the
    display's address. Empty where no phone could follow it."""
    found = find(installation, name)
    if found is None or found.qr_corner == QrCorner.NONE or found.qr_target != QrTarget.TERMINAL:
        raise Http404
    network = found.installation.network
    path = network.get_terminal_url()
    if not (network.public and network.open_terminal):
        path += f"?token={TerminalToken.text_for_screens(network, at=timezone.now())}"
    address = PublicUrl.for_path(request, path)
    picture = EMPTY_PICTURE if address.is_local else address.qr_file
    return HttpResponse(picture, content_type="image/svg+xml")


@never_cache
@require_safe
def kiosk(request: HttpRequest) -> HttpResponse:
    """A screen that has no place yet: it shows a code until somebody claims it.

    It is known by what its page sends (`screen`), so that a browser without cookies stays the same.
    """
    now = timezone.now()
    code = _code_of_screen(request)
    waiting = Kiosk.find_by_code(code, at=now) if code else None
    if waiting is not None and waiting.display is not None:
        return redirect(waiting.display.get_absolute_url())
    if waiting is None:
        waiting = Kiosk.wait(at=now)
    else:
        waiting.note_seen(at=now)
    claim = f"{reverse('installations:claim')}?code={waiting.code}"
    context = {
        "code": waiting.code,
        "screen": signing.dumps(waiting.code, salt=SALT),
        "address": PublicUrl.for_path(request, claim),
    }
    response = render(request, "displays/kiosk.html", context)
    response.set_signed_cookie(
        COOKIE,
        waiting.code,
        max_age=COOKIE_SECONDS,
        secure=request.is_secure(),
        httponly=True,
        samesite="Lax",
    )
    return response


def is_claimed_for(request: HttpRequest, display: Display) -> bool:
    """Whether this browser was given this place as a kiosk, and so asks where it belongs when the
    installation changes."""
    code = request.get_signed_cookie(COOKIE, default="", max_age=COOKIE_SECONDS)
    return bool(code) and Kiosk.objects.filter(code=code, display=display).exists()


def _code_of_screen(request: HttpRequest) -> str:
    try:
        code: str = signing.loads(request.GET.get("screen", ""), salt=SALT, max_age=COOKIE_SECONDS)
    except signing.BadSignature:
        code = request.get_signed_cookie(COOKIE, default="", max_age=COOKIE_SECONDS) or ""
    return code


@require_safe
def short(request: HttpRequest, code: str) -> HttpResponse:
    """What can be typed with a TV's remote. Whoever tries many codes that lead nowhere has to wait."""
    address = counted_address(request)
    try:
        wrong_codes.check(address)
    except TooManyWrongCodes as refusal:
        response = render(request, "displays/too_many_codes.html", {"refusal": refusal}, status=429)
        response.headers["Retry-After"] = str(WRONG_SECONDS)
        return response
    found = Display.objects.select_related("installation").filter(code=code.lower()).first()
    if found is not None:
        return redirect(found.get_absolute_url())
    if (step := ShortAddress.find_step(code)) is not None:
        return redirect(f"{step.get_absolute_url()}?screen=1")
    wrong_codes.note(address)
    return redirect("home")


@require_safe
def worker(request: HttpRequest) -> HttpResponse:
    """The service worker, from an address above the screens it looks after."""
    response = HttpResponse(_worker(get_language()), content_type="text/javascript")
    response.headers["Cache-Control"] = "no-cache"
    response.headers["Service-Worker-Allowed"] = "/"  # terminals and /kiosk/ too
    return response


_OFFLINE = (
    gettext_noop("There is no connection."),
    gettext_noop("This screen tries again by itself."),
)


@cache
def _worker(language: str) -> str:
    """With the page that it shows offline in this language, which is the active one."""
    path = finders.find("js/worker.js")
    script = Path(path).read_text() if isinstance(path, str) else ""
    for sentence in _OFFLINE:
        script = script.replace(sentence, gettext(sentence))
    return script.replace('<html lang="en">', f'<html lang="{language}">')
