"""The run list: of one network, or of all networks that one may see, filtered."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import TYPE_CHECKING, Any, cast

from django import forms
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import render
from django.utils import timezone
from django.utils.text import format_lazy
from django.utils.translation import gettext, ngettext
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_POST, require_safe
from ninja.errors import ValidationError

from accounts.models import User
from archive.bundles.writing import TooManyExports, bundles_response
from archive.models.rating import STARS
from invocations import removal, run_list
from invocations.models import Run
from invocations.models.run import RunQuerySet
from invocations.run_list import RunQuery
from invocations.states import InvocationState, RunState
from lib.bulk_actions import back_to_list, chosen_rows
from lib.paging import Paging
from lib.validation import is_legible
from networks.models import Network
from networks.views.permissions import visible_network
from studio import tiles
from studio.state_texts import STATE_NAMES
from studio.status import newest_steps_of_runs
from studio.tiles import Tile, TileOptions

if TYPE_CHECKING:
    from django_stubs_ext import StrOrPromise, StrPromise

RUNS_PER_PAGE = 40  # on a page
FRAMES_PER_RUN = 3
MAX_NETWORKS = 200
WHERE = [("", _("prompts")), ("all", _("anything"))]
LAST_DAY = date(9000, 1, 1)


def _date(label: StrPromise) -> forms.DateField:
    return forms.DateField(
        label=label, required=False, widget=forms.DateInput(attrs={"type": "date"})
    )


def _stars(least: int) -> StrOrPromise:
    if least == STARS[-1]:
        return str(least)
    return format_lazy(_("{count} and more"), count=least)


class RunFilter(forms.Form):
    """Read from the address, so that what was found can be kept and sent to somebody."""

    q = forms.CharField(
        label=_("Words"),
        required=False,
        max_length=200,
        widget=forms.TextInput(attrs={"type": "search", "placeholder": _("lighthouse")}),
    )
    where = forms.ChoiceField(label=_("Words in"), required=False, choices=WHERE)
    network = forms.ChoiceField(label=_("Network"), required=False)
    state = forms.ChoiceField(
        label=_("State"),
        required=False,
        choices=[("", _("any")), *((s, STATE_NAMES[s]) for s in RunState.values)],
    )
    rating = forms.TypedChoiceField(
        label=_("Rating"),
        required=False,
        coerce=int,
        empty_value=None,
        choices=[("", _("any")), *((n, _stars(n)) for n in STARS)],
    )
    since = _date(_("From"))
    until = _date(_("To"))

    def __init__(self, *args: Any, networks: list[Network] | None, **kwargs: Any) -> None:
        super().__init__(*args, **{"auto_id": "filter-%s", **kwargs})
        if networks is None:
            del self.fields["network"]
        else:
            choices = [(network.slug, network.name) for network in networks]
            self.fields["network"].choices = [("", _("any")), *choices]  # type: ignore[attr-defined]

    def clean_q(self) -> str:
        words: str = self.cleaned_data["q"]
        if words and not is_legible(words):
            raise forms.ValidationError(gettext("Search for text."))
        return words

    @property
    def wanted(self) -> RunQuery:
        """What is asked; of a field that says nothing sensible, nothing."""
        self.full_clean()
        given = self.cleaned_data
        return RunQuery(
            words=given.get("q") or "",
            everywhere=bool(given.get("where")),
            state=given.get("state") or "",
            since=_midnight(given.get("since")),
            until=_midnight(given.get("until"), days=1),
            stars=given.get("rating"),
        )

    @property
    def slug(self) -> str:
        """The network that is asked for, if one is."""
        return self.cleaned_data.get("network") or ""

    @property
    def asks(self) -> bool:
        return any(self.cleaned_data.values())


def _midnight(day: date | None, *, days: int = 0) -> datetime | None:
    """The beginning of the day, or of one that follows it."""
    if day is None:
        return None
    return datetime.combine(min(day, LAST_DAY), time.min, UTC) + timedelta(days=days)


@dataclass(frozen=True, slots=True)
class RunListEntry:
    """A run in the list, with its newest frames."""

    run: Run
    frames: list[Tile]


@require_safe
def index(request: HttpRequest) -> HttpResponse:
    """The runs of every network one may see, the newest first."""
    networks = list(Network.objects.visible_to(request.user).order_by("name")[:MAX_NETWORKS])
    asked = RunFilter(request.GET, networks=networks)
    rows = Run.objects.visible_to(request.user).select_related("network")
    wanted = asked.wanted
    if asked.slug:
        rows = rows.filter(network__slug=asked.slug)
    return _render_list(request, rows, asked, wanted, None)


@require_safe
def runs_of_network(request: HttpRequest, slug: str) -> HttpResponse:
    """Every run of a network, the newest first, a page at a time."""
    network = visible_network(request, slug)
    asked = RunFilter(request.GET, networks=None)
    rows = network.runs.unless_withdrawn_from(request.user)
    return _render_list(request, rows, asked, asked.wanted, network)


@require_POST
@login_required
def bulk(request: HttpRequest) -> HttpResponseBase:
    """Export or delete the runs that were chosen on a page of the list."""
    chosen = Run.objects.visible_to(request.user).select_related("network__owner")
    found = chosen_rows(request, chosen)
    action = request.POST.get("action") if found else ""
    if action == "export":
        try:
            return bundles_response(request, found, request.user)
        except TooManyExports as refusal:
            messages.info(request, str(refusal))
    elif action == "delete":
        _delete(request, found)
    return back_to_list(request, "runs:list")


def _delete(request: HttpRequest, found: list[Run]) -> None:
    """Those whose network the person may edit; the others stay, and it is said how many."""
    mine = [run for run in found if run.network.may_edit(request.user)]
    for run in mine:
        removal.delete_run(run=run, at=timezone.now(), by=cast("User", request.user))
    if mine:
        gone = ngettext("%(count)d run is gone.", "%(count)d runs are gone.", len(mine))
        messages.success(request, gone % {"count": len(mine)})
    if kept := len(found) - len(mine):
        stay = ngettext(
            "%(count)d run is of networks that only others may edit, and kept.",
            "%(count)d runs are of networks that only others may edit, and kept.",
            kept,
        )
        messages.info(request, stay % {"count": kept})


def _render_list(
    request: HttpRequest,
    rows: RunQuerySet,
    asked: RunFilter,
    wanted: run_list.RunQuery,
    network: Network | None,
) -> HttpResponse:
    after = request.GET.get("after")
    try:
        page, following = run_list.page_of_runs(
            rows.with_totals(), wanted, Paging(after=after, cursor=None, limit=RUNS_PER_PAGE)
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
    return render(request, "archive/runs.html", context)


def _entries(page: list[Run]) -> list[RunListEntry]:
    totals: list[Any] = list(page)  # the annotation
    counts = {run.pk: run.invocations_count or 0 for run in totals}
    newest = newest_steps_of_runs(
        counts, FRAMES_PER_RUN + 1
    )  # one of a run under way has nothing to show yet
    options = TileOptions(linked=False, lazy=True)
    return [
        RunListEntry(
            run,
            [
                tiles.step_tile(step, options=options)
                for step in newest.get(run.pk, [])
                if step.state == InvocationState.COMPLETED
            ][:FRAMES_PER_RUN],
        )
        for run in page
    ]
