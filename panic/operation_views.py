"""Mission control in full: what is under way, whether it is well, and what went wrong. For admins."""

from __future__ import annotations

from typing import cast

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_POST, require_safe

from accounts.models import User
from accounts.views.members import admins_only
from invocations import runs
from invocations.models import Halt, Run
from invocations.states import IllegalMove, Reason
from lib.bulk_actions import back_to_list, chosen_rows
from panic import health
from panic.live_work import live_work
from panic.platform_health import errors_of_last_day, platform_health
from panic.templatetags.disk import disk_banner as disk_facts
from studio import mission_control

ACTIONS = ("stop", "pause", "resume")
CHECKS = {
    "database": _("database"),
    "worker": _("queue"),
    "event_lag": _("events"),
    "disk": _("disk"),
}


@require_safe
@admins_only
def work(request: HttpRequest) -> HttpResponse:
    return render(request, "mission_control/work.html", _now())


@require_safe
@admins_only
def work_now(request: HttpRequest) -> HttpResponse:
    """The tables alone, which the page asks for again and again."""
    return render(request, "mission_control/_work.html", _now())


@require_safe
@admins_only
def disk_banner(request: HttpRequest) -> HttpResponse:
    """What open pages of admins say while the disk is full; else nothing."""
    return render(request, "components/_disk_banner.html", disk_facts())


def _now() -> dict[str, object]:
    at = timezone.now()
    return {
        "figures": mission_control.figures(at),
        "stop_all": Halt.current(),
        "rows": live_work(at),
        "platforms": platform_health(at),
        "checks": [(CHECKS[check.name], check) for check in health.readiness()],
    }


@require_POST
@admins_only
def act_on_runs(request: HttpRequest) -> HttpResponse:
    """Stop, pause or resume the runs that were chosen; those that it does not fit stay as they are."""
    found = chosen_rows(request, Run.objects.live().select_related("network"))
    action = request.POST.get("action")
    if found and action in ACTIONS:
        done = sum(_act(run, action, cast("User", request.user)) for run in found)
        words = ngettext("Done with %(done)d run.", "Done with %(done)d runs.", done)
        messages.success(request, words % {"done": done})
        if left := len(found) - done:
            words = ngettext(
                "%(left)d run is in another state, and stays as it is.",
                "%(left)d runs are in another state, and stay as they are.",
                left,
            )
            messages.info(request, words % {"left": left})
    return back_to_list(request, "mission-control-work")


def _act(run: Run, action: str, by: User) -> bool:
    try:
        if action == "stop":
            runs.stop_run(run=run, reason=Reason.PERSON, at=timezone.now(), by=by)
        elif action == "pause":
            runs.pause_run(run=run)
        else:
            runs.resume_run(run=run, at=timezone.now())
    except IllegalMove:
        return False
    return True


@require_safe
@admins_only
def errors(request: HttpRequest) -> HttpResponse:
    context = {"groups": errors_of_last_day(timezone.now())}
    return render(request, "mission_control/errors.html", context)
