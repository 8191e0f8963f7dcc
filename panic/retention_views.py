"""What is kept, what goes, and letting it go now: for admins."""

from __future__ import annotations

import time
from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import cast

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect, render
from django.template.defaultfilters import filesizeformat
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from accounts.models import AuditEntry, User
from accounts.views.members import admins_only
from archive.bundles import writing
from lib import disk_space
from panic import removal_turns, retention, retention_removal, run_retention
from panic.retention import RetainedKind
from panic.retention_removal import RemovalOrder, RemovedOfKind

PERIODS = (0, 7, 30)  # days
MAX_AGE = timedelta(hours=1)  # of what was shown before
MAX_SECONDS = 15.0  # of one request
LISTED = 24  # runs, and as many in one download of bundles
RECEIPTS = 10


@dataclass(frozen=True, slots=True)
class RemovalPreview:
    """What was shown at `now`: what goes within `days`."""

    now: datetime
    days: int

    @property
    def at(self) -> datetime:
        return self.now + timedelta(days=self.days)


@require_http_methods(["GET", "HEAD", "POST"])
@admins_only
def storage(request: HttpRequest) -> HttpResponse:
    """What goes within `?days=`; posted, the kinds that were chosen go now, as far as they were shown."""
    if request.method == "POST":
        return _remove(request)
    preview = RemovalPreview(timezone.now(), _days(request.GET.get("days", "")))
    rows = retention.removable(preview.at, now=preview.now)
    runs = run_retention.expired_runs(preview.at).select_related("network").with_totals()
    context = {
        "preview": preview,
        "periods": PERIODS,
        "rows": rows,
        "some": any(one.count for one in rows),
        "runs": list(runs[:LISTED]),
        "free_gb": disk_space.in_gigabytes(disk_space.free_bytes()),
        "floor_gb": disk_space.in_gigabytes(disk_space.floor_bytes()),
        "receipts": AuditEntry.objects.filter(action="retention.applied").order_by("-pk")[
            :RECEIPTS
        ],
    }
    return render(request, "mission_control/storage.html", context)


@require_safe
@admins_only
def bundles(request: HttpRequest) -> HttpResponseBase:
    """The runs that the page lists, as one file."""
    at = timezone.now() + timedelta(days=_days(request.GET.get("days", "")))
    runs = run_retention.expired_runs(at).select_related("network__owner")[:LISTED]
    try:
        return writing.bundles_response(request, runs, cast("User", request.user))
    except writing.TooManyExports as refusal:
        messages.info(request, str(refusal))
        return redirect("mission-control-storage")


def _remove(request: HttpRequest) -> HttpResponse:
    preview = _shown_before(request)
    kinds = {kind for kind in RetainedKind if kind in request.POST.getlist("kind")}
    if preview is None or not kinds:
        messages.info(
            request, _("Nothing was removed: look at it again, and choose at least one kind.")
        )
        return redirect("mission-control-storage")
    order = RemovalOrder(at=preview.at, now=preview.now, by=cast("User", request.user))
    try:
        _tell_removed(request, _remove_in_time(order, kinds))
    except removal_turns.RemovalUnderWay as refusal:
        messages.info(request, f"{refusal} " + _("Try again in a moment."))
    return redirect("mission-control-storage")


def _remove_in_time(order: RemovalOrder, kinds: Collection[RetainedKind]) -> list[RemovedOfKind]:
    """As much as fits in one request. Raises RemovalUnderWay."""
    ends_at = time.monotonic() + MAX_SECONDS
    with removal_turns.removal_turn() as go_on:
        return retention_removal.remove(
            order, kinds, go_on=lambda: time.monotonic() < ends_at and go_on()
        )


def _tell_removed(request: HttpRequest, removed: list[RemovedOfKind]) -> None:
    for one in removed:
        if one.count:
            facts = {"kind": one.kind.label, "count": one.count, "size": filesizeformat(one.bytes)}
            messages.success(request, _("Removed, %(kind)s: %(count)d (%(size)s).") % facts)
    if not all(one.finished for one in removed):
        messages.info(
            request,
            _(
                "There was more than fits in one request: what is still listed goes with another click."
            ),
        )
    elif not any(one.count for one in removed):
        messages.info(request, _("Nothing of it was there any more."))


def _shown_before(request: HttpRequest) -> RemovalPreview | None:
    """None: too long ago, or no time at all."""
    try:
        seen = datetime.fromisoformat(request.POST.get("seen", ""))
        age = timezone.now() - seen
    except (ValueError, TypeError):
        return None
    if not timedelta() <= age <= MAX_AGE:
        return None
    return RemovalPreview(seen, _days(request.POST.get("days", "")))


def _days(text: str) -> int:
    return int(text) if text in map(str, PERIODS) else 0
