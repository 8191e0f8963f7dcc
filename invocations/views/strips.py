"""A run as a film strip, what people leave on it, and what they do with it."""

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
from invocations import chosen, pairs, removal, souvenirs, tiles, wording
from invocations.models import Invocation, Rating, Run
from invocations.models.rating import STARS

FRAMES = 60  # on a page


@require_safe
def run(request: HttpRequest, public_id: str) -> HttpResponse:
    """The film strip: its newest steps, in their order; `?before=` and `?after=` lead to the rest."""
    shown = visible(request, public_id)
    steps = _strip(shown, after=number(request, "after"), before=number(request, "before"))
    totals: Any = shown  # the annotation
    last = (totals.invocations_count or 0) - 1
    told = shown.network.may_control(request.user)
    look = tiles.Look(told=told, lazy=True)
    context = {
        "run": shown,
        "ending": wording.ending(shown),
        "frames": [(step, tiles.of_step(step, look=look)) for step in steps],
        "begins_with": tiles.of_input(steps[0]) if steps and not steps[0].sequence else None,
        "earlier": steps[0].sequence if steps and steps[0].sequence > 0 else None,
        "later": steps[-1].sequence if steps and steps[-1].sequence < last else None,
        "from_beginning": FRAMES,
        "told": told,
        "edits": told and shown.network.may_edit(request.user),
        "sheets": shown.sheets.order_by("-pk")[:12] if told else [],
        "souvenir": souvenirs.address(shown),
        "mine": Rating.of(shown, request.user),
        "stars": STARS,
    }
    return render(request, "invocations/run.html", context)


@require_POST
@login_required
def rate(request: HttpRequest, public_id: str) -> HttpResponse:
    """One's own stars, of one to five; 0 takes them back."""
    shown = visible(request, public_id)
    stars = request.POST.get("stars", "")
    if stars in {"0", *map(str, STARS)}:
        person = cast("User", request.user)
        Rating.give(shown, person, int(stars) or None, at=timezone.now())
    return redirect(shown)


@require_POST
@login_required
def make_sheet(request: HttpRequest, public_id: str) -> HttpResponse:
    """Hang the chosen steps together; for those who control."""
    shown = controlled(request, public_id)
    wanted = [int(n) for n in request.POST.getlist("step") if n.isdecimal() and len(n) < 10]
    try:
        sheet = chosen.make_sheet(
            run=shown,
            sequences=wanted,
            title=request.POST.get("title", ""),
            made_by=cast("User", request.user),
            at=timezone.now(),
        )
    except chosen.NothingChosen as refusal:
        messages.error(request, str(refusal))
        return redirect(shown)
    return redirect(sheet)


@require_POST
@login_required
def delete(request: HttpRequest, public_id: str) -> HttpResponse:
    """Forget it with its steps and with the media that nothing else shows; what it cost is kept."""
    shown = visible(request, public_id)
    if not shown.network.may_edit(request.user):
        raise PermissionDenied
    network = shown.network
    removal.delete_run(run=shown, at=timezone.now(), by=cast("User", request.user))
    messages.success(request, "The run is gone.")
    return redirect("networks:runs", network.slug)


@require_safe
def compare(request: HttpRequest, public_id: str) -> HttpResponse:
    """Beside another run of the same words: `?with=`; without it, which ones there are."""
    one = visible(request, public_id)
    context: dict[str, object] = {"run": one}
    if wanted := request.GET.get("with", ""):
        other = visible(request, wanted)
        first = number(request, "from") or 0
        rows = pairs.pairs(one, other, first=first)
        context |= {
            "other": other,
            "heads": [one, other],
            "pairs": rows,
            "earlier": max(0, first - pairs.ROWS) if first else None,
            "later": first + pairs.ROWS if len(rows) == pairs.ROWS else None,
        }
    else:
        context["others"] = pairs.others(one, request.user)
    return render(request, "invocations/compare.html", context)


def visible(request: HttpRequest, public_id: str) -> Run:
    found = Run.objects.visible_to(request.user).with_totals()
    return get_object_or_404(
        found.select_related("network__owner", "branched_from"), public_id=public_id
    )


def controlled(request: HttpRequest, public_id: str) -> Run:
    """The run, for those who may control its network: 404 where it is not theirs to see, else 403."""
    shown = visible(request, public_id)
    if not shown.network.may_control(request.user):
        raise PermissionDenied
    return shown


def number(request: HttpRequest, name: str) -> int | None:
    text = request.GET.get(name, "")
    return int(text) if text.isdecimal() and len(text) < 10 else None


def _strip(run: Run, *, after: int | None, before: int | None) -> list[Invocation]:
    """At most so many frames, in their order: those that follow `after`, else the newest ones, or
    the newest before `before`."""
    steps = run.invocations.select_related("input_asset", "output_asset")
    if after is not None:
        return list(steps.in_order().filter(sequence__gt=after)[:FRAMES])
    if before is not None:
        steps = steps.filter(sequence__lt=before)
    return list(reversed(steps.order_by("-sequence")[:FRAMES]))
