"""The machines of the farm, for admins."""

from __future__ import annotations

from typing import cast

from django.conf import settings
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext, ngettext
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from accounts.models import User
from accounts.views.members import admins_only
from farm import workers
from farm.forms.workers import WorkerForm
from farm.models import FarmWorker
from farm.worker_list import page_of_worker, worker_rows


@require_safe
@admins_only
def index(request: HttpRequest) -> HttpResponse:
    return render(request, "farm/index.html", {"rows": worker_rows(timezone.now())})


@require_POST
@admins_only
def issue_token(request: HttpRequest) -> HttpResponse:
    """Shows the token this once."""
    at = timezone.now()
    token, plain = workers.issue_token(by=cast("User", request.user), at=at)
    address = settings.PUBLIC_URL.rstrip("/") or f"{request.scheme}://{request.get_host()}"
    context = {"rows": worker_rows(at), "plain": plain, "token": token, "address": address}
    return render(request, "farm/index.html", context)


@require_POST
@admins_only
def request_status(request: HttpRequest) -> HttpResponse:
    """All of them at once. `do`: awake or asleep; `lazy`: once their work is done."""
    if (asked := request.POST.get("do", "")) in workers.REQUESTABLE:
        count = workers.request_status(
            FarmWorker.objects.kept(),
            by=cast("User", request.user),
            status=asked,
            lazy="lazy" in request.POST,
        )
        said = ngettext("%(count)d worker was asked.", "%(count)d workers were asked.", count)
        messages.success(request, said % {"count": count})
    return redirect("farm")


@require_http_methods(["GET", "HEAD", "POST"])
@admins_only
def detail(request: HttpRequest, public_id: str) -> HttpResponse:
    worker = get_object_or_404(FarmWorker, public_id=public_id)
    form = WorkerForm(worker, request.POST if request.method == "POST" else None)
    form.submit(workers.change, worker=worker, by=request.user)
    if form.is_valid():
        messages.success(request, gettext("Saved."))
        return redirect("farm-worker", public_id)
    context = page_of_worker(worker, timezone.now()) | {"form": form}
    return render(request, "farm/worker.html", context, status=400 if form.errors else 200)


@require_POST
@admins_only
def archive(request: HttpRequest, public_id: str) -> HttpResponse:
    worker = get_object_or_404(FarmWorker.objects.kept(), public_id=public_id)
    workers.archive(worker, by=cast("User", request.user), at=timezone.now())
    said = gettext("%(worker)s is no worker any more.") % {"worker": worker.name}
    messages.success(request, said)
    return redirect("farm")
