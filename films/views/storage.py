"""How much room one's films take, and what retention would remove: seen before anything goes."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import cast

from django.conf import settings
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext
from django.views.decorators.http import require_http_methods, require_POST

from accounts.models import User
from films import film_storage, retention, uploads
from films.models import Upload
from films.retention import Expiry

PERIODS = (0, 7, 30)  # days


@require_http_methods(["GET", "HEAD", "POST"])
@login_required
def storage(request: HttpRequest) -> HttpResponse:
    """What is kept, and what goes within `?days=`; posted with the ids that were shown, it goes now."""
    person = cast("User", request.user)
    given = request.POST if request.method == "POST" else request.GET
    days = int(given.get("days", "0")) if given.get("days", "0") in map(str, PERIODS) else 0
    at = timezone.now() + timedelta(days=days)
    expiry = retention.expiring(at, of=person)
    if request.method == "POST":
        return _remove(request, expiry, timezone.now())
    context = {
        "room": film_storage.room_of_person(person),
        "expiry": expiry,
        "days": days,
        "periods": PERIODS,
        "frames_days": settings.FILM_FRAMES_DAYS,
        "kept_days": settings.FILMS_KEPT_DAYS,
    }
    return render(request, "films/storage.html", context)


def _remove(request: HttpRequest, expiry: Expiry, at: datetime) -> HttpResponse:
    """Of what expires, that which was shown to whoever pressed the button."""
    seen = set(request.POST.getlist("film"))
    chosen = Expiry(
        [film for film in expiry.frames if film.public_id in seen],
        [film for film in expiry.films if film.public_id in seen],
    )
    retention.remove(chosen, at=at)
    messages.success(request, gettext("What was listed is gone."))
    return redirect("film-storage")


@require_POST
@login_required
def remove_upload(request: HttpRequest, public_id: str) -> HttpResponse:
    """A clip of one's own that no film needs any more."""
    own = Upload.objects.of_person(cast("User", request.user))
    upload = get_object_or_404(own, public_id=public_id)
    if film_storage.is_needed(upload):
        messages.info(request, gettext("A film is being made of this clip: it stays until then."))
    else:
        uploads.remove(upload)
        messages.success(request, gettext("The clip is gone."))
    return redirect("film-storage")
