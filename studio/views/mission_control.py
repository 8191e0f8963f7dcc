"""Mission control: everything that runs, and the one button that stops it. For admins."""

from __future__ import annotations

from typing import cast

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from accounts.models import User
from accounts.views.members import admins_only
from invocations import halts
from invocations.models import Halt
from lib.validation import is_legible
from networks import featured as featured_networks
from studio import mission_control as overview

MAX_CHOICES = 200


@require_safe
@admins_only
def control(request: HttpRequest) -> HttpResponse:
    context = {
        "figures": overview.figures(timezone.now()),
        "running_networks": overview.running_networks(),
        "stop_all": Halt.current(),
    }
    return render(request, "studio/mission_control.html", context)


@require_safe
@admins_only
def figures(request: HttpRequest) -> HttpResponse:
    """The figures alone: they change when nothing happens, too."""
    context = {"figures": overview.figures(timezone.now()), "stop_all": Halt.current()}
    return render(request, "studio/_figures.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
@admins_only
def featured(request: HttpRequest) -> HttpResponse:
    """Chooses the network to which the button on the home page leads."""
    choices = featured_networks.can_be_featured().order_by("name", "pk")
    if request.method == "POST":
        slug = request.POST.get("network", "")
        network = get_object_or_404(choices, slug=slug) if is_legible(slug) and slug else None
        featured_networks.feature(network=network, by=cast("User", request.user))
        messages.success(request, _("Saved. The button on the home page leads there now."))
        return redirect("featured")
    context = {
        "networks": choices[:MAX_CHOICES],
        "featured": featured_networks.featured_network(),
    }
    return render(request, "studio/featured.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
@admins_only
def stop_all(request: HttpRequest) -> HttpResponse:
    """Stops everything, once it is sure that this is meant; else it asks back."""
    if request.POST.get("sure") != "yes":
        return render(
            request, "studio/stop_all.html", {"running_networks": overview.running_networks()}
        )
    made = halts.stop_all(stopped_by=cast("User", request.user), at=timezone.now())
    return redirect("receipt", made.public_id)


@require_POST
@admins_only
def resume_all(request: HttpRequest) -> HttpResponse:
    resumed = halts.resume_all(lifted_by=cast("User", request.user), at=timezone.now())
    count = len(resumed.runs)
    words = _("The stop is lifted; no runs go on.")
    if count:
        words = ngettext(
            "The stop is lifted; %(count)d run goes on.",
            "The stop is lifted; %(count)d runs go on.",
            count,
        ) % {"count": count}
    if resumed.paused:
        words += " " + _("Paused as before: %(count)d.") % {"count": len(resumed.paused)}
    messages.success(request, words)
    for run, reason in resumed.not_resumed:
        left = _("%(network)s does not go on. %(reason)s")
        messages.warning(request, left % {"network": run.network.name, "reason": reason})
    return redirect("mission-control")
