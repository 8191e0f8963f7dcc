"""The list of one's films, the page of one, and the page that everybody with its address may see."""

from __future__ import annotations

from typing import cast

from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from accounts.models import User
from films import film_page, replays, sharing
from films.models import Film
from lib.qr_codes import PublicUrl
from lib.validation import is_legible


@require_safe
@login_required
def index(request: HttpRequest) -> HttpResponse:
    """One's own films, live."""
    rows = film_page.films_of_person(cast("User", request.user))
    return render(request, "films/films.html", {"rows": rows})


@require_safe
@login_required
def detail(request: HttpRequest, public_id: str) -> HttpResponse:
    if not is_legible(public_id):
        raise Http404
    rows = film_page.shown_films(Film.objects.visible_to(request.user))
    film = get_object_or_404(rows, public_id=public_id)
    shared = sharing.shared_path(film)
    context = film_page.page_context(film) | {
        "shared": PublicUrl.for_path(request, shared) if shared else None,
        "replaying": replays.choices_for(cast("User", request.user), film),
    }
    return render(request, "films/film.html", context)


@never_cache
@require_safe
def shared(request: HttpRequest, key: str) -> HttpResponse:
    """The film for whoever was given this address."""
    film = sharing.film_of_key(key)
    if film is None:
        raise Http404
    response = render(request, "films/shared.html", {"film": film})
    response.headers["X-Robots-Tag"] = "noindex"
    return response
