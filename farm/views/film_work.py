"""The log and the newest preview of a task of a film that a worker of the farm had."""

from __future__ import annotations

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.views.decorators.http import require_safe

from accounts.views.members import admins_only
from farm import preview_store
from farm.events import log_key
from farm.models import TaskAssignment


@require_safe
@admins_only
def log(request: HttpRequest, public_id: str) -> HttpResponse:
    """`work`: of which. All that is kept, as a file."""
    found = _work_of_worker(request, public_id)
    attempt = found.attempt
    name = f"{attempt.film.public_id}-{attempt.task.number}-{attempt.number}.log"
    headers = {"Content-Disposition": f'attachment; filename="{name}"'}
    return HttpResponse(found.log, "text/plain; charset=utf-8", headers=headers)


@require_safe
@admins_only
def preview(request: HttpRequest, public_id: str) -> HttpResponse:
    """`work`: of which."""
    found = _work_of_worker(request, public_id)
    content = preview_store.read(log_key(found.attempt.token))
    if content is None:
        raise Http404
    return HttpResponse(content, "image/jpeg", headers={"Cache-Control": "private"})


def _work_of_worker(request: HttpRequest, public_id: str) -> TaskAssignment:
    """Raises Http404."""
    work = request.GET.get("work", "")
    if not work.isdecimal() or len(work) > 18:
        raise Http404
    mine = TaskAssignment.objects.select_related("attempt__film", "attempt__task")
    return get_object_or_404(mine, worker__public_id=public_id, pk=int(work))
