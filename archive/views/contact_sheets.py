"""Contact sheets: making one, its page for whoever has the address, and deleting it."""

from __future__ import annotations

import math
from typing import cast

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST, require_safe

from accounts.models import User
from archive.hooks import hooks
from archive.models import ContactSheet
from archive.models.contact_sheet import NoStepsSelected
from studio import tiles
from studio.tiles import TileOptions

from . import runs

TILE_OPTIONS = TileOptions(
    linked=False, priced=False
)  # what it cost is not for whoever has the address


@require_POST
@login_required
def make(request: HttpRequest, public_id: str) -> HttpResponse:
    """Of the steps selected on the film strip; for those who control."""
    shown = runs.controlled(request, public_id)
    wanted = [int(n) for n in request.POST.getlist("step") if n.isdecimal() and len(n) < 10]
    try:
        sheet = ContactSheet.make(
            run=shown,
            sequences=wanted,
            title=request.POST.get("title", ""),
            made_by=cast("User", request.user),
        )
    except NoStepsSelected as refusal:
        messages.error(request, str(refusal))
        return redirect(shown)
    return redirect(sheet)


@never_cache
@require_safe
def detail(request: HttpRequest, public_id: str) -> HttpResponse:
    """The selected steps as a grid; `?wall=1` without anything around it."""
    shown = _find(public_id)
    steps = shown.steps
    columns = min(math.ceil(math.sqrt(max(len(steps), 1))), 12)
    context = {
        "sheet": shown,
        "tiles": [tiles.step_tile(step, options=TILE_OPTIONS) for step in steps],
        "columns": columns,
        "rows": math.ceil(len(steps) / columns) or 1,
        "films": hooks.shared_films_of_run(shown.run),
        "can_control": shown.run.network.may_control(request.user),
    }
    template = "contact_sheet_wall.html" if "wall" in request.GET else "contact_sheet.html"
    response = render(request, f"archive/{template}", context)
    response.headers["X-Robots-Tag"] = "noindex"
    return response


@require_POST
@login_required
def delete(request: HttpRequest, public_id: str) -> HttpResponse:
    """The steps stay."""
    shown = _find(public_id)
    if not shown.run.network.may_control(request.user):
        raise PermissionDenied
    shown.delete()
    messages.success(request, gettext("The contact sheet is gone; its steps are where they were."))
    return redirect(shown.run)


def _find(public_id: str) -> ContactSheet:
    sheet = ContactSheet.find(public_id)
    if sheet is None:
        raise Http404
    return sheet
