"""Runs that leave and come: as a bundle to be kept, and from one that was made elsewhere."""

from __future__ import annotations

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.http import require_GET, require_http_methods

from invocations.bundles import streaming, taking_in
from invocations.bundles.reading import BadBundle
from invocations.forms import ImportForm

from .strips import visible


@require_GET
def export(request: HttpRequest, public_id: str) -> HttpResponseBase:
    """The run as one file; `?costs=1` with what it has cost, for those who may edit."""
    shown = visible(request, public_id)
    costs = "costs" in request.GET
    if costs and not shown.network.may_edit(request.user):
        raise PermissionDenied
    try:
        return streaming.response(request, shown, costs=costs)
    except streaming.TooMany as refusal:
        messages.info(request, str(refusal))
        return redirect(shown)


@require_http_methods(["GET", "HEAD", "POST"])
@login_required
def take_in(request: HttpRequest) -> HttpResponse:
    """Make an archived run of a bundle, in a network that one may control."""
    given = (request.POST, request.FILES) if request.method == "POST" else ()
    form = ImportForm(*given, person=request.user)
    if form.is_valid():
        try:
            run = taking_in.import_run(
                network=form.cleaned_data["network"],
                source=form.cleaned_data["bundle"],
                at=timezone.now(),
            )
        except BadBundle as refusal:
            form.add_error("bundle", str(refusal))
        else:
            messages.success(request, "It is here. Walls perform it when nothing runs.")
            return redirect(run)
    return render(
        request, "invocations/import.html", {"form": form}, status=422 if form.errors else 200
    )
