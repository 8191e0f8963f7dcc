"""Where a run is going, as the part of its page that is asked for by itself."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from observatory.recent_trajectories import drawn_trajectory

from .runs import visible


@require_safe
def trajectory(request: HttpRequest, public_id: str) -> HttpResponse:
    """The run's page is shown without waiting for it, and asks again while it is looked at."""
    run = visible(request, public_id)
    context = {"drawing": drawn_trajectory(run), "source": request.path}
    return render(request, "observatory/_trajectory.html", context)
