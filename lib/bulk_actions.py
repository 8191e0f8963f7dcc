"""Actions on several rows of a list at once: which rows were chosen, and the way back to the list.

The form is `templates/components/_bulk_bar.html`, the box of a row `_bulk_box.html`.
"""

from __future__ import annotations

from typing import TypeVar

from django.contrib import messages
from django.db.models import Model, QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext

from .validation import is_legible

MAX_CHOSEN = 100
ModelT = TypeVar("ModelT", bound=Model)


def chosen_rows(request: HttpRequest, rows: QuerySet[ModelT]) -> list[ModelT]:
    """Those of `rows` whose boxes were ticked, by their public ids; where there is none, a message
    asks for one."""
    ids = [one for one in request.POST.getlist("chosen")[:MAX_CHOSEN] if is_legible(one)]
    found = list(rows.filter(public_id__in=ids))
    if not found:
        messages.info(request, gettext("Choose at least one."))
    return found


def back_to_list(request: HttpRequest, name: str) -> HttpResponse:
    """To the page that was sent along as `next`, with its filter, or to the URL of this name."""
    back = request.POST.get("next", "")
    is_path = back.startswith("/") and url_has_allowed_host_and_scheme(back, allowed_hosts=None)
    return redirect(back if is_path else name)
