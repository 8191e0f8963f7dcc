"""A report of runs that can be cited: how it was measured, on what, and what came of it; its numbers as files."""

from __future__ import annotations

from collections.abc import Sequence

from django.http import Http404, HttpRequest, HttpResponse, StreamingHttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import render
from django.utils import timezone
from django.utils.translation import gettext
from django.views.decorators.http import require_safe

from invocations.models import Run
from lib.qr_codes import PublicUrl
from lib.validation import is_legible
from lib.version import product_version
from observatory import exports, parquet
from observatory import persistence as diagrams
from observatory.comparisons import compare_runs
from observatory.drawings import SHAPES
from observatory.models.embedding import TEXT_MODEL
from observatory.outputs import texts_to_embed


@require_safe
def report(request: HttpRequest) -> HttpResponse:
    """`?run=`: one to six, in this order. It says how things stand when it is asked for."""
    runs = chosen_runs(request)
    context = {
        "comparison": compare_runs(runs),
        "waiting": texts_to_embed(runs),
        "at": timezone.now(),
        "text_model": TEXT_MODEL,
        "version": product_version(),
        "query": _query(runs),
        "address": PublicUrl.for_path(request, request.get_full_path()).url,
        "parquet": parquet.is_installed(),
        "persistence": diagrams.is_installed(),
        "extra": parquet.EXTRA,
        "room": len(runs) < len(SHAPES),
    }
    return render(request, "observatory/report.html", context)


@require_safe
def persistence(request: HttpRequest) -> HttpResponse:
    """Parts and loops of the runs of a report, where what calculates them is installed."""
    if not diagrams.is_installed():
        raise Http404
    runs = chosen_runs(request)
    context: dict[str, object] = {"query": _query(runs)}
    try:
        context["diagrams"] = diagrams.diagrams_of_runs(runs)
    except diagrams.PersistenceUnavailable:
        context["problem"] = gettext("This cannot be calculated now.")
    return render(request, "observatory/persistence.html", context)


@require_safe
def export(request: HttpRequest, table: str) -> HttpResponseBase:
    """The points or the distances of the runs of a report, as CSV."""
    if table not in exports.TABLES:
        raise Http404
    lines = exports.csv_lines(exports.TABLES[table], chosen_runs(request))
    return StreamingHttpResponse(
        lines, content_type="text/csv; charset=utf-8", headers=_named(f"panic-{table}.csv")
    )


@require_safe
def export_parquet(request: HttpRequest, table: str) -> HttpResponse:
    """The same as Parquet, where that is installed."""
    if table not in exports.TABLES or not parquet.is_installed():
        raise Http404
    file = parquet.parquet_file(exports.TABLES[table], chosen_runs(request))
    headers = _named(f"panic-{table}.parquet")
    return HttpResponse(file, content_type="application/vnd.apache.parquet", headers=headers)


def _query(runs: Sequence[Run]) -> str:
    return "&".join(f"run={run.public_id}" for run in runs)


def _named(name: str) -> dict[str, str]:
    return {"Content-Disposition": f'attachment; filename="{name}"'}


def chosen_runs(request: HttpRequest) -> list[Run]:
    """Named by their ids or addresses. Raises Http404 where one is not there, or not for the person to see."""
    given = [one.strip().rstrip("/").rpartition("/")[2] for one in request.GET.getlist("run")]
    names = list(dict.fromkeys(filter(None, given)))
    if not 1 <= len(names) <= len(SHAPES) or not all(is_legible(name) for name in names):
        raise Http404
    seen = Run.objects.visible_to(request.user).select_related("network__owner")
    found = {run.public_id: run for run in seen.filter(public_id__in=names)}
    if len(found) < len(names):
        raise Http404
    return [found[name] for name in names]
