"""What a network's owner sets: its settings, with whom it is shared, and the keys it spends on."""

from __future__ import annotations

from typing import cast

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST

from accounts.models import User
from lib.validation import Invalid
from networks import sharing
from networks.forms.networks import SelectedCredentialsForm, SettingsForm
from networks.models import Network, ShareRole
from networks.selected_credentials import payers_of_network

from .permissions import owners_only


@require_http_methods(["GET", "HEAD", "POST"])
@owners_only
def settings(request: HttpRequest, network: Network) -> HttpResponse:
    form = SettingsForm(request.POST or None, network=network, by=cast("User", request.user))
    if request.method == "POST" and (saved := form.save()) is not None:
        messages.success(request, gettext("Saved. The next run goes by it."))
        return redirect("networks:settings", saved.slug)
    return _settings_page(request, network, form)


@require_POST
@owners_only
def share(request: HttpRequest, network: Network) -> HttpResponse:
    """The same answer whether or not there is an account: nobody learns here who exists."""
    email, by = request.POST.get("email", "")[:254], cast("User", request.user)
    role = request.POST.get("role", ShareRole.COLLABORATOR)
    try:
        added = sharing.share(network=network, email=email, by=by, role=role)
    except Invalid as wrong:
        context = {"email": email, "email_error": " ".join(wrong.errors.values())}
        return _settings_page(request, network, SettingsForm(network=network, by=by), **context)
    messages.success(request, gettext("%(email)s is on the list.") % {"email": added.email})
    return redirect("networks:settings", network.slug)


@require_POST
@owners_only
def unshare(request: HttpRequest, network: Network, share_id: str) -> HttpResponse:
    found = get_object_or_404(network.shares, public_id=share_id)
    sharing.unshare(network=network, share=found, by=cast("User", request.user))
    messages.success(request, gettext("%(email)s is off the list.") % {"email": found.email})
    return redirect("networks:settings", network.slug)


@require_http_methods(["GET", "HEAD", "POST"])
@never_cache
@owners_only
def keys(request: HttpRequest, network: Network) -> HttpResponse:
    """Which keys it spends on, platform by platform."""
    payers = payers_of_network(network)
    data = request.POST if request.method == "POST" else None
    form = SelectedCredentialsForm(data, payers=payers)
    if request.method == "POST" and form.save(network, cast("User", request.user)):
        messages.success(request, gettext("Saved. The next step goes by it."))
        return redirect("networks:keys", network.slug)
    context = {"network": network, "payers": payers, "form": form}
    return render(request, "networks/keys.html", context, status=422 if form.errors else 200)


def _settings_page(
    request: HttpRequest, network: Network, form: SettingsForm, **more: object
) -> HttpResponse:
    fresh = Network.objects.filter(pk=network.pk).first()
    if fresh is None:
        raise Http404
    context = {
        "network": fresh,
        "form": form,
        "shares": network.shares.order_by("id"),
        "roles": ShareRole.choices,
        "base": request.build_absolute_uri("/n/"),
        **more,
    }
    status = 422 if form.errors or more else 200
    return render(request, "networks/settings.html", context, status=status)
