"""The machines of the farm, for admins."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, cast

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext, ngettext
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from accounts.models import User
from accounts.views.members import admins_only
from farm import bulk_changes, workers
from farm.bulk_changes import FOR_ALL, BulkChange
from farm.forms.workers import SleepForm, WorkerForm, WorkerStatusForm
from farm.models import FarmWorker
from farm.models.farm_worker import FarmWorkerQuerySet
from farm.worker_list import index_context, page_of_worker
from lib.bulk_actions import back_to_list, chosen_rows
from lib.qr_codes import PublicUrl
from lib.validation import Invalid
from networks.opening_hours import zone_names


def _asked(count: int) -> str:
    return ngettext("%(count)d worker was asked.", "%(count)d workers were asked.", count)


def _changed(count: int) -> str:
    return ngettext("%(count)d worker was changed.", "%(count)d workers were changed.", count)


def _archived(count: int) -> str:
    return ngettext(
        "%(count)d machine is no worker any more.",
        "%(count)d machines are no workers any more.",
        count,
    )


DONE: Mapping[BulkChange, Callable[[int], str]] = {
    BulkChange.AWAKE: _asked,
    BulkChange.ASLEEP: _asked,
    BulkChange.RESTART: _asked,
    BulkChange.TAG: _changed,
    BulkChange.UNTAG: _changed,
    BulkChange.ARCHIVE: _archived,
}


@require_safe
@admins_only
def index(request: HttpRequest) -> HttpResponse:
    context = index_context(timezone.now(), request.GET.get("page", "1"))
    return render(request, "farm/index.html", context)


@require_POST
@admins_only
def issue_token(request: HttpRequest) -> HttpResponse:
    """Shows the token this once. `tag` or `person`: whom its machine serves."""
    at, by = timezone.now(), cast("User", request.user)
    whom = {name: request.POST.get(name, "") for name in ("tag", "person")}
    try:
        token, plain = workers.issue_token(by=by, at=at, **whom)
    except Invalid as error:
        messages.error(request, " ".join(error.errors.values()))
        return redirect("farm")
    address = PublicUrl(PublicUrl.for_path(request, "/").url.rstrip("/"))
    context = {"plain": plain, "token": token, "address": address}
    return render(request, "farm/index.html", context | index_context(at, 1))


@require_POST
@admins_only
def revoke_token(request: HttpRequest, token_id: str) -> HttpResponse:
    token = workers.waiting_token(token_id, timezone.now()).first()
    if token and workers.revoke_token(token, by=cast("User", request.user)):
        messages.success(request, gettext("The token is good for nothing any more."))
    else:
        messages.error(request, gettext("This token was used, or has expired."))
    return redirect("farm")


@require_POST
@admins_only
def change_several(request: HttpRequest) -> HttpResponse:
    """`do`: what; `chosen`: to which; `lazy`: once their work is done; `tags`: with commas between."""
    what = request.POST.get("do", "")
    found = _chosen_workers(request, what) if what in set(BulkChange) else None
    if found is None:
        return back_to_list(request, "farm")
    tags = request.POST.get("tags", "").split(",")
    given: dict[str, Any] = {
        "by": request.user,
        "at": timezone.now(),
        "lazy": "lazy" in request.POST,
        "tags": tags,
    }
    try:
        count = bulk_changes.change_workers(found, BulkChange(what), **given)
    except Invalid as wrong:
        messages.error(request, str(wrong))
    else:
        messages.success(request, DONE[BulkChange(what)](count) % {"count": count})
    return back_to_list(request, "farm")


def _chosen_workers(request: HttpRequest, what: str) -> FarmWorkerQuerySet | None:
    """None, and a message, where some have to be chosen and none was."""
    kept = FarmWorker.objects.kept()
    if what in FOR_ALL and not request.POST.getlist("chosen"):
        return kept
    chosen = chosen_rows(request, kept)
    return kept.filter(pk__in=[one.pk for one in chosen]) if chosen else None


@require_http_methods(["GET", "HEAD", "POST"])
@admins_only
def detail(request: HttpRequest, public_id: str) -> HttpResponse:
    worker = get_object_or_404(FarmWorker, public_id=public_id)
    form = WorkerForm(worker, request.POST if request.method == "POST" else None)
    form.submit(workers.change, worker=worker, by=request.user)
    if form.is_valid():
        messages.success(request, gettext("Saved."))
        return redirect("farm-worker", public_id)
    return _page(request, worker, form=form)


@require_POST
@admins_only
def request_status(request: HttpRequest, public_id: str) -> HttpResponse:
    """What it is to be."""
    worker = get_object_or_404(FarmWorker.objects.kept(), public_id=public_id)
    form = WorkerStatusForm(worker, request.POST)
    form.submit(workers.change, worker=worker, by=request.user)
    if form.is_valid():
        messages.success(request, _asked(1) % {"count": 1})
        return redirect("farm-worker", public_id)
    return _page(request, worker, status_form=form)


@require_POST
@admins_only
def change_sleep(request: HttpRequest, public_id: str) -> HttpResponse:
    """When it is to sleep."""
    worker = get_object_or_404(FarmWorker.objects.kept(), public_id=public_id)
    form = SleepForm(worker, request.POST)
    form.submit(workers.change, worker=worker, by=request.user)
    if form.is_valid():
        messages.success(request, gettext("The sleep windows are saved."))
        return redirect(f"{reverse('farm-worker', args=[public_id])}#sleep")
    return _page(request, worker, sleep_form=form)


def _page(
    request: HttpRequest,
    worker: FarmWorker,
    *,
    form: WorkerForm | None = None,
    status_form: WorkerStatusForm | None = None,
    sleep_form: SleepForm | None = None,
    secret: str = "",
) -> HttpResponse:
    """The worker's page, with what is wrong in one of its forms where something is. `secret`: a new one, which is
    shown this once."""
    context = page_of_worker(worker, timezone.now()) | {"secret": secret}
    context["form"] = form or WorkerForm(worker)
    context["status_form"] = status_form or WorkerStatusForm(worker)
    context["sleep_form"] = sleep_form or SleepForm(worker)
    context["zones"] = sorted(zone_names())
    forms = ("form", "status_form", "sleep_form")
    wrong = any(context[name].errors for name in forms)
    return render(request, "farm/worker.html", context, status=400 if wrong else 200)


@require_POST
@admins_only
def rotate_secret(request: HttpRequest, public_id: str) -> HttpResponse:
    """Shows the new one this once."""
    worker = get_object_or_404(FarmWorker.objects.kept(), public_id=public_id)
    secret = workers.rotate_secret(worker, by=cast("User", request.user))
    return _page(request, worker, secret=secret)


@require_POST
@admins_only
def archive(request: HttpRequest, public_id: str) -> HttpResponse:
    worker = get_object_or_404(FarmWorker.objects.kept(), public_id=public_id)
    workers.archive(worker, by=cast("User", request.user), at=timezone.now())
    said = gettext("%(worker)s is no worker any more.") % {"worker": worker.name}
    messages.success(request, said)
    return redirect("farm")
