"""A report of runs that can be cited: how it was measured, on what, and what came of it."""

from __future__ import annotations

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_safe

from invocations.models import Run
from lib.qr_codes import PublicUrl
from lib.validation import is_legible
from observatory.models.embedding import IMAGE_MODEL, TEXT_MODEL
from observatory.recent_trajectories import drawn_trajectory

MAX_RUNS = 6


@require_safe
def report(request: HttpRequest) -> HttpResponse:
    """`?run=`: one to six, in this order. It says how things stand when it is asked for."""
    runs = chosen_runs(request)
    context = {
        "runs": runs,
        "drawings": [drawn_trajectory(run) for run in runs],
        "at": timezone.now(),
        "text_model": TEXT_MODEL,
        "image_model": IMAGE_MODEL,
        "address": PublicUrl.for_path(request, request.get_full_path()).url,
    }
    return render(request, "observatory/report.html", context)


def chosen_runs(request: HttpRequest) -> list[Run]:
    """Raises Http404 where one of them is not there, or not for the person to see."""
    names = list(dict.fromkeys(request.GET.getlist("run")))
    if not 1 <= len(names) <= MAX_RUNS or not all(is_legible(name) for name in names):
        raise Http404
    seen = Run.objects.visible_to(request.user).select_related("network__owner")
    found = {run.public_id: run for run in seen.filter(public_id__in=names)}
    if len(found) < len(names):
        raise Http404
    return [found[name] for name in names]
