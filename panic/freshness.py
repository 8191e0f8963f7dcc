"""Answers that a caller has already: `ETag`, `If-None-Match`, and 304 in place of the body."""

from __future__ import annotations

from hashlib import sha256

from django.http import HttpRequest, HttpResponse
from django.utils.cache import patch_vary_headers
from django.utils.http import parse_etags

KEPT = "private, no-cache"  # to be kept by whoever asked, and asked about each time


def conditional(request: HttpRequest, response: HttpResponse) -> HttpResponse:
    """The answer with its tag; empty where the caller has the very same."""
    if request.method not in ("GET", "HEAD") or response.status_code != 200:
        return response
    if response.headers["Content-Type"].partition(";")[0] != "application/json":
        return response
    tag = f'"{sha256(response.content).hexdigest()[:32]}"'
    found = response
    if _known(request, tag):
        found = HttpResponse(status=304)
        del found.headers["Content-Type"]
    found.headers["ETag"] = tag
    found.headers["Cache-Control"] = KEPT
    patch_vary_headers(found, ["Authorization", "Cookie"])
    return found


def _known(request: HttpRequest, tag: str) -> bool:
    """Compared without regard to `W/`, as a proxy that compresses turns every tag into a weak one."""
    given = parse_etags(request.headers.get("If-None-Match", ""))
    return "*" in given or tag in {one.removeprefix("W/") for one in given}
