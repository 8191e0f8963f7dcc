"""A run and the one that began beside it, side by side: how far they have parted."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_safe

from invocations.models import Run
from observatory import partings
from studio.side_by_side import tiled_sides
from studio.tiles import TileOptions

from .runs import visible


@require_safe
def pair(request: HttpRequest, public_id: str) -> HttpResponse:
    """`?part=1` is what changes while they go on."""
    run = visible(request, public_id)
    template = "archive/_pair.html" if "part" in request.GET else "archive/pair.html"
    can_control = run.network.may_control(request.user)
    return render(request, template, {"run": run, **_context(run, can_control=can_control)})


def _context(run: Run, *, can_control: bool) -> dict[str, object]:
    source = f"{reverse('runs:pair', args=[run.public_id])}?part=1"
    found = partings.pair_of_run(run)
    if found is None:
        return {"parting": None, "source": source}
    parting = partings.parting_of(found)
    # The companion is on a private network: links to its steps are for those who may see that.
    options = TileOptions(linked=can_control, priced=can_control)
    return {
        "parting": parting,
        "sides": tiled_sides(parting, options),
        "source": source,
        "can_control": can_control,
    }
