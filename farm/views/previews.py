"""The newest preview of work under way, for admins."""

from __future__ import annotations

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.views.decorators.http import require_safe

from accounts.views.members import admins_only
from farm import previews
from farm.events import log_key
from invocations.models import Attempt


@require_safe
@admins_only
def preview(request: HttpRequest, step_id: str) -> HttpResponse:
    attempt = get_object_or_404(Attempt.objects.live(), invocation__public_id=step_id)
    try:
        content = previews.path_of(log_key(attempt.token)).read_bytes()
    except OSError:
        raise Http404 from None
    return HttpResponse(content, "image/jpeg", headers={"Cache-Control": "private"})
