"""The souvenir of a run, for whoever was given its address."""

from __future__ import annotations

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST, require_safe

from invocations import souvenirs
from invocations.models import Run
from networks.codes import Address

COOKIE = "mine"
COOKIE_SECONDS = 400 * 24 * 3600  # as long as browsers keep any


@never_cache
@require_safe
def souvenir(request: HttpRequest, key: str) -> HttpResponse:
    """The page. The visitor's right in the address becomes a cookie of this page, so that the address
    can be shown around."""
    run = _of_key(key)
    if shown := request.GET.get(COOKIE, ""):
        return _remember(request, run, shown)
    if run.withdrawn_at is not None:
        return _noindex(render(request, "invocations/souvenir_gone.html", status=410))
    context = {
        "run": run,
        "tiles": souvenirs.highlights(run),
        "mine": souvenirs.holds(run, request.COOKIES.get(COOKIE, "")),
        "open": run.network.public,
        "withdraw": reverse("withdraw", args=[key]),
    }
    return _noindex(render(request, "invocations/souvenir.html", context))


@never_cache
@require_POST
def withdraw(request: HttpRequest, key: str) -> HttpResponse:
    """Take the words back; for the visitor alone."""
    run = _of_key(key)
    try:
        souvenirs.withdraw(run=run, shown=request.COOKIES.get(COOKIE, ""), at=timezone.now())
    except souvenirs.NotTheirs as refusal:
        context = {"run": run, "refusal": str(refusal)}
        return _noindex(render(request, "invocations/souvenir_gone.html", context, status=403))
    return redirect(souvenirs.address(run))


@never_cache
@require_safe
def code(request: HttpRequest, key: str) -> HttpResponse:
    """The address as a picture to be scanned, with the visitor's right if it was asked for with it."""
    run = _of_key(key)
    mine = souvenirs.holds(run, request.GET.get(COOKIE, ""))
    path = souvenirs.own_address(run) if mine else souvenirs.address(run)
    return HttpResponse(Address.of(request, path).picture, content_type="image/svg+xml")


def _remember(request: HttpRequest, run: Run, shown: str) -> HttpResponse:
    response = redirect(souvenirs.address(run))
    if souvenirs.holds(run, shown):
        response.set_cookie(
            COOKIE,
            shown,
            max_age=COOKIE_SECONDS,
            path=souvenirs.address(run),
            secure=request.is_secure(),
            httponly=True,
            samesite="Lax",
        )
    return response


def _of_key(key: str) -> Run:
    run = souvenirs.of_key(key)
    if run is None:
        raise Http404
    return run


def _noindex(response: HttpResponse) -> HttpResponse:
    response.headers["X-Robots-Tag"] = "noindex"
    return response
