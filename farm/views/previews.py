"""The newest preview of a step at work, for those who control its network."""

from __future__ import annotations

from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.views.decorators.http import require_safe

from farm import preview_store
from farm.events import log_key
from invocations.models import Attempt, Invocation


@require_safe
@login_required
def preview(request: HttpRequest, step_id: str) -> HttpResponse:
    seen = Invocation.objects.visible_to(request.user).select_related("network__owner")
    step = get_object_or_404(seen, public_id=step_id)
    if not step.network.may_control(request.user):
        raise PermissionDenied
    attempt = get_object_or_404(Attempt.objects.live(), invocation=step)
    content = preview_store.read(log_key(attempt.token))
    if content is None:
        raise Http404
    return HttpResponse(content, "image/jpeg", headers={"Cache-Control": "private"})
