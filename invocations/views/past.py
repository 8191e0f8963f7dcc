"""Lists of runs that have been: of one network, or of all that one may see."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.views.decorators.http import require_safe
from ninja.errors import ValidationError

from invocations import past, tiles
from invocations.forms import NETWORKS_MOST, RunFilter
from invocations.models import Run
from invocations.models.run import RunQuerySet
from invocations.standing import newest_steps
from invocations.states import InvocationState
from invocations.tiles import Look, Tile
from networks.models import Network
from networks.paging import Paging

RUNS = 40  # on a page
FRAMES = 3  # of each, to know it by


@dataclass(frozen=True, slots=True)
class Entry:
    """A run in the list, with its newest frames."""

    run: Run
    frames: list[Tile]


@require_safe
def index(request: HttpRequest) -> HttpResponse:
    """The runs of every network one may see, the newest first."""
    networks = list(Network.objects.visible_to(request.user).order_by("name")[:NETWORKS_MOST])
    asked = RunFilter(request.GET, networks=networks)
    rows = Run.objects.visible_to(request.user).select_related("network")
    wanted = asked.wanted
    if asked.slug:
        rows = rows.filter(network__slug=asked.slug)
    return _listed(request, rows, asked, wanted, None)


@require_safe
def of_network(request: HttpRequest, slug: str) -> HttpResponse:
    """Every run of a network, the newest first, a page at a time."""
    network = get_object_or_404(Network.objects.visible_to(request.user), slug=slug)
    asked = RunFilter(request.GET, networks=None)
    rows = network.runs.unless_withdrawn_from(request.user)
    return _listed(request, rows, asked, asked.wanted, network)


def _listed(
    request: HttpRequest,
    rows: RunQuerySet,
    asked: RunFilter,
    wanted: past.Wanted,
    network: Network | None,
) -> HttpResponse:
    after = request.GET.get("after")
    try:
        page, following = past.page(
            rows.with_totals(), wanted, Paging(after=after, cursor=None, limit=RUNS)
        )
    except ValidationError as no_cursor:
        raise Http404 from no_cursor
    query = request.GET.copy()
    query.pop("after", None)
    context = {
        "network": network,
        "filter": asked,
        "entries": _entries(page),
        "query": query.urlencode(),
        "following": following,
        "continued": bool(after),
    }
    return render(request, "invocations/runs.html", context)


def _entries(page: list[Run]) -> list[Entry]:
    totals: list[Any] = list(page)  # the annotation
    counts = {run.pk: run.invocations_count or 0 for run in totals}
    newest = newest_steps(counts, FRAMES + 1)  # one of a run under way has nothing to show yet
    look = Look(linked=False, lazy=True)
    return [
        Entry(
            run,
            [
                tiles.of_step(step, look=look)
                for step in newest.get(run.pk, [])
                if step.state == InvocationState.COMPLETED
            ][:FRAMES],
        )
        for run in page
    ]
