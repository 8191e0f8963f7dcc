"""What people do with a film by the buttons of its page."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from typing import cast

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.utils import timezone
from django.utils.translation import gettext
from django.views.decorators.http import require_POST

from accounts.models import User
from films import changes, replays
from films.models import Film
from films.orders import OrderRefused
from films.states import MAX_PRIORITY, USUAL_PRIORITY
from invocations.states import IllegalMove, RetentionClass, Stale
from lib.validation import Invalid

Act = Callable[[Film], object]
ACTS: dict[str, Act] = {
    "pause": lambda film: changes.pause_film(film=film),
    "resume": lambda film: changes.resume_film(film=film),
    "approve": lambda film: changes.approve_film(film=film, at=timezone.now()),
    "cancel": lambda film: changes.cancel_film(film=film, at=timezone.now()),
    "retry": lambda film: changes.retry_film(film=film),
    "share": Film.share,
    "unshare": Film.unshare,
    "keep": lambda film: film.keep(RetentionClass.KEPT),
    "first": lambda film: film.prioritize(MAX_PRIORITY),
    "in-turn": lambda film: film.prioritize(USUAL_PRIORITY),
    "unkeep": lambda film: film.keep(RetentionClass.NORMAL),
}


@require_POST
@login_required
def act(request: HttpRequest, public_id: str) -> HttpResponse:
    """`do` is one of ACTS, `replay` in `network`, or `delete`; `back` is `list` where the button stands in the list."""
    film = controlled_film(request, public_id)
    wanted = request.POST.get("do", "")
    if wanted == "replay":
        slug, person = request.POST.get("network"), cast("User", request.user)
        with suppress(Invalid):  # a choice that has gone meanwhile
            replays.choose(film=film, slug=slug, person=person)
    if wanted == "delete":
        changes.delete_film(film=film, at=timezone.now())
        messages.success(request, gettext("The film is gone."))
        return redirect("films")
    try:
        if wanted in ACTS:
            ACTS[wanted](film)
    except (IllegalMove, Stale):
        messages.info(request, gettext("The film had gone on meanwhile: this is how it is now."))
    except OrderRefused as refusal:
        messages.error(request, str(refusal))
    return redirect("films") if request.POST.get("back") == "list" else redirect("film", public_id)


def controlled_film(request: HttpRequest, public_id: str) -> Film:
    """404 where it is not theirs to see, else 403 where they may only look."""
    rows = Film.objects.visible_to(request.user).select_related("owner", "run__network")
    film = get_object_or_404(rows, public_id=public_id)
    if not film.may_control(cast("User", request.user)):
        raise PermissionDenied
    return film
