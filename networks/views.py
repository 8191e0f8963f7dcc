"""Making a network, and letting a phone in."""

from __future__ import annotations

from typing import cast

from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_safe

from accounts.models import User

from . import upkeep
from .codes import Address
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
    """The way to the terminal, to be scanned; with `?of=page` to the network's page. Where a code
    for the terminal needs a key, it has a fresh one each time."""
    network = get_object_or_404(Network.objects.visible_to(request.user), slug=slug)
    of_page = request.GET.get("of") == "page"
    path, token = network.get_absolute_url(), ""
    if not of_page:
        path, token = _way_to_terminal(request, network)
    context = {
        "network": network,
        "address": Address.of(request, path),
        "of_page": of_page,
        "token": token,
        "refresh_seconds": QR_REFRESH_SECONDS,
    }
    template = "networks/_qr.html" if "fresh" in request.GET else "networks/qr.html"
    return render(request, template, context)


def _way_to_terminal(request: HttpRequest, network: Network) -> tuple[str, str]:
    """The path, and the token in it: none where anybody may type."""
    path = network.get_terminal_url()
    if network.public and network.open_terminal:
        return path, ""
    if not network.may_control(request.user):
        raise PermissionDenied
    _, token = TerminalToken.issue(network, at=timezone.now())
    return f"{path}?token={token}", token
