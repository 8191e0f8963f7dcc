"""What a player asks for: its page, the playlist, the segments, and what is on in words."""

from __future__ import annotations

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from assets.rolling import RollingChannel
from lib.proxies import client_address
from networks.models import Network
from networks.views.permissions import visible_network
from streams import broadcasts
from streams.encoder.playlist import PLAYLIST_NAME
from streams.viewer_counts import counter

PLAYLIST_TYPE, SEGMENT_TYPE = "application/vnd.apple.mpegurl", "video/mp2t"
RETRY_SECONDS = 2
SEGMENT_CACHE_SECONDS = 60


@require_safe
def player(request: HttpRequest, slug: str) -> HttpResponse:
    network = visible_network(request, slug)
    status = broadcasts.status_of(network, at=timezone.now())
    context = {
        "network": network,
        "status": status,
        "tile": broadcasts.shown_tile(status.broadcast),
        "can_control": network.may_control(request.user),
    }
    return render(request, "streams/live.html", context)


@require_safe
@never_cache
def now(request: HttpRequest, slug: str) -> HttpResponse:
    """What is on, in words: the part of the player's page that is asked for again."""
    network = visible_network(request, slug)
    status = broadcasts.status_of(network, at=timezone.now())
    context = {"status": status, "tile": broadcasts.shown_tile(status.broadcast)}
    return render(request, "streams/_now.html", context)


@require_safe
def playlist(request: HttpRequest, slug: str) -> HttpResponse:
    """503 with `Retry-After` in the seconds before there is one; 404 where the network is off air."""
    network = visible_network(request, slug)
    if not broadcasts.status_of(network, at=timezone.now()).on_air:
        raise Http404
    viewer = counter.anonymous_id(
        request.GET.get("viewer", ""),
        client_address(request),
        request.headers.get("User-Agent", ""),
    )
    counter.note(network.pk, viewer)
    try:
        text = (RollingChannel(network.public_id).folder / PLAYLIST_NAME).read_text()
    except FileNotFoundError:
        response = HttpResponse(status=503, content_type="text/plain")
        response["Retry-After"] = str(RETRY_SECONDS)
        response._has_been_logged = True  # type: ignore[attr-defined]  # players ask every second
    else:
        response = HttpResponse(text, content_type=PLAYLIST_TYPE)
    response["Cache-Control"] = "no-store"
    return response


@require_safe
def segment(request: HttpRequest, slug: str, sequence: int) -> HttpResponse:
    network = visible_network(request, slug)
    try:
        data = b"".join(RollingChannel(network.public_id).read(sequence))
    except FileNotFoundError:
        raise Http404 from None
    response = HttpResponse(data, content_type=SEGMENT_TYPE)
    response["Cache-Control"] = f"{_audience(network)}, max-age={SEGMENT_CACHE_SECONDS}, immutable"
    return response


def _audience(network: Network) -> str:
    return "public" if network.public else "private"
