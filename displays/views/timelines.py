"""Where the time of one step went; for whoever may control its network."""

from __future__ import annotations

from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from archive.views.steps import visible_step
from displays.timelines import timeline_of_step


@require_safe
@login_required
def timeline(request: HttpRequest, public_id: str) -> HttpResponse:
    step = visible_step(request, public_id)
    if not step.network.may_control(request.user):
        raise PermissionDenied
    context = {"step": step, "timeline": timeline_of_step(step)}
    return render(request, "displays/timeline.html", context)
