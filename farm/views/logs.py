"""The log of a step that a worker of the farm had."""

from __future__ import annotations

from typing import cast

from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.views.decorators.http import require_safe

from accounts.models import User
from farm import work_logs
from farm.models import Assignment
from farm.work_logs import LogLevel
from invocations.models import Invocation


@require_safe
@login_required
def log(request: HttpRequest, step_id: str) -> HttpResponse:
    """`attempt`: of which, else the newest; `level` and `q`: which lines."""
    step = _controlled(request, step_id)
    logs = _logs(request, step)
    found = work_logs.find_log(logs, request.GET.get("attempt", ""))
    if found is None:
        raise Http404
    level, words = request.GET.get("level", ""), request.GET.get("q", "")[:200]
    part = work_logs.read(found, level=level, words=words)
    context = {"step": step, "logs": logs, "found": found, "part": part, "levels": list(LogLevel)}
    return render(request, "farm/log.html", context | {"level": level, "words": words})


@require_safe
@login_required
def download(request: HttpRequest, step_id: str) -> HttpResponse:
    """All that is kept, as a file."""
    step = _controlled(request, step_id)
    found = work_logs.find_log(_logs(request, step), request.GET.get("attempt", ""))
    if found is None:
        raise Http404
    name = f"{step.public_id}-{found.attempt.number}.log"
    headers = {"Content-Disposition": f'attachment; filename="{name}"'}
    return HttpResponse(found.log, "text/plain; charset=utf-8", headers=headers)


def _controlled(request: HttpRequest, step_id: str) -> Invocation:
    """404 where it is not theirs to see, else 403 where they may only look."""
    seen = Invocation.objects.visible_to(request.user).select_related("run", "network__owner")
    step = get_object_or_404(seen, public_id=step_id)
    if not step.network.may_control(request.user):
        raise PermissionDenied
    return step


def _logs(request: HttpRequest, step: Invocation) -> list[Assignment]:
    is_admin = cast("User", request.user).is_admin
    return work_logs.logs_of_step(step, whole_batches=is_admin)
