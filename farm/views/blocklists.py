"""Taking workers off the blocklist of a run, and having a step tried by all of them again."""

from __future__ import annotations

from typing import cast

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.utils import timezone
from django.utils.translation import gettext
from django.views.decorators.http import require_POST

from accounts.models import User
from archive.views.runs import controlled
from farm import failures
from farm.models import BlockedWorker
from invocations.models import Invocation
from invocations.states import IllegalMove


@require_POST
@login_required
def unblock(request: HttpRequest, run_id: str, entry_id: str) -> HttpResponse:
    run = controlled(request, run_id)
    entry = get_object_or_404(BlockedWorker.objects.of_run(run), public_id=entry_id)
    failures.unblock(entry, by=cast("User", request.user))
    said = gettext("%(worker)s is given such steps again.") % {"worker": entry.worker.name}
    messages.success(request, said)
    return redirect(run)


@require_POST
@login_required
def retry(request: HttpRequest, step_id: str) -> HttpResponse:
    """For those who control: a step that waits is due at once, whoever has failed it."""
    seen = Invocation.objects.visible_to(request.user).select_related("run", "network__owner")
    step = get_object_or_404(seen, public_id=step_id)
    if not step.network.may_control(request.user):
        raise PermissionDenied
    try:
        failures.ask_all_again(step, by=cast("User", request.user), at=timezone.now())
    except IllegalMove:
        messages.error(request, gettext("This step does not wait any more."))
    return redirect(step)
