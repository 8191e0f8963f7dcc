"""Screens that wait are given their places, from a phone: by the code that a screen shows, or its QR code.

Nobody is shown a code: whoever claims a screen stands before it, or was told what it says.
"""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST

from displays import installation_page, installations
from displays.access import editable_installations
from displays.forms.installations import PlaceForm
from displays.installations import NoSuchCode
from displays.models import Installation, Kiosk
from displays.wrong_codes import WRONG_SECONDS, TooManyWrongCodes

from .permissions import editors_only

FOUND = "screens found"  # in the session: codes that this person has typed or scanned
MAX_FOUND = 24


@require_http_methods(["GET", "HEAD", "POST"])
@never_cache
@login_required
def claim(request: HttpRequest) -> HttpResponse:
    """First the code, then the installation, then what the screen is to be."""
    code = request.GET.get("code", "").strip().lower()[:40]
    if not code:
        return _page(request, {"found": _found(request)})
    try:
        return _place(request, installations.find_kiosk(code, request.user, at=timezone.now()))
    except Installation.DoesNotExist:
        raise Http404 from None
    except NoSuchCode as error:
        return _refuse(request, code, error, status=422)
    except TooManyWrongCodes as error:
        response = _refuse(request, code, error, status=429)
        response.headers["Retry-After"] = str(WRONG_SECONDS)
        return response


def _refuse(request: HttpRequest, code: str, error: Exception, *, status: int) -> HttpResponse:
    context = {"code": code, "error": str(error), "found": _found(request)}
    return _page(request, context, status=status)


def _place(request: HttpRequest, kiosk: Kiosk) -> HttpResponse:
    """Raises NoSuchCode."""
    _remember(request, kiosk)
    choices = editable_installations(request.user)
    chosen = request.GET.get("installation") or (choices[0].public_id if len(choices) == 1 else "")
    installation = next((one for one in choices if one.public_id == chosen), None)
    if installation is None:
        return _page(request, {"kiosk": kiosk, "choices": choices})
    rows = installation_page.display_rows(installation)
    form = PlaceForm(request.POST or None, rows=rows)
    if request.method == "POST":
        display = form.submit(installations.claim_kiosk, kiosk=kiosk, installation=installation)
        if display is not None:
            messages.success(
                request,
                _("The screen %(code)s is %(display)s now.")
                % {"code": kiosk.code, "display": display.name},
            )
            return redirect(f"{installation.get_absolute_url()}#displays")
    context = {"kiosk": kiosk, "installation": installation, "choices": choices, "form": form}
    return _page(request, context, status=422 if form.errors else 200)


@require_POST
@editors_only
def release(request: HttpRequest, installation: Installation, code: str) -> HttpResponse:
    """The screen shows a new code, and waits for another place."""
    installations.release_kiosk(installations.find_kiosk_of(installation, code))
    messages.success(request, _("The screen is released: it shows a new code."))
    return redirect(f"{installation.get_absolute_url()}#displays")


def _page(request: HttpRequest, context: dict[str, Any], *, status: int = 200) -> HttpResponse:
    return render(request, "installations/claim.html", context, status=status)


def _remember(request: HttpRequest, kiosk: Kiosk) -> None:
    codes = [one for one in request.session.get(FOUND, []) if one != kiosk.code]
    request.session[FOUND] = [kiosk.code, *codes][:MAX_FOUND]


def _found(request: HttpRequest) -> list[Kiosk]:
    """The screens that this person has found before and that wait still."""
    return Kiosk.still_waiting(request.session.get(FOUND, []), at=timezone.now())
