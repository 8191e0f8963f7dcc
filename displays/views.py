"""What visitors touch and see: the terminal and the wall."""

from __future__ import annotations

import secrets
from urllib.parse import quote

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_safe

from accounts.models import User
from invocations import attract, runs
from invocations.prompts import BadPrompt
from invocations.standing import standing_of
from networks.models import Network

from . import refusals, screens, visits, wall_feed


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def terminal(request: HttpRequest, slug: str) -> HttpResponse:
    """One field, one button: what is typed here starts a run."""
    token = request.GET.get("token", "")
    network = Network.objects.select_related("owner").called(slug)
    if network is None or not network.may_type(request.user, token, at=timezone.now()):
        return _no_entry(request, network, token)
    if request.method == "POST":  # under an old address too: no word that was typed is lost
        return _typed(request, network, token)
    if network.slug != slug:
        return redirect(_with(token, network.get_terminal_url()))
    return _page(request, network, token, {"client_key": _new_key()})


def _typed(request: HttpRequest, network: Network, token: str) -> HttpResponse:
    """Start the run, and go back to the terminal; refused, the page says why and keeps the words."""
    words, key = request.POST.get("prompt", ""), request.POST.get("client_key", "")[:100]
    key = key or _new_key()
    try:
        started = runs.start_run(
            network=network,
            prompt=words if words.strip() else attract.words_for(network, key),
            at=timezone.now(),
            started_by=request.user if isinstance(request.user, User) else None,
            client_key=key,
        )
    except (BadPrompt, runs.StartRefused) as refusal:
        spent = isinstance(refusal, runs.KeyReused)
        context: dict[str, object] = {
            "client_key": _new_key() if spent else key,
            "words": words,
            "refusal": refusals.words(refusal, told=network.may_control(request.user)),
            "archived": refusals.instead(refusal, network, request.user),
        }
        return _page(request, network, token, context, status=refusals.status(refusal))
    back = redirect(_with(token, network.get_terminal_url()))
    visits.hand_over(request, back, started.run)
    return back


def _page(
    request: HttpRequest,
    network: Network,
    token: str,
    context: dict[str, object],
    *,
    status: int = 200,
) -> HttpResponse:
    standing = standing_of(network)
    context |= {
        "network": network,
        "standing": standing,
        "token": token,
        "souvenir": visits.souvenir_of(request, network),
    }
    if standing.halt or (not standing.live and standing.resting):
        context["archived"] = refusals.earlier(network, request.user)
    return render(request, "displays/terminal.html", context, status=status)


def _no_entry(request: HttpRequest, network: Network | None, token: str) -> HttpResponse:
    """No code, or one that opens nothing: how to get one. Of what is private it says nothing, not
    even that it is there."""
    public = network is not None and network.public
    if not public and not token:
        raise Http404
    context = {"network": network if public else None, "expired": bool(token)}
    return render(request, "displays/no_entry.html", context, status=403)


@require_safe
def wall(request: HttpRequest, slug: str) -> HttpResponse:
    network = Network.objects.visible_to(request.user).filter(slug=slug).first()
    if network is None:
        raise Http404
    grid = wall_feed.grid(_side(request, "rows", 2), _side(request, "columns", 3))
    scene = screens.scene_of(network)
    context = screens.context_of(grid, scene) | {
        "network": network,
        "tiles": screens.tiles_of(grid, scene),
    }
    return render(request, "displays/wall.html", context)


def _side(request: HttpRequest, name: str, usual: int) -> int:
    text = request.GET.get(name, "")
    return min(max(int(text), 1), 12) if text.isdecimal() and len(text) < 4 else usual


def _with(token: str, path: str) -> str:
    return f"{path}?token={quote(token)}" if token else path


def _new_key() -> str:
    return secrets.token_urlsafe(12)
