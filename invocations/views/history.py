"""What has been: a run as a film strip, one step whole."""

from __future__ import annotations

from typing import Any, cast

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.views.decorators.http import require_POST, require_safe

from accounts.models import User
from invocations import runs, tiles, wording
from invocations.models import Invocation, Run
from invocations.states import IllegalMove
from networks import markdown

FRAMES = 60  # on a page


@require_safe
def run(request: HttpRequest, public_id: str) -> HttpResponse:
    """The film strip: its newest steps, in their order; `?before=` and `?after=` lead to the rest."""
    found = Run.objects.visible_to(request.user).with_totals()
    shown = get_object_or_404(
        found.select_related("network__owner", "branched_from"), public_id=public_id
    )
    steps = _strip(shown, after=_number(request, "after"), before=_number(request, "before"))
    totals: Any = shown  # the annotation
    last = (totals.invocations_count or 0) - 1
    told = shown.network.may_control(request.user)
    context = {
        "run": shown,
        "ending": wording.ending(shown),
        "frames": [tiles.of_step(step, look=tiles.Look(told=told)) for step in steps],
        "earlier": steps[0].sequence if steps and steps[0].sequence > 0 else None,
        "later": steps[-1].sequence if steps and steps[-1].sequence < last else None,
        "from_beginning": FRAMES,
        "told": told,
    }
    return render(request, "invocations/run.html", context)


@require_safe
def step(request: HttpRequest, public_id: str) -> HttpResponse:
    """One step with what it was given and what it gave; `?screen=1` only what it gave."""
    shown = _visible(request, public_id)
    told = shown.network.may_control(request.user)
    screen = "screen" in request.GET
    look = tiles.WALL_WHOLE if screen else tiles.Look(told=told, linked=False, whole=True)
    tile = tiles.of_step(shown, look=look)
    if screen:
        return render(request, "invocations/step_screen.html", {"step": shown, "tile": tile})
    beside = shown.run.invocations.filter(sequence__in=(shown.sequence - 1, shown.sequence + 1))
    neighbours = {other.sequence - shown.sequence: other for other in beside}
    context = {
        "step": shown,
        "tile": tile,
        "output": markdown.page(shown.output_text),
        "before": neighbours.get(-1),
        "after": neighbours.get(1),
        "told": told,
        "advice": wording.advice(shown.error_code),
        "attempts": shown.attempts.order_by("number") if told else [],
    }
    return render(request, "invocations/step.html", context)


@require_POST
@login_required
def branch(request: HttpRequest, public_id: str) -> HttpResponse:
    """A new run that goes on after this step."""
    source = _visible(request, public_id)
    if not source.network.may_control(request.user):
        raise PermissionDenied
    person = cast("User", request.user)
    try:
        begun = runs.branch_run(source=source, at=timezone.now(), started_by=person)
    except (runs.StartRefused, IllegalMove) as refusal:
        messages.error(request, str(refusal))
        return redirect(source)
    return redirect(begun.network)


def _visible(request: HttpRequest, public_id: str) -> Invocation:
    found = Invocation.objects.visible_to(request.user).select_related(
        "run", "network__owner", "input_asset", "output_asset"
    )
    return get_object_or_404(found, public_id=public_id)


def _strip(run: Run, *, after: int | None, before: int | None) -> list[Invocation]:
    """At most so many frames, in their order: those that follow `after`, else the newest ones, or
    the newest before `before`."""
    steps = run.invocations.select_related("input_asset", "output_asset")
    if after is not None:
        return list(steps.in_order().filter(sequence__gt=after)[:FRAMES])
    if before is not None:
        steps = steps.filter(sequence__lt=before)
    return list(reversed(steps.order_by("-sequence")[:FRAMES]))


def _number(request: HttpRequest, name: str) -> int | None:
    text = request.GET.get(name, "")
    return int(text) if text.isdecimal() and len(text) < 10 else None
