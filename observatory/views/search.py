"""Search by what texts mean, beside the search by words in the list of runs."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext
from django.views.decorators.http import require_safe

from lib.validation import is_blank, is_legible
from observatory import search
from observatory.drawings import distance, model_name
from observatory.search import SearchUnavailable

SHOWN = 30


@require_safe
def by_meaning(request: HttpRequest) -> HttpResponse:
    """`?q=`: the nearest text outputs among all that one may see."""
    words = request.GET.get("q", "")
    context: dict[str, object] = {"words": words if is_legible(words) else ""}
    if not is_blank(words):
        context |= _found(request, words)
    return render(request, "observatory/search.html", context)


def _found(request: HttpRequest, words: str) -> dict[str, object]:
    if not is_legible(words) or len(words) > search.MAX_QUERY:
        return {"problem": gettext("Search for text.")}
    try:
        matches = search.search_by_meaning(words, person=request.user, count=SHOWN)
    except SearchUnavailable as reason:
        return {"problem": str(reason)}
    return {
        "matches": [
            (one.step, model_name(one.step.model), distance(one.distance)) for one in matches
        ],
        "partial": search.is_partial(),
    }
