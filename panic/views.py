"""The front door, the explanation, and what is said when something goes wrong."""

from __future__ import annotations

from base64 import b64encode
from functools import cache
from hashlib import sha256

from csp.decorators import csp_update
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import render
from django.template.loader import render_to_string
from django.views.decorators.http import require_safe

from networks.models import Network
from panic import gallery

_GALLERY = "components/gallery.html"


@require_safe
def home(request: HttpRequest) -> HttpResponse:
    """The panic button; it leads to the featured public network, else to the list."""
    return render(request, "home.html", {"featured": featured_network()})


def featured_network() -> Network | None:
    shown = Network.objects.listed().filter(public=True, featured=True)
    return shown.order_by("-created_at", "-id").first()


@require_safe
def about(request: HttpRequest) -> HttpResponse:
    return render(request, "about.html", {"featured": featured_network()})


@require_safe
def style(request: HttpRequest) -> HttpResponse:
    """Every component with made-up data; only with DEBUG."""
    part = request.GET.get("part", "")
    template = f"components/gallery_{part}.html" if part in gallery.PARTS else _GALLERY
    return render(request, template, gallery.context() | {"locked": "locked" in request.GET})


@cache
def _last_words() -> tuple[str, str]:
    """500.html, and the hash that lets its own style element through the content policy."""
    page = render_to_string("500.html")
    style_text = page.partition("<style>")[2].partition("</style>")[0]
    return page, b64encode(sha256(style_text.encode()).digest()).decode()


def server_error(request: HttpRequest) -> HttpResponseBase:
    """Needs nothing that may have just failed: no database, no session, no static file."""
    page, digest = _last_words()
    response = HttpResponse(page, status=500)
    return csp_update({"style-src": [f"'sha256-{digest}'"]})(lambda _: response)(request)
