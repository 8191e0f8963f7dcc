"""Installations on pages: one's own, a new one, one as a whole."""

from __future__ import annotations

from functools import partial
from typing import cast

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST, require_safe
from ninja.errors import ValidationError

from accounts.models import User
from displays import installation_page, installations
from displays.access import editable_networks
from displays.forms.hours import HoursForm
from displays.forms.installations import DisplayForm, InstallationForm, NewInstallationForm
from displays.models import Installation
from lib.paging import Paging
from networks.opening_hours import zone_names

from .permissions import editors_only, known_only

PER_PAGE = 50


@never_cache
@require_safe
@login_required
def index(request: HttpRequest) -> HttpResponse:
    paging = Paging(after=request.GET.get("after") or None, cursor=None, limit=PER_PAGE)
    try:
        context = installation_page.list_context(cast("User", request.user), paging)
    except ValidationError as no_cursor:
        raise Http404 from no_cursor
    return render(request, "installations/list.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
@login_required
def new(request: HttpRequest) -> HttpResponse:
    networks = editable_networks(request.user)
    initial = {"network": request.GET.get("network", "")}
    form = NewInstallationForm(request.POST or None, networks=networks, initial=initial)
    if request.method == "POST" and (made := form.submit(installations.create)) is not None:
        return redirect(made)
    context = {"form": form, "networks": networks}
    return render(request, "installations/new.html", context, status=422 if form.errors else 200)


@require_safe
@known_only
def detail(request: HttpRequest, installation: Installation) -> HttpResponse:
    """Seen by all who look after its network."""
    return render_page(request, installation)


@require_POST
@editors_only
def change(request: HttpRequest, installation: Installation) -> HttpResponse:
    """Its name, and its network: its screens follow at once."""
    networks = editable_networks(request.user)
    form = InstallationForm(request.POST, installation=installation, networks=networks)
    if form.submit(partial(installations.change, installation)) is None:
        return render_page(request, installation, form=form)
    messages.success(request, _("Saved. Its screens follow at once."))
    return redirect(installation)


@require_POST
@editors_only
def change_hours(request: HttpRequest, installation: Installation) -> HttpResponse:
    """When it is open: its screens, and the network, follow at once."""
    form = HoursForm(request.POST, installation=installation)
    if form.submit(partial(installations.change, installation)) is None:
        return render_page(request, installation, hours_form=form)
    messages.success(request, _("The opening hours are saved."))
    return redirect(f"{installation.get_absolute_url()}#hours")


@require_POST
@known_only
def identify(request: HttpRequest, installation: Installation) -> HttpResponse:
    """The display of this name, or every one, says for some seconds which it is."""
    name = request.POST.get("display") or None
    if name is not None:
        installations.find_display(installation, name)
    installation.identify(name)
    messages.success(
        request,
        _("%(display)s shows its name for ten seconds.") % {"display": name or _("Every screen")},
    )
    return redirect(installation)


@require_POST
@editors_only
def duplicate(request: HttpRequest, installation: Installation) -> HttpResponse:
    made = installations.duplicate(installation)
    messages.success(request, _("This is the copy. Give it a name."))
    return redirect(made)


@require_http_methods(["GET", "HEAD", "POST"])
@editors_only
def delete(request: HttpRequest, installation: Installation) -> HttpResponse:
    """Shows what goes; deletes it once that was confirmed."""
    if request.method == "POST":
        installations.delete(installation)
        messages.success(request, _("“%(name)s” is deleted.") % {"name": installation.name})
        return redirect("installations:list")
    context = installation_page.deletion_context(installation)
    return render(request, "installations/delete.html", context)


def render_page(
    request: HttpRequest,
    installation: Installation,
    *,
    form: InstallationForm | None = None,
    display_form: DisplayForm | None = None,
    hours_form: HoursForm | None = None,
) -> HttpResponse:
    """The installation's page, with what is wrong in one of its forms where something is."""
    wrong = any(one is not None for one in (form, display_form, hours_form))
    context = installation_page.page_context(request, installation, request.user)
    if context["can_edit"]:
        networks = editable_networks(request.user)
        context["form"] = form or InstallationForm(installation=installation, networks=networks)
        context["display_form"] = display_form or DisplayForm.for_new(installation, request.user)
        context["hours_form"] = hours_form or HoursForm(installation=installation)
        context["zones"] = sorted(zone_names())
    return render(request, "installations/detail.html", context, status=422 if wrong else 200)
