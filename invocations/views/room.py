"""A network's page: for everybody what it is, for those who may the control room."""

from __future__ import annotations

import functools
import secrets
from collections.abc import Callable
from typing import cast

from django.contrib import messages
from django.contrib.auth.views import redirect_to_login
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.text import Truncator
from django.views.decorators.http import require_POST, require_safe

from accounts.models import User
from invocations import runs, tiles, warmings
from invocations.above import above
from invocations.feeds import CELLS
from invocations.models import Run
from invocations.prompts import BadPrompt
from invocations.standing import Standing, standing_of
from invocations.states import IllegalMove, Reason
from networks import markdown, stations
from networks.codes import Address
from networks.models import Network, Person

PAST = 6
KEPT_MOST = 10_000  # characters of a prompt
View = Callable[[HttpRequest, str], HttpResponse]


@require_safe
def detail(request: HttpRequest, slug: str) -> HttpResponse:
    network = _visible(request, slug)
    person = request.user
    controls = network.may_control(person)
    standing = standing_of(network)
    context = {
        "network": network,
        "standing": standing,
        "description": markdown.page(network.description),
        "excerpt": Truncator(markdown.tile(network.description).plain).chars(160),
        "stations": stations.of(network),
        "tiles": tiles.grid(standing.newest[:CELLS], CELLS, tiles.Look(told=controls)),
        "past": _past(standing, person, controls),
        "links": _ways_in(request, network) if controls else (),
        "controls": controls,
        "audience": above.audience(network) if controls else None,
        "warmth": warmings.of(network, standing.at) if controls else [],
        "edits": network.may_edit(person),
        "types": controls or network.may_type(person, "", at=standing.at),
        "problems": network.problems(),
        "words": request.session.pop(_words_key(slug), "") if controls else "",
        "client_key": secrets.token_urlsafe(12),
    }
    return render(request, "networks/detail.html", context)


def _ways_in(request: HttpRequest, network: Network) -> list[dict[str, str]]:
    """What a curator hands out: addresses in full, each with what it is for."""
    page, qr = network.get_absolute_url(), reverse("networks:qr", args=[network.slug])
    wall, everybody = reverse("networks:wall", args=[network.slug]), network.public
    watching = "for everybody" if everybody else "for those it is shared with, signed in"
    typing = (
        "for everybody" if everybody and network.open_terminal else "with a code, for an hour each"
    )
    ways = (
        ("Page", page, f"what it is and what it does now, {watching}", f"{qr}?of=page"),
        ("Terminal", network.get_terminal_url(), f"where visitors type, {typing}", qr),
        ("Wall", wall, f"the newest steps, edge to edge, {watching}", ""),
    )
    return [
        {
            "name": name,
            "path": path,
            "words": words,
            "url": Address.of(request, path).url,
            "qr": code,
        }
        for name, path, words, code in ways
    ]


def _signed_in(view: View) -> View:
    """Whoever is not comes back to the network's page, which has their words: a move itself cannot
    be looked at."""

    @functools.wraps(view)
    def checked(request: HttpRequest, slug: str) -> HttpResponse:
        if request.user.is_authenticated:
            return view(request, slug)
        if prompt := request.POST.get("prompt"):
            request.session[_words_key(slug)] = prompt[:KEPT_MOST]
        return redirect_to_login(reverse("networks:detail", args=[slug]))

    return checked


@require_POST
@_signed_in
def start(request: HttpRequest, slug: str) -> HttpResponse:
    """Start a run; the words of a refused one are kept for the next try."""
    network = _controlled(request, slug)
    prompt = request.POST.get("prompt", "")
    try:
        runs.start_run(
            network=network,
            prompt=prompt,
            at=timezone.now(),
            started_by=cast("User", request.user),
            client_key=request.POST.get("client_key", "")[:100],
            waive_lockout="waive_lockout" in request.POST,
        )
    except (BadPrompt, runs.StartRefused) as refusal:
        messages.error(request, str(refusal))
        request.session[_words_key(slug)] = prompt[:KEPT_MOST]
    return redirect(network)


@require_POST
@_signed_in
def stop(request: HttpRequest, slug: str) -> HttpResponse:
    at = timezone.now()
    return _on_live_run(
        request, slug, lambda run: runs.stop_run(run=run, reason=Reason.PERSON, at=at)
    )


@require_POST
@_signed_in
def pause(request: HttpRequest, slug: str) -> HttpResponse:
    return _on_live_run(request, slug, lambda run: runs.pause_run(run=run))


@require_POST
@_signed_in
def warm(request: HttpRequest, slug: str) -> HttpResponse:
    network = _controlled(request, slug)
    try:
        warmings.warm(network=network, at=timezone.now())
    except runs.Halted as refusal:
        messages.error(request, str(refusal))
    return redirect(f"{network.get_absolute_url()}#network-warmth")


@require_POST
@_signed_in
def resume(request: HttpRequest, slug: str) -> HttpResponse:
    at = timezone.now()
    return _on_live_run(request, slug, lambda run: runs.resume_run(run=run, at=at))


def _on_live_run(request: HttpRequest, slug: str, move: Callable[[Run], Run]) -> HttpResponse:
    network = _controlled(request, slug)
    run = network.runs.live().first()
    try:
        if run is None:
            messages.info(request, "Nothing is running.")
        else:
            move(run)
    except IllegalMove as refusal:
        messages.info(request, str(refusal))
    if request.POST.get("next") == "mission-control":
        return redirect("mission-control")
    return redirect(network)


def _past(standing: Standing, person: Person, controls: bool) -> list[Run]:
    """The newest runs but the one that the page is about."""
    seen = standing.recent_runs
    if not controls:
        runs = standing.network.runs.unless_withdrawn_from(person).with_totals()
        seen = list(runs.newest_first()[: PAST + 1])
    return [run for run in seen if run != standing.run][:PAST]


def _words_key(slug: str) -> str:
    return f"words-{slug}"


def _visible(request: HttpRequest, slug: str) -> Network:
    found = Network.objects.visible_to(request.user).select_related("owner")
    return get_object_or_404(found, slug=slug)


def _controlled(request: HttpRequest, slug: str) -> Network:
    """The network, for those who may control it: 404 where it is not theirs to see, else 403."""
    network = _visible(request, slug)
    if not network.may_control(request.user):
        raise PermissionDenied
    return network
