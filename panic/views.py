"""The home page, the about page, and the error pages."""

from __future__ import annotations

import logging
from base64 import b64encode
from functools import cache, lru_cache
from hashlib import sha256
from urllib.parse import urlsplit

from csp.decorators import csp_update
from django.conf import settings
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import render
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils.deprecation import MiddlewareMixin
from django.utils.translation import get_language
from django.views.decorators.http import require_safe

from networks.featured import featured_network, url_of_button
from panic import style_page

logger = logging.getLogger(__name__)

_GALLERY = "components/gallery.html"


@require_safe
def home(request: HttpRequest) -> HttpResponse:
    """The panic button; it leads to the featured public network's terminal or wall, else to the list."""
    button = url_of_button(featured_network(), request.user)
    return render(request, "home.html", {"button": button or reverse("networks:list")})


@require_safe
def about(request: HttpRequest) -> HttpResponse:
    return render(request, "about.html", {"featured": featured_network()})


@require_safe
def style(request: HttpRequest) -> HttpResponse:
    """Every component with made-up data; only with DEBUG."""
    part = request.GET.get("part", "")
    template = f"components/gallery_{part}.html" if part in style_page.PARTS else _GALLERY
    return render(request, template, style_page.context() | {"locked": "locked" in request.GET})


class MarkAsOurs(MiddlewareMixin):
    """A header on every answer, by which pages tell it from that of a broken proxy or a captive portal
    (static/js/ours.js)."""

    def process_response(
        self, request: HttpRequest, response: HttpResponseBase
    ) -> HttpResponseBase:
        response.headers.setdefault("X-Panic", "page")
        return response


def csrf_failure(request: HttpRequest, reason: str = "") -> HttpResponse:
    """Says which setting is missing where this installation does not know its own address.

    A browser names the address of the page a form is sent from. Where that has this host's name (or the
    one that a proxy passes on), it is this site behind a proxy that is not known here.
    """
    origin = request.headers.get("Origin", "")
    missing = f"PUBLIC_URL={origin}" if _is_own_name(request, origin) else ""
    if missing:
        _log_missing_setting(request.get_host(), missing)
    elif origin:
        logger.info("A form from %s was refused: this is %s.", origin, request.get_host())
    admin = request.user.is_authenticated and request.user.is_admin
    context = {"missing_setting": missing, "admin": admin}
    response = render(request, "403_csrf.html", context, status=403)
    response.headers["X-Panic"] = "csrf"
    return response


def _is_own_name(request: HttpRequest, origin: str) -> bool:
    """Whether the origin is another address than the one that requests seem to be sent to, by the same
    name. Pages of others cannot make a browser say so."""
    if not origin.startswith(("http://", "https://")):
        return False
    if origin == f"{request.scheme}://{request.get_host()}":
        return False
    names = request.get_host(), request.headers.get("X-Forwarded-Host", "")
    try:
        return urlsplit(origin).hostname in {urlsplit(f"//{one}").hostname for one in names if one}
    except ValueError:  # an address that is none
        return False


@lru_cache(maxsize=64)  # once: a press that is refused is tried again and again
def _log_missing_setting(host: str, setting: str) -> None:
    logger.warning(
        "A request that could be anybody's says that %s is reached by another address than it seems. "
        "If that is yours, set %s, or TRUSTED_PROXIES to the address of its proxy.",
        host,
        setting,
    )


@cache
def _last_words(language: str) -> tuple[str, str]:
    """500.html in the language of the request, and the hash that lets its own style element through
    the content policy."""
    page = render_to_string("500.html")
    style_text = page.partition("<style>")[2].partition("</style>")[0]
    return page, b64encode(sha256(style_text.encode()).digest()).decode()


def server_error(request: HttpRequest) -> HttpResponseBase:
    """Needs nothing that may have just failed: no database, no session, no static file."""
    page, digest = _last_words(get_language() or settings.LANGUAGE_CODE)
    response = HttpResponse(page, status=500)
    return csp_update({"style-src": [f"'sha256-{digest}'"]})(lambda _: response)(request)
