"""The visitor page of a run ("Keep your run"), for whoever was given its address."""

from __future__ import annotations

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST, require_safe

from invocations import visitor_access
from invocations.models import Run
from invocations.states import InvocationState
from lib.qr_codes import PublicUrl
from studio import tiles
from studio.tiles import Tile, TileOptions

HIGHLIGHTS = 12
COOKIE = "mine"
COOKIE_SECONDS = 400 * 24 * 3600  # as long as browsers keep any


@never_cache
@require_safe
def visitor_page(request: HttpRequest, key: str) -> HttpResponse:
    """The page. The visitor's right in the address becomes a cookie of this page, so that the address
    can be shown around."""
    run = _of_key(key)
    if shown := request.GET.get(COOKIE, ""):
        return _remember(request, run, shown)
    if run.withdrawn_at is not None:
        return _noindex(render(request, "archive/visitor_page_gone.html", status=410))
    context = {
        "run": run,
        "tiles": _highlights(run),
        "is_visitor": visitor_access.is_withdrawal_token(run, request.COOKIES.get(COOKIE, "")),
        "network_is_public": run.network.public,
        "withdraw_url": reverse("withdraw", args=[key]),
    }
    return _noindex(render(request, "archive/visitor_page.html", context))


@never_cache
@require_POST
def withdraw(request: HttpRequest, key: str) -> HttpResponse:
    """Take the words back; for the visitor alone."""
    run = _of_key(key)
    try:
        visitor_access.withdraw(run=run, shown=request.COOKIES.get(COOKIE, ""), at=timezone.now())
    except visitor_access.NotTheVisitor as refusal:
        context = {"run": run, "refusal": str(refusal)}
        return _noindex(render(request, "archive/visitor_page_gone.html", context, status=403))
    return redirect(visitor_access.url_path(run))


@never_cache
@require_safe
def code(request: HttpRequest, key: str) -> HttpResponse:
    """The address as a picture to be scanned, with the visitor's right if it was asked for with it."""
    run = _of_key(key)
    mine = visitor_access.is_withdrawal_token(run, request.GET.get(COOKIE, ""))
    path = visitor_access.private_url_path(run) if mine else visitor_access.url_path(run)
    return HttpResponse(PublicUrl.for_path(request, path).qr_file, content_type="image/svg+xml")


def _remember(request: HttpRequest, run: Run, shown: str) -> HttpResponse:
    response = redirect(visitor_access.url_path(run))
    if visitor_access.is_withdrawal_token(run, shown):
        response.set_cookie(
            COOKIE,
            shown,
            max_age=COOKIE_SECONDS,
            path=visitor_access.url_path(run),
            secure=request.is_secure(),
            httponly=True,
            samesite="Lax",
        )
    return response


def _highlights(run: Run) -> list[Tile]:
    """Some completed steps, evenly spaced from the first to the newest; without what they cost."""
    newest = run.invocations.order_by("-sequence").values_list("sequence", flat=True).first() or 0
    most = min(HIGHLIGHTS - 1, newest)
    wanted = {round(n * newest / most) for n in range(most + 1)} if most else {0}
    steps = run.invocations.select_related("input_asset", "output_asset").in_order()
    shown = steps.filter(sequence__in=wanted, state=InvocationState.COMPLETED).defer("usd")
    options = TileOptions(linked=False, lazy=True, priced=False)
    return [tiles.step_tile(step, options=options) for step in shown]


def _of_key(key: str) -> Run:
    run = visitor_access.run_of_key(key)
    if run is None:
        raise Http404
    return run


def _noindex(response: HttpResponse) -> HttpResponse:
    response.headers["X-Robots-Tag"] = "noindex"
    return response
