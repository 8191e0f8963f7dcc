"""A run: its film strip, its ratings, and deleting it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, cast

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext
from django.views.decorators.http import require_POST, require_safe

from accounts.models import User
from archive.hooks import hooks as archive_hooks
from archive.models import Rating
from archive.models.rating import STARS
from invocations import removal, run_list, visitor_access
from invocations.models import Invocation, Run
from invocations.run_list import RunQuery
from invocations.states import RetentionClass
from lib.paging import Paging
from lib.validation import is_legible
from networks.models import Person
from studio import state_texts, tiles, waiting
from studio.hooks import hooks
from studio.tiles import Tile, TileOptions

FRAMES = 60  # on a page


@require_safe
def detail(request: HttpRequest, public_id: str) -> HttpResponse:
    """The film strip: its newest steps, in their order; `?before=` and `?after=` lead to the rest."""
    shown = visible(request, public_id)
    steps = _strip(shown, after=number(request, "after"), before=number(request, "before"))
    totals: Any = shown  # the annotation
    last = (totals.invocations_count or 0) - 1
    can_control = shown.network.may_control(request.user)
    options = tiles.TileOptions(can_control=can_control, lazy=True)
    context = {
        "run": shown,
        "ending": state_texts.ending(shown),
        "frames": [(step, tiles.step_tile(step, options=options)) for step in steps],
        "begins_with": tiles.input_tile(steps[0]) if steps and not steps[0].sequence else None,
        "earlier": steps[0].sequence if steps and steps[0].sequence > 0 else None,
        "later": steps[-1].sequence if steps and steps[-1].sequence < last else None,
        "from_beginning": FRAMES,
        "can_control": can_control,
        "can_edit": can_control and shown.network.may_edit(request.user),
        **_waiting(shown, steps, can_control),
        "blocklist": hooks.blocklist(shown) if can_control else (),
        "blocklist_place": f"blocklist-{shown.public_id}",
        "contact_sheets": shown.contact_sheets.order_by("-pk")[:12] if can_control else [],
        "film_address": archive_hooks.film_address(shown) if can_control else "",
        "films": archive_hooks.films_of_run(shown, request.user) if can_control else (),
        "visitor_page": visitor_access.url_path(shown),
        "source": reverse("runs:trajectory", args=[shown.public_id]),
        "own_rating": Rating.stars_of(shown, request.user),
        "stars": STARS,
    }
    return render(request, "archive/run.html", context)


def _waiting(run: Run, steps: list[Invocation], can_control: bool) -> dict[str, object]:
    """Why the newest step waits although it is due, for those who control."""
    newest = steps[-1] if steps else None
    if newest is None or not (can_control and run.live):
        return {}
    newest.run, newest.network = run, run.network
    return waiting.waiting_of_step(newest, timezone.now())


@require_POST
@login_required
def rate(request: HttpRequest, public_id: str) -> HttpResponse:
    """Set one's own rating, one to five stars; 0 removes it."""
    shown = visible(request, public_id)
    stars = request.POST.get("stars", "")
    if stars in {"0", *map(str, STARS)}:
        person = cast("User", request.user)
        Rating.set_stars(shown, person, int(stars) or None, at=timezone.now())
    return redirect(shown)


@require_POST
@login_required
def delete(request: HttpRequest, public_id: str) -> HttpResponse:
    """Delete it with its steps and with the media that nothing else shows; what it cost is kept."""
    shown = visible(request, public_id)
    if not shown.network.may_edit(request.user):
        raise PermissionDenied
    network = shown.network
    removal.delete_run(run=shown, at=timezone.now(), by=cast("User", request.user))
    messages.success(request, gettext("The run is gone."))
    return redirect("networks:runs", network.slug)


@require_POST
@login_required
def keep(request: HttpRequest, public_id: str) -> HttpResponse:
    """Have it kept whatever retention removes (`keep` is 1), or let it go when its time is over."""
    shown = visible(request, public_id)
    if not shown.network.may_edit(request.user):
        raise PermissionDenied
    wanted = RetentionClass.KEPT if request.POST.get("keep") == "1" else RetentionClass.NORMAL
    shown.keep(wanted, at=timezone.now())
    return redirect(shown)


def visible(request: HttpRequest, public_id: str) -> Run:
    if not is_legible(public_id):  # it may have been typed, and no database looks that up
        raise Http404
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


STEPS_PER_PAGE = 24
MAX_OTHERS = 24  # to select from


@require_safe
def compare(request: HttpRequest, public_id: str) -> HttpResponse:
    """With another run, `?with=`; without it, the list of runs with the same prompt."""
    one = visible(request, public_id)
    context: dict[str, object] = {"run": one}
    if wanted := request.GET.get("with", ""):
        other = visible(request, wanted)
        first = number(request, "from") or 0
        steps = compare_steps(one, other, first=first)
        context |= {
            "other": other,
            "runs": [one, other],
            "steps": steps,
            "earlier": max(0, first - STEPS_PER_PAGE) if first else None,
            "later": first + STEPS_PER_PAGE if len(steps) == STEPS_PER_PAGE else None,
        }
    else:
        context["others"] = runs_with_same_prompt(one, request.user)
    return render(request, "archive/run_comparison.html", context)


@dataclass(frozen=True, slots=True)
class ComparedStep:
    """The step with this number of both runs; None where a run has not come that far."""

    number: int  # from 1
    sides: tuple[Tile | None, Tile | None]


def runs_with_same_prompt(run: Run, person: Person) -> list[Run]:
    """Runs that began with the very same words, as far as the person may see them."""
    seen = Run.objects.visible_to(person).select_related("network").with_totals()
    wanted = RunQuery(words=run.prompt, prompt_of=run)
    found, _ = run_list.page_of_runs(
        seen, wanted, Paging(after=None, cursor=None, limit=MAX_OTHERS)
    )
    return found


def compare_steps(one: Run, other: Run, *, first: int) -> list[ComparedStep]:
    """The steps of both from `first` on, aligned by their number; at most `STEPS_PER_PAGE`."""
    left, right = _tiles(one, first), _tiles(other, first)
    return [
        ComparedStep(n + 1, (left.get(n), right.get(n))) for n in sorted(left.keys() | right.keys())
    ]


def _tiles(run: Run, first: int) -> dict[int, Tile]:
    steps = run.invocations.select_related("input_asset", "output_asset").in_order()
    options = TileOptions(lazy=True)
    shown = steps.filter(sequence__gte=first, sequence__lt=first + STEPS_PER_PAGE)
    return {step.sequence: tiles.step_tile(step, options=options) for step in shown}
