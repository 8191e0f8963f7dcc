"""What visitors touch and see: the terminal and the wall."""

from __future__ import annotations

import secrets
from urllib.parse import quote

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django.views.decorators.cache import cache_control, never_cache
from django.views.decorators.csrf import csrf_exempt, csrf_protect
from django.views.decorators.http import require_http_methods, require_safe

from accounts.models import User
from displays import feeds as wall_feed
from displays import replay, screens, unlocking, visits
from displays.captions import INFO, CodeTarget
from displays.wall_states import wall_state_of_network
from invocations import prompts, runs, visitor_limits
from invocations.models import Halt, Run
from invocations.prompts import BadPrompt
from invocations.refusals import KeyReused, StartRefused
from invocations.states import InvocationState
from lib.languages import use_language
from lib.qr_codes import PublicUrl
from networks.models import Network, Person
from networks.views.permissions import visible_network
from studio import tiles
from studio.status import status_of_network

CODE_SECONDS = 3600
REPLAYED_STEPS = 24
REPLAYED = tiles.TileOptions(linked=False, lazy=True, priced=False)
EMPTY_PICTURE = b'<svg xmlns="http://www.w3.org/2000/svg" width="0" height="0"/>'


@csrf_exempt
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def terminal(request: HttpRequest, slug: str) -> HttpResponse:
    """One field, one button: what is typed here starts a run.

    A forged request could use nothing of a stranger who is not signed in, so theirs need no cookie.
    """
    view = csrf_protect(_terminal) if request.user.is_authenticated else _terminal
    return view(request, slug)


def _terminal(request: HttpRequest, slug: str) -> HttpResponse:
    token = request.GET.get("token", "")
    network = Network.objects.select_related("owner").find_by_slug(slug)
    use_language(request, network.terminal_language if network else "")
    if network is None or not network.may_type(request.user, token, at=timezone.now()):
        return _no_entry(request, network, token)
    if request.method == "POST":  # under an old address too: no word that was typed is lost
        return _typed(request, network, token)
    if network.slug != slug:
        return redirect(_with(token, network.get_terminal_url()))
    if until := unlocking.unlocked_until(request):
        context = {"network": network, "here": request.get_full_path(), "unlocked_until": until}
        return render(request, "displays/terminal_unlocked.html", context)
    return _page(request, network, token, {"client_key": _new_key()})


def _typed(request: HttpRequest, network: Network, token: str) -> HttpResponse:
    """Start the run, and go back to the terminal; refused, the page says why and keeps the words."""
    words, key = request.POST.get("prompt", ""), request.POST.get("client_key", "")[:100]
    key = key or _new_key()
    try:
        if not network.may_control(request.user):
            visitor_limits.check(request, visits.visitor_of(request))
        started = runs.start_run(
            network=network,
            prompt=words if words.strip() else prompts.attract_prompt(network, key),
            at=timezone.now(),
            started_by=request.user if isinstance(request.user, User) else None,
            client_key=key,
        )
    except (BadPrompt, StartRefused) as refusal:
        spent = isinstance(refusal, KeyReused)
        context: dict[str, object] = {
            "client_key": _new_key() if spent else key,
            "words": words,
            "refusal": refusal_text(refusal, can_control=network.may_control(request.user)),
            "archived": run_to_watch_instead(refusal, network, request.user),
        }
        if not words.strip() and (archived := run_to_replay(refusal, network)):
            sentence = _("Nothing can begin just now. Here is an earlier one.")
            context |= {"replay": archived, "refusal": sentence, "archived": None}
        return _page(request, network, token, context, http_status=refusal_status(refusal))
    back = redirect(_with(token, network.get_terminal_url()))
    visits.remember_run(request, back, started.run)
    return back


def _page(
    request: HttpRequest,
    network: Network,
    token: str,
    context: dict[str, object],
    *,
    http_status: int = 200,
) -> HttpResponse:
    status = status_of_network(network)
    context |= {
        "network": network,
        "status": status,
        "token": token,
        "visit": visits.find_visit(request, network),
    }
    resting = status.halt or (not status.live and status.problems)
    if resting and not context.get("replay"):
        context["archived"] = newest_completed_run(network, request.user)
    response = render(request, "displays/terminal.html", context, status=http_status)
    visits.remember_visitor(request, response)
    return response


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
    network = visible_network(request, slug)
    grid = wall_feed.grid(_side(request, "rows", 2), _side(request, "columns", 3))
    wall = wall_state_of_network(network)
    context = screens.page_context(grid, wall) | {
        "network": network,
        "cells": grid.layout.cells,
        "tiles": screens.tiles_of(grid, wall),
    }
    return render(request, "displays/wall.html", context)


@require_safe
@cache_control(max_age=CODE_SECONDS)
def wall_code(request: HttpRequest, slug: str) -> HttpResponse:
    """The code on a wall, as a picture: it leads to the terminal where anybody may type, else, or where that
    is asked for, to the network's page. Empty where no phone could follow it."""
    network = visible_network(request, slug)
    to_page = request.GET.get("of") == INFO
    to_terminal = CodeTarget.of_network(network) is CodeTarget.TERMINAL and not to_page
    path = network.get_terminal_url() if to_terminal else network.get_absolute_url()
    address = PublicUrl.for_path(request, path)
    picture = EMPTY_PICTURE if address.is_local else address.qr_file
    return HttpResponse(picture, content_type="image/svg+xml")


def _side(request: HttpRequest, name: str, usual: int) -> int:
    text = request.GET.get(name, "")
    return min(max(int(text), 1), 12) if text.isdecimal() and len(text) < 4 else usual


def _with(token: str, path: str) -> str:
    return f"{path}?token={quote(token)}" if token else path


def _new_key() -> str:
    return secrets.token_urlsafe(12)


# Where the engine's own sentence is for those who look after the network
_FOR_VISITORS = {
    "not_runnable": _("This one is resting; its curator has to look after it."),
    "budget": _("This one has had enough for now. Come back a little later."),
    "halted": _("Everything is stopped for the moment. Your words are kept."),
    "storage_full": _(
        "There is no room for new pictures and words just now. Yours are kept: try again later."
    ),
    "lockout": _("Somebody has just been. Your words are kept; wait for your turn."),
    "key_reused": _("Your words have changed since they were sent. Send them again."),
}
# No 5xx among them: the terminal's script would take that for a server that is away.
_CONFLICTS = {"lockout", "halted", "budget", "key_reused", "closed", "storage_full"}
_NOTHING_RUNS = {"not_runnable", "budget", "closed", "halted", "storage_full"}


def refusal_text(refusal: Exception, *, can_control: bool) -> str:
    """The sentence for whoever typed; `can_control`: they may know the reason."""
    if isinstance(refusal, StartRefused) and not can_control:
        return str(_FOR_VISITORS.get(refusal.code) or refusal)
    return str(refusal)


def refusal_status(refusal: Exception) -> int:
    if isinstance(refusal, BadPrompt):
        return 422
    if isinstance(refusal, visitor_limits.TooManyPresses):
        return 429
    return 409 if isinstance(refusal, StartRefused) and refusal.code in _CONFLICTS else 422


def run_to_watch_instead(refusal: Exception, network: Network, person: Person) -> Run | None:
    """A run of old to watch where nothing can be started."""
    if not isinstance(refusal, StartRefused) or refusal.code not in _NOTHING_RUNS:
        return None
    return newest_completed_run(network, person)


def run_to_replay(refusal: Exception, network: Network) -> list[tiles.Tile]:
    """What a press without words shows where nothing can be started: the newest run that is over."""
    refused = isinstance(refusal, StartRefused) and refusal.code in _NOTHING_RUNS
    if not refused and not network.problems() and Halt.current() is None:
        return []
    steps = replay.steps_of_newest_run(network, REPLAYED_STEPS)
    return [tiles.step_tile(step, options=REPLAYED) for step in steps]


def newest_completed_run(network: Network, person: Person) -> Run | None:
    """The newest run of `network` that came to something and that `person` may see."""
    seen = Run.objects.visible_to(person).filter(network=network)
    done = seen.filter(invocations__state=InvocationState.COMPLETED)
    return done.newest_first().first()
