"""Exporting a run as a bundle, and importing one."""

from __future__ import annotations

from typing import Any, cast

from django import forms
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_GET, require_http_methods

from accounts.models import User
from archive.bundles import importing, writing
from archive.bundles.reading import BadBundle
from networks.models import Network, Person

from .runs import visible


class ImportForm(forms.Form):
    """A bundle, and the network whose archive it is imported into."""

    bundle = forms.FileField(
        label=_("Bundle"),
        help_text=_("The zip file that “Export” gives, here or elsewhere."),
        widget=forms.FileInput(attrs={"accept": ".zip,application/zip"}),
    )
    network = forms.ModelChoiceField(
        label=_("Into the archive of"),
        queryset=Network.objects.none(),
        to_field_name="slug",
        help_text=_("It is kept as a run of old: it never goes on, and costs nothing."),
    )

    def __init__(self, *args: Any, person: Person, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        choice: Any = self.fields["network"]
        choice.queryset = Network.objects.controlled_by(person).order_by("name")
        choice.label_from_instance = lambda network: network.name


@require_GET
def export(request: HttpRequest, public_id: str) -> HttpResponseBase:
    """The run as one file; `?costs=1` with what it has cost, for those who may edit."""
    shown = visible(request, public_id)
    costs = "costs" in request.GET
    if costs and not shown.network.may_edit(request.user):
        raise PermissionDenied
    try:
        return writing.bundle_response(request, shown, request.user, costs=costs)
    except writing.TooManyExports as refusal:
        messages.info(request, str(refusal))
        return redirect(shown)


@require_http_methods(["GET", "HEAD", "POST"])
@login_required
def import_bundle(request: HttpRequest) -> HttpResponse:
    """Make an archived run of a bundle, in a network that one may control."""
    given = (request.POST, request.FILES) if request.method == "POST" else ()
    form = ImportForm(*given, person=request.user)
    if form.is_valid():
        try:
            run = importing.import_run(
                network=form.cleaned_data["network"],
                source=form.cleaned_data["bundle"],
                at=timezone.now(),
                owner=cast("User", request.user),
            )
        except BadBundle as refusal:
            form.add_error("bundle", str(refusal))
        else:
            messages.success(request, gettext("It is here. Walls perform it when nothing runs."))
            return redirect(run)
    return render(
        request, "archive/import.html", {"form": form}, status=422 if form.errors else 200
    )
