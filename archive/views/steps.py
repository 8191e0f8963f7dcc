"""One step whole, its short address, and going on from it."""

from __future__ import annotations

from typing import cast

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.views.decorators.http import require_POST, require_safe

from accounts.models import User
from archive.models import ShortAddress
from invocations import refusals, runs
from invocations.hooks import AttemptWorker, hooks
from invocations.models import Attempt, Invocation
from invocations.states import IllegalMove, InvocationState
from lib import markdown
from networks import rings
from networks.models import Network, Person
from networks.views.permissions import controlled_network
from studio import state_texts, text_pictures, tiles, waiting

MAX_NETWORKS = 200


@require_safe
def step(request: HttpRequest, public_id: str) -> HttpResponse:
    """One step with what it was given and what it gave; `?screen=1` only what it gave."""
    shown = visible_step(request, public_id)
    can_control = shown.network.may_control(request.user)
    screen = "screen" in request.GET
    options = (
        tiles.WALL_FULL_SIZE
        if screen
        else tiles.TileOptions(can_control=can_control, linked=False, full_size=True)
    )
    tile = tiles.step_tile(shown, options=options)
    beside = shown.run.invocations.filter(sequence__in=(shown.sequence - 1, shown.sequence + 1))
    neighbours = {other.sequence - shown.sequence: other for other in beside}
    context = {
        "step": shown,
        "tile": tile,
        "before": neighbours.get(-1),
        "after": neighbours.get(1),
    }
    if screen:
        return render(request, "archive/step_screen.html", context)
    context |= {
        "output": markdown.render_page(shown.output_text),
        "can_control": can_control,
        **(waiting.waiting_of_step(shown, timezone.now()) if can_control else {}),
        "advice": state_texts.advice(shown.error_code),
        "attempts": _attempts(shown) if can_control else [],
        "alias": ShortAddress.objects.filter(step=shown).first(),
        "rings": _rings(shown, request.user),
        "branches": shown.branches.visible_to(request.user).order_by("-pk")[:12],
    }
    return render(request, "archive/step.html", context)


def _attempts(step: Invocation) -> list[tuple[Attempt, AttemptWorker | None]]:
    """The first one first; with the machine that had it, where it was one elsewhere."""
    found = list(step.attempts.order_by("number"))
    workers = hooks.workers_of_attempts(found)
    return [(one, workers.get(one.pk)) for one in found]


@require_safe
def text_picture(request: HttpRequest, public_id: str) -> HttpResponse:
    """What a step of text looks like on a wall; of one that has put out no text there is none."""
    shown = visible_step(request, public_id)
    if not shown.output_text:
        raise Http404
    return HttpResponse(
        text_pictures.picture_of_text(shown.output_text), content_type=text_pictures.CONTENT_TYPE
    )


@require_POST
@login_required
def branch(request: HttpRequest, public_id: str) -> HttpResponse:
    """A new run that goes on after this step, on its own ring or on another network's."""
    source = visible_step(request, public_id)
    wanted = request.POST.get("network", "") or source.network.slug
    network = controlled_network(request, wanted)
    person = cast("User", request.user)
    try:
        begun = runs.branch_run(
            source=source, network=network, at=timezone.now(), started_by=person
        )
    except (refusals.StartRefused, IllegalMove) as refusal:
        messages.error(request, str(refusal))
        return redirect(source)
    return redirect(begun.network)


@require_POST
@login_required
def shorten(request: HttpRequest, public_id: str) -> HttpResponse:
    """Give the step a short address for TV remotes; for those who control."""
    shown = visible_step(request, public_id)
    if not shown.network.may_control(request.user):
        raise PermissionDenied
    ShortAddress.get_or_create_for(shown)
    return redirect(f"{shown.get_absolute_url()}#short")


def visible_step(request: HttpRequest, public_id: str) -> Invocation:
    found = Invocation.objects.visible_to(request.user).select_related(
        "run", "network__owner", "input_asset", "output_asset", "perturbation"
    )
    return get_object_or_404(found, public_id=public_id)


def _rings(source: Invocation, person: Person) -> list[Network]:
    """The networks of the person that can take what this step gave; its own one first."""
    if source.state != InvocationState.COMPLETED:
        return []
    mine = Network.objects.controlled_by(person).order_by("name")[:MAX_NETWORKS]
    wanted = source.output_modality
    fitting = [one for one in mine if rings.first_slot_taking(one.ring, wanted) is not None]
    return sorted(fitting, key=lambda network: network.pk != source.network_id)
