"""What a display answers to a press of the button beside it."""

from __future__ import annotations

from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_POST

from accounts.models import User
from displays import pressing, unlocking, visits
from displays.feeds import find
from displays.models import Display
from displays.unlocking import NotUnlocked
from displays.views.kiosk import is_claimed_for
from displays.views.terminal import refusal_text
from invocations import visitor_limits
from invocations.prompts import BadPrompt
from invocations.refusals import StartRefused
from lib.languages import use_language

PRESSED_BY = "X-Pressed"  # a header of the page's own script: no form of another site has it


@csrf_exempt
@never_cache
@require_POST
def press(request: HttpRequest, installation: str, name: str) -> HttpResponse:
    """Starts an attract prompt, and answers with a sentence where it does not; on a display that an admin has
    unlocked it stops everything."""
    found = find(installation, name)
    if found is None or not found.panic_key:
        raise Http404
    if PRESSED_BY not in request.headers:
        raise PermissionDenied
    use_language(request, found.language)
    response = HttpResponse(content_type="text/plain; charset=utf-8")
    try:
        unlocking.stop_all(request, at=timezone.now())
    except NotUnlocked:
        return _visitors_press(request, found, response)
    unlocking.lock(response)
    return response


def _visitors_press(request: HttpRequest, display: Display, response: HttpResponse) -> HttpResponse:
    network = display.installation.network
    may_control = network.may_control(request.user)
    may_type = network.public and network.open_terminal
    if not (may_control or may_type or is_claimed_for(request, display)):
        raise PermissionDenied
    by = request.user if isinstance(request.user, User) else None
    try:
        visitor_limits.check(request, visits.visitor_of(request) or display.public_id)
        pressing.start_attract_prompt(network=network, by=by, at=timezone.now())
    except (BadPrompt, StartRefused) as refusal:
        response.content = refusal_text(refusal, can_control=False)
        response.status_code = 409
    return response
