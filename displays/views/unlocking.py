"""Unlocking a kiosk: an admin turns its panic button into stop-all for some minutes."""

from __future__ import annotations

from django.contrib.auth import authenticate
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST

from accounts.models import User
from displays import unlocking
from displays.unlocking import NotUnlocked
from lib.languages import use_language
from lib.validation import is_legible


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def unlock(request: HttpRequest) -> HttpResponse:
    """Asks for an admin's e-mail and password; nobody is signed in by it."""
    use_language(request, request.GET.get("lang", "")[:10])
    back = way_back(request)
    if request.method == "POST":
        email, password = request.POST.get("username", ""), request.POST.get("password", "")
        found = _person_of(request, email[:254], password[:4096])
        if found is not None and found.is_admin:
            response = redirect(back)
            unlocking.unlock(response, request=request, page=back, admin=found, at=timezone.now())
            return response
    refusal = (
        _("Only an admin's e-mail and password unlock it.") if request.method == "POST" else ""
    )
    context = {"back": back, "refusal": refusal, "minutes": unlocking.UNLOCKED_SECONDS // 60}
    status = 403 if refusal else 200
    return render(request, "displays/unlock.html", context, status=status)


@never_cache
@require_POST
def lock(request: HttpRequest) -> HttpResponse:
    """Back to a visitor's button."""
    response = redirect(way_back(request))
    unlocking.lock(response)
    return response


@never_cache
@require_POST
def stop_all(request: HttpRequest) -> HttpResponse:
    """The press of an unlocked button. A locked one goes back to the visitor's page and stops nothing."""
    response = redirect(way_back(request))
    try:
        unlocking.stop_all(request, at=timezone.now())
    except NotUnlocked:
        return response
    unlocking.lock(response)
    return response


def way_back(request: HttpRequest) -> str:
    """The page of this site that the kiosk shows."""
    asked = request.GET.get("next", "")
    mine = asked.startswith("/") and url_has_allowed_host_and_scheme(asked, allowed_hosts=None)
    return asked if mine and is_legible(asked) else "/"


def _person_of(request: HttpRequest, email: str, password: str) -> User | None:
    """None where nobody has both; no database looks for what is not legible."""
    if not is_legible(email) or not is_legible(password):
        return None
    found = authenticate(request, username=email, password=password)
    return found if isinstance(found, User) else None
