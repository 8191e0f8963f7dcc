"""The displays of an installation on its page: added, changed, put in order, removed."""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from displays import installation_page, installations
from displays.forms.installations import DisplayForm
from displays.models import Installation

from .installations import render_page
from .permissions import editors_only


@require_POST
@editors_only
def add(request: HttpRequest, installation: Installation) -> HttpResponse:
    form = DisplayForm.for_new(installation, request.user, request.POST)
    made = form.submit(installations.add_display, installation=installation)
    if made is None:
        return render_page(request, installation, display_form=form)
    messages.success(
        request,
        _("%(display)s is there: open its address, or claim a screen for it.")
        % {"display": made.name},
    )
    return redirect(f"{installation.get_absolute_url()}#displays")


@require_http_methods(["GET", "HEAD", "POST"])
@editors_only
def change(request: HttpRequest, installation: Installation, name: str) -> HttpResponse:
    """Its screens follow at once."""
    display = installations.find_display(installation, name)
    form = DisplayForm.for_display(display, request.user, request.POST or None)
    if request.method == "POST":
        done = form.submit(installations.change_display, installation=installation, name=name)
        if done is not None:
            messages.success(request, _("%(display)s is saved.") % {"display": done.name})
            return redirect(f"{installation.get_absolute_url()}#displays")
    context = {"installation": installation, "display": display, "display_form": form}
    return render(
        request, "installations/display.html", context, status=422 if form.errors else 200
    )


@require_POST
@editors_only
def move(request: HttpRequest, installation: Installation) -> HttpResponse:
    """`do`: a display's name, and to which place, counted from 0. A script asks for the list alone."""
    name, _, to = request.POST.get("do", "").partition(" ")
    place = int(to) if to.isdecimal() and len(to) < 4 else 0
    installations.move_display(installation, name, place)
    if request.headers.get("HX-Request") != "true":
        return redirect(f"{installation.get_absolute_url()}#displays")
    context = installation_page.page_context(request, installation, request.user)
    return render(request, "installations/_displays.html", context)


@require_POST
@editors_only
def remove(request: HttpRequest, installation: Installation, name: str) -> HttpResponse:
    installations.remove_display(installation, name)
    messages.success(
        request,
        _("%(display)s is removed. A screen that showed it waits for a new place.")
        % {"display": name},
    )
    return redirect(f"{installation.get_absolute_url()}#displays")
