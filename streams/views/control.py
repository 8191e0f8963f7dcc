"""Start, stop and health of a stream, and the page of its targets."""

from __future__ import annotations

from typing import cast

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from accounts.models import User
from networks.models import Network
from networks.views.permissions import controlled_network, owners_only
from streams import broadcasts, targets
from streams.broadcasts import CannotGoOnAir
from streams.forms.targets import TargetForm
from streams.models import StreamTarget
from streams.models.broadcast import BedKind, OutsideHours


@require_safe
@never_cache
@login_required
def health(request: HttpRequest, slug: str) -> HttpResponse:
    """The part of the control room that is asked for again."""
    network = controlled_network(request, slug)
    status = broadcasts.status_of(network, at=timezone.now(), with_targets=True)
    in_room = "room" in request.GET
    context = {"network": network, "status": status, "in_room": in_room}
    return render(request, "streams/_health.html", context)


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
@login_required
def page(request: HttpRequest, slug: str) -> HttpResponse:
    """Everything about the stream; POST with `action` (start, stop), `bed`, or `outside_hours`."""
    network = controlled_network(request, slug)
    if request.method == "POST":
        _act(request, network)
        to_room = request.POST.get("next") == "room"
        return redirect(
            f"{network.get_absolute_url()}#network-stream" if to_room else _address(network)
        )
    status = broadcasts.status_of(network, at=timezone.now(), with_targets=True)
    context = {
        "network": network,
        "status": status,
        "beds": BedKind.choices,
        "outside_hours": OutsideHours.choices,
        "can_edit": network.may_edit(request.user),
        "form": TargetForm(cast("User", request.user)),
    }
    return render(request, "streams/page.html", context)


def _act(request: HttpRequest, network: Network) -> None:
    action, by, at = request.POST.get("action", ""), cast("User", request.user), timezone.now()
    try:
        if action == "start":
            broadcasts.start(network=network, by=by, at=at)
        elif action == "stop":
            broadcasts.stop(network=network, by=by, at=at)
        elif (choice := request.POST.get("outside_hours", "")) in OutsideHours.values:
            broadcasts.choose_outside_hours(network=network, choice=OutsideHours(choice))
            messages.success(request, _("Saved."))
        elif (bed := request.POST.get("bed", "")) in BedKind.values:
            broadcasts.choose_bed(network=network, bed=BedKind(bed))
            messages.success(request, _("Saved."))
    except CannotGoOnAir as refusal:
        messages.error(request, str(refusal))


@sensitive_post_parameters("address", "key")
@require_POST
@owners_only
def add_target(request: HttpRequest, network: Network) -> HttpResponse:
    person = cast("User", request.user)
    form = TargetForm(person, request.POST)
    if (made := form.submit(targets.add, network=network, by=person)) is not None:
        messages.success(request, _("The stream is sent to “%(name)s”.") % {"name": made.name})
        return redirect(_address(network))
    status = broadcasts.status_of(network, at=timezone.now(), with_targets=True)
    context = {
        "network": network,
        "status": status,
        "beds": BedKind.choices,
        "outside_hours": OutsideHours.choices,
        "can_edit": True,
        "form": form,
    }
    return render(request, "streams/page.html", context, status=422)


@require_POST
@owners_only
def change_target(request: HttpRequest, network: Network, target_id: str) -> HttpResponse:
    """`action`: on, off or remove."""
    found: StreamTarget = get_object_or_404(network.stream_targets, public_id=target_id)
    by, action = cast("User", request.user), request.POST.get("action")
    if action == "remove":
        targets.remove(target=found, by=by)
        messages.success(request, _("“%(name)s” is removed.") % {"name": found.name})
    elif action in ("on", "off"):
        targets.change(target=found, by=by, enabled=action == "on")
    return redirect(_address(network))


def _address(network: Network) -> str:
    return f"{network.get_absolute_url()}stream/"
