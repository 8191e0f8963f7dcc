"""A network's settings, and what its owner does with it as a whole: share, copy, put away, delete."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import cast

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_http_methods, require_POST

from accounts.models import User

from . import upkeep
from .above import above
from .fields import Invalid
from .models import Network
from .settings_form import SettingsForm

Page = Callable[..., HttpResponse]


def owners_only(page: Callable[..., HttpResponse]) -> Page:
    """Sign in first; 404 where it is not theirs to see, then 403. Gives the page the network."""

    @wraps(page)
    @login_required
    def checked(request: HttpRequest, slug: str, **more: str) -> HttpResponse:
        network = visible(request, slug)
        if not network.may_edit(request.user):
            raise PermissionDenied
        return page(request, network, **more)

    return checked


def visible(request: HttpRequest, slug: str) -> Network:
    found = Network.objects.visible_to(request.user).select_related("owner")
    return get_object_or_404(found, slug=slug)


@require_http_methods(["GET", "HEAD", "POST"])
@owners_only
def settings(request: HttpRequest, network: Network) -> HttpResponse:
    form = SettingsForm(request.POST or None, network=network, by=cast("User", request.user))
    if request.method == "POST" and (saved := form.save()) is not None:
        messages.success(request, "Saved. The next run goes by it.")
        return redirect("networks:settings", saved.slug)
    return _settings(request, network, form)


@require_POST
@owners_only
def share(request: HttpRequest, network: Network) -> HttpResponse:
    """The same answer whether or not there is an account: nobody learns here who exists."""
    email = request.POST.get("email", "")[:254]
    try:
        added = upkeep.share(network=network, email=email, by=cast("User", request.user))
    except Invalid as wrong:
        form = SettingsForm(network=network, by=cast("User", request.user))
        context = {"email": email, "email_error": wrong.errors["email"]}
        return _settings(request, network, form, status=422, **context)
    messages.success(request, f"{added.email} is on the list.")
    return redirect("networks:settings", network.slug)


@require_POST
@owners_only
def unshare(request: HttpRequest, network: Network, share_id: str) -> HttpResponse:
    found = get_object_or_404(network.shares, public_id=share_id)
    upkeep.unshare(network=network, share=found, by=cast("User", request.user))
    messages.success(request, f"{found.email} is off the list.")
    return redirect("networks:settings", network.slug)


@require_POST
@login_required
def leave(request: HttpRequest, slug: str) -> HttpResponse:
    """For a collaborator who wants to be none any more."""
    network, person = visible(request, slug), cast("User", request.user)
    if not network.collaborators.filter(pk=person.pk).exists():
        raise PermissionDenied
    upkeep.leave(network=network, person=person)
    messages.success(request, f"You no longer help with “{network.name}”.")
    return redirect("networks:list")


@require_POST
@login_required
def duplicate(request: HttpRequest, slug: str) -> HttpResponse:
    """A private copy of one's own; it opens with its settings, to be given a name."""
    made = upkeep.duplicate(network=visible(request, slug), owner=cast("User", request.user))
    messages.success(request, f"“{made.name}” is yours. Give it a name.")
    return redirect("networks:settings", made.slug)


@require_POST
@owners_only
def archive(request: HttpRequest, network: Network) -> HttpResponse:
    """Put away, or with `out` taken out again."""
    by = cast("User", request.user)
    if "out" in request.POST:
        upkeep.unarchive(network=network, by=by)
        messages.success(request, f"“{network.name}” is out of the archive.")
    else:
        above.archive(network, by)
        messages.success(request, f"“{network.name}” is in the archive. What it made stays.")
    return redirect("networks:settings", network.slug)


@require_http_methods(["GET", "HEAD", "POST"])
@owners_only
def delete(request: HttpRequest, network: Network) -> HttpResponse:
    """Shows what goes; deletes it once its address was typed."""
    typed = request.POST.get("address", "").strip()
    if request.method == "POST" and typed == network.slug:
        above.delete(network, cast("User", request.user))
        messages.success(request, f"“{network.name}” is deleted.")
        return redirect("networks:list")
    context = {"network": network, "holdings": above.holdings(network), "typed": typed}
    status = 422 if request.method == "POST" else 200
    return render(request, "networks/delete.html", context, status=status)


def _settings(
    request: HttpRequest, network: Network, form: SettingsForm, *, status: int = 0, **more: object
) -> HttpResponse:
    fresh = Network.objects.filter(pk=network.pk).first()
    if fresh is None:
        raise Http404
    context = {
        "network": fresh,
        "form": form,
        "shares": network.shares.order_by("id"),
        "base": request.build_absolute_uri("/n/"),
        **more,
    }
    status = status or (422 if form.errors else 200)
    return render(request, "networks/settings.html", context, status=status)
