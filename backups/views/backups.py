"""The page of the backups. For admins."""

from __future__ import annotations

from typing import cast

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from accounts.models import User
from accounts.views.members import admins_only
from backups import schedule, stored
from backups.file_names import backup_folder
from backups.models import AlreadyRunning, BackupState, ScheduledBackup


@require_safe
@admins_only
def index(request: HttpRequest) -> HttpResponse:
    context = {
        "backups": stored.stored_backups(),
        "folder": backup_folder(),
        "current": ScheduledBackup.current(),
        "trouble": _trouble(),
        "next_at": schedule.next_at(timezone.now()),
    }
    return render(request, "backups/backups.html", context)


@require_POST
@admins_only
def make(request: HttpRequest) -> HttpResponse:
    try:
        stored.ask_for_one(cast("User", request.user), at=timezone.now())
    except AlreadyRunning:
        messages.error(request, _("A backup is being made already."))
    else:
        messages.success(request, _("A backup is being made. It appears here when it is whole."))
    return redirect("backups")


@require_safe
@admins_only
def download(request: HttpRequest, name: str) -> HttpResponseBase:
    file = stored.find(name)
    if file is None:
        raise Http404
    return stored.download(request, file, by=cast("User", request.user))


def _trouble() -> ScheduledBackup | None:
    """The last failure, unless one has succeeded since."""
    failed = ScheduledBackup.latest(BackupState.FAILED)
    done = ScheduledBackup.latest(BackupState.DONE)
    return failed if failed and (done is None or failed.asked_at > done.asked_at) else None
