"""Contact sheets: for whoever has the address."""

from __future__ import annotations

import math

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST, require_safe

from invocations import chosen, tiles
from invocations.models import Sheet
from invocations.tiles import Look

LOOK = Look(linked=False, priced=False)  # what it cost is not for whoever has the address


@never_cache
@require_safe
def sheet(request: HttpRequest, public_id: str) -> HttpResponse:
    """The chosen steps as a grid; `?wall=1` without anything around it."""
    shown = _kept(public_id)
    steps = chosen.steps_of(shown)
    columns = min(math.ceil(math.sqrt(max(len(steps), 1))), 12)
    context = {
        "sheet": shown,
        "tiles": [tiles.of_step(step, look=LOOK) for step in steps],
        "columns": columns,
        "rows": math.ceil(len(steps) / columns) or 1,
        "controls": shown.run.network.may_control(request.user),
    }
    template = "sheet_wall.html" if "wall" in request.GET else "sheet.html"
    response = render(request, f"invocations/{template}", context)
    response.headers["X-Robots-Tag"] = "noindex"
    return response


@require_POST
@login_required
def delete(request: HttpRequest, public_id: str) -> HttpResponse:
    """Take it down; the steps stay."""
    shown = _kept(public_id)
    if not shown.run.network.may_control(request.user):
        raise PermissionDenied
    shown.delete()
    messages.success(request, "The contact sheet is gone; its steps are where they were.")
    return redirect(shown.run)


def _kept(public_id: str) -> Sheet:
    """Not of a run that was withdrawn."""
    found = Sheet.objects.select_related("run__network").filter(run__withdrawn_at__isnull=True)
    return get_object_or_404(found, public_id=public_id)
