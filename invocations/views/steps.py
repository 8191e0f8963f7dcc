"""One step whole, its short address, and going on from it."""

from __future__ import annotations

from typing import cast

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.views.decorators.http import require_POST, require_safe

from accounts.models import User
from invocations import runs, tiles, wording
from invocations.models import Invocation, StepAlias
from invocations.states import IllegalMove, InvocationState
from networks import markdown, rings
from networks.models import Network, Person
from platforms.registry import get_model

NETWORKS_MOST = 200


@require_safe
def step(request: HttpRequest, public_id: str) -> HttpResponse:
    """One step with what it was given and what it gave; `?screen=1` only what it gave."""
    shown = _visible(request, public_id)
    told = shown.network.may_control(request.user)
    screen = "screen" in request.GET
    look = tiles.WALL_WHOLE if screen else tiles.Look(told=told, linked=False, whole=True)
    tile = tiles.of_step(shown, look=look)
    beside = shown.run.invocations.filter(sequence__in=(shown.sequence - 1, shown.sequence + 1))
    neighbours = {other.sequence - shown.sequence: other for other in beside}
    context = {
        "step": shown,
        "tile": tile,
        "before": neighbours.get(-1),
        "after": neighbours.get(1),
    }
    if screen:
        return render(request, "invocations/step_screen.html", context)
    context |= {
        "output": markdown.page(shown.output_text),
        "told": told,
        "advice": wording.advice(shown.error_code),
        "attempts": shown.attempts.order_by("number") if told else [],
        "alias": StepAlias.objects.filter(step=shown).first(),
        "rings": _rings(shown, request.user),
        "branches": shown.branches.visible_to(request.user).order_by("-pk")[:12],
    }
    return render(request, "invocations/step.html", context)


@require_POST
@login_required
def branch(request: HttpRequest, public_id: str) -> HttpResponse:
    """A new run that goes on after this step, on its own ring or on another network's."""
    source = _visible(request, public_id)
    wanted = request.POST.get("network", "") or source.network.slug
    seen = Network.objects.visible_to(request.user).select_related("owner")
    network = get_object_or_404(seen, slug=wanted)
    if not network.may_control(request.user):
        raise PermissionDenied
    person = cast("User", request.user)
    try:
        begun = runs.branch_run(
            source=source, network=network, at=timezone.now(), started_by=person
        )
    except (runs.StartRefused, IllegalMove) as refusal:
        messages.error(request, str(refusal))
        return redirect(source)
    return redirect(begun.network)


@require_POST
@login_required
def shorten(request: HttpRequest, public_id: str) -> HttpResponse:
    """Give the step a short address for TV remotes; for those who control."""
    shown = _visible(request, public_id)
    if not shown.network.may_control(request.user):
        raise PermissionDenied
    StepAlias.of(shown)
    return redirect(f"{shown.get_absolute_url()}#short")


def _visible(request: HttpRequest, public_id: str) -> Invocation:
    found = Invocation.objects.visible_to(request.user).select_related(
        "run", "network__owner", "input_asset", "output_asset"
    )
    return get_object_or_404(found, public_id=public_id)


def _rings(source: Invocation, person: Person) -> list[Network]:
    """The networks of the person that can take what this step gave; its own one first."""
    if source.state != InvocationState.COMPLETED:
        return []
    mine = Network.objects.controlled_by(person).order_by("name")[:NETWORKS_MOST]
    wanted = source.output_modality
    fitting = [one for one in mine if rings.place_for(one.ring, wanted, get_model) is not None]
    return sorted(fitting, key=lambda network: network.pk != source.network_id)
