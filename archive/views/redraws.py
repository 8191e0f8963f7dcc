"""One step drawn again from the same input, side by side with what it gave: how much of it is chance."""

from __future__ import annotations

from typing import cast

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.http import require_http_methods

from accounts.models import User
from invocations.models import Invocation
from observatory import redraws
from observatory.drawings import distance
from observatory.models import Redraw
from observatory.redraw_spread import spread
from observatory.redraws import RedrawRefused
from studio import tiles

from .steps import visible_step

TIMES = 5


@require_http_methods(["GET", "HEAD", "POST"])
@login_required
def redraw(request: HttpRequest, public_id: str) -> HttpResponse:
    """POST draws it five times more; `?part=1` is what changes while it is drawn."""
    step = visible_step(request, public_id)
    if not step.network.may_control(request.user):
        raise PermissionDenied
    if request.method == "POST":
        person, at = cast("User", request.user), timezone.now()
        try:
            redraws.begin(step=step, times=TIMES, at=at, by=person)
        except RedrawRefused as refusal:
            messages.info(request, str(refusal))
        return redirect("invocations:redraw", step.public_id)
    template = "archive/_draws.html" if "part" in request.GET else "archive/redraw.html"
    return render(request, template, _context(step))


def _context(step: Invocation) -> dict[str, object]:
    newest = Redraw.objects.filter(invocation=step).order_by("-pk").first()
    drawn = redraws.drawn_steps(newest) if newest else []
    options = tiles.TileOptions(linked=False)
    found = spread(newest) if newest else None
    return {
        "step": step,
        "tile": tiles.step_tile(step, options=tiles.TileOptions(linked=False)),
        "redraw": newest,
        "draws": [tiles.step_tile(one, id=f"draw-{one.pk}", options=options) for one in drawn],
        "waiting": range(newest.times - len(drawn)) if newest and not newest.ended_at else (),
        "spread": "" if found is None else distance(found),
        "times": TIMES,
    }
