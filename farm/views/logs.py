"""The log of a step that a worker of the farm had."""

from __future__ import annotations

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.views.decorators.http import require_safe

from accounts.views.members import admins_only
from farm import work_logs
from farm.work_logs import LogLevel
from invocations.models import Invocation


@require_safe
@admins_only
def log(request: HttpRequest, step_id: str) -> HttpResponse:
    """`attempt`: of which, else the newest; `level` and `q`: which lines."""
    step = get_object_or_404(Invocation.objects.select_related("run"), public_id=step_id)
    logs = work_logs.logs_of_step(step)
    found = work_logs.find_log(logs, request.GET.get("attempt", ""))
    if found is None:
        raise Http404
    level, words = request.GET.get("level", ""), request.GET.get("q", "")[:200]
    part = work_logs.read(found, level=level, words=words)
    context = {"step": step, "logs": logs, "found": found, "part": part, "levels": list(LogLevel)}
    return render(request, "farm/log.html", context | {"level": level, "words": words})


@require_safe
@admins_only
def download(request: HttpRequest, step_id: str) -> HttpResponse:
    """All that is kept, as a file."""
    step = get_object_or_404(Invocation, public_id=step_id)
    found = work_logs.find_log(work_logs.logs_of_step(step), request.GET.get("attempt", ""))
    if found is None:
        raise Http404
    name = f"{step.public_id}-{found.attempt.number}.log"
    headers = {"Content-Disposition": f'attachment; filename="{name}"'}
    return HttpResponse(found.log, "text/plain; charset=utf-8", headers=headers)
