"""The receipt of a stop-all: what it stopped, and when each display showed it. For admins."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.utils import timezone
from django.views.decorators.http import require_safe

from accounts.views.members import admins_only
from displays import receipts
from invocations import halts
from invocations.models import StopAll


@require_safe
@admins_only
def receipt(request: HttpRequest, public_id: str) -> HttpResponse:
    stop_all = get_object_or_404(StopAll.objects.select_related("stopped_by"), public_id=public_id)
    now = timezone.now()
    found, shown = halts.receipt(stop_all, at=now), receipts.displays_reached_by(stop_all)
    context = {
        "receipt": found,
        "stop_all": stop_all,
        "runs": found.runs,
        "shown": shown,
        "complete": halts.is_complete(found, [one.ms for one in shown], at=now),
    }
    return render(request, "displays/receipt.html", context)
