"""Making a network, and letting a phone in."""

from __future__ import annotations

from typing import cast
from urllib.parse import urlsplit

import segno
from django.conf import settings
from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.safestring import mark_safe
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_safe

from accounts.models import User

from . import upkeep
from .forms import NewNetworkForm
from .models import Network, TerminalToken

QR_REFRESH_SECONDS = 300


@require_http_methods(["GET", "HEAD", "POST"])
@login_required
def new(request: HttpRequest) -> HttpResponse:
    form = NewNetworkForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        owner = cast("User", request.user)
        made = upkeep.create(owner=owner, name=form.cleaned_data["name"], fields={})
        return redirect("networks:edit", made.slug)
    status = 422 if form.errors else 200
    return render(request, "networks/new.html", {"form": form}, status=status)


@require_safe
@never_cache
def qr(request: HttpRequest, slug: str) -> HttpResponse:
    """The way to the terminal, to be scanned. Where a code is needed, a fresh one each time."""
    network = get_object_or_404(Network.objects.visible_to(request.user), slug=slug)
    token = ""
    if not (network.public and network.open_terminal):
        if not network.may_control(request.user):
            raise PermissionDenied
        _, token = TerminalToken.issue(network, at=timezone.now())
    url = _absolute(request, network.get_terminal_url() + (f"?token={token}" if token else ""))
    context = {
        "network": network,
        "url": url,
        "token": token,
        "code": _svg(url),
        "refresh_seconds": QR_REFRESH_SECONDS,
        "local": urlsplit(url).hostname in {"localhost", "127.0.0.1", "::1"},
    }
    template = "networks/_qr.html" if "fresh" in request.GET else "networks/qr.html"
    return render(request, template, context)


def _svg(url: str) -> str:
    code = segno.make(url, error="m", micro=False)
    # Dark on light: some phones do not read it the other way round.
    drawn: str = code.svg_inline(
        border=3, dark="#0b0a0f", light="#d8b4fe", omitsize=True, svgclass=None, lineclass=None
    )
    return mark_safe(drawn)  # noqa: S308 - made of squares


def _absolute(request: HttpRequest, path: str) -> str:
    return (
        f"{settings.PUBLIC_URL.rstrip('/')}{path}"
        if settings.PUBLIC_URL
        else request.build_absolute_uri(path)
    )
