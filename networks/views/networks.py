"""A network as a whole: made, duplicated, archived, deleted, left, and the code that lets a phone in."""

from __future__ import annotations

from typing import cast

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from accounts.models import User
from lib.bulk_actions import back_to_list, chosen_rows
from lib.qr_codes import PublicUrl
from lib.sentences import quote
from networks import changes, sharing
from networks.forms.networks import NewNetworkForm
from networks.hooks import hooks
from networks.models import Network, TerminalToken

from .permissions import controlled_network, owners_only, visible_network

QR_REFRESH_SECONDS = 300


@require_http_methods(["GET", "HEAD", "POST"])
@login_required
def new(request: HttpRequest) -> HttpResponse:
    form = NewNetworkForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        owner = cast("User", request.user)
        made = changes.create(owner=owner, name=form.cleaned_data["name"], fields={})
        return redirect("networks:edit", made.slug)
    status = 422 if form.errors else 200
    return render(request, "networks/new.html", {"form": form}, status=status)


@require_POST
@login_required
def duplicate(request: HttpRequest, slug: str) -> HttpResponse:
    """A private copy of one's own; it opens with its settings, to be given a name."""
    made = changes.duplicate(
        network=visible_network(request, slug), owner=cast("User", request.user)
    )
    messages.success(
        request, gettext("“%(network)s” is yours. Give it a name.") % {"network": made.name}
    )
    return redirect("networks:settings", made.slug)


@require_POST
@owners_only
def archive(request: HttpRequest, network: Network) -> HttpResponse:
    """Archive it, or with `out` take it out of the archive."""
    by, named = cast("User", request.user), {"network": network.name}
    if "out" in request.POST:
        changes.unarchive(network=network, by=by)
        messages.success(request, gettext("“%(network)s” is out of the archive.") % named)
    else:
        hooks.archive(network, by)
        messages.success(
            request, gettext("“%(network)s” is in the archive. What it made stays.") % named
        )
    return redirect("networks:settings", network.slug)


@require_POST
@login_required
def bulk(request: HttpRequest) -> HttpResponse:
    """Archive the chosen networks that the person may edit, or take them out of the archive."""
    by, action = cast("User", request.user), request.POST.get("action")
    chosen = chosen_rows(request, Network.objects.visible_to(by).select_related("owner"))
    mine = [network for network in chosen if network.may_edit(by)]
    names = {"names": ", ".join(quote(network.name) for network in mine)}
    if mine and action == "archive":
        for network in mine:
            hooks.archive(network, by)
        messages.success(request, gettext("In the archive: %(names)s.") % names)
    elif mine and action == "unarchive":
        for network in mine:
            changes.unarchive(network=network, by=by)
        messages.success(request, gettext("Out of the archive: %(names)s.") % names)
    elif mine:
        messages.info(request, gettext("Choose what to do with them."))
    if len(mine) < len(chosen):
        messages.info(request, gettext("Only their owners may archive the others."))
    return back_to_list(request, "networks:list")


@require_http_methods(["GET", "HEAD", "POST"])
@owners_only
def delete(request: HttpRequest, network: Network) -> HttpResponse:
    """Shows what goes; deletes it once its address was typed."""
    typed = request.POST.get("address", "").strip()
    if request.method == "POST" and typed == network.slug:
        hooks.delete(network, cast("User", request.user))
        messages.success(request, gettext("“%(network)s” is deleted.") % {"network": network.name})
        return redirect("networks:list")
    context = {"network": network, "usage": hooks.usage_summary(network), "typed": typed}
    status = 422 if request.method == "POST" else 200
    return render(request, "networks/delete.html", context, status=status)


@require_POST
@login_required
def leave(request: HttpRequest, slug: str) -> HttpResponse:
    """For a collaborator who wants to be none any more."""
    network = visible_network(request, slug)
    sharing.leave(network=network, person=cast("User", request.user))
    left = gettext("You no longer help with “%(network)s”.") % {"network": network.name}
    messages.success(request, left)
    return redirect("networks:list")


@require_safe
@never_cache
def qr(request: HttpRequest, slug: str) -> HttpResponse:
    """The way to the terminal, to be scanned; with `?of=page` to the network's page. Where a code
    for the terminal needs a key, it has a fresh one each time."""
    network = visible_network(request, slug)
    of_page = request.GET.get("of") == "page"
    path, token = network.get_absolute_url(), ""
    if not of_page:
        path, token = network.get_terminal_url(), _terminal_token(request, network)
    context = {
        "network": network,
        "address": PublicUrl.for_path(request, f"{path}?token={token}" if token else path),
        "of_page": of_page,
        "token": token,
        "refresh_seconds": QR_REFRESH_SECONDS,
    }
    template = "networks/_qr.html" if "fresh" in request.GET else "networks/qr.html"
    return render(request, template, context)


@require_POST
@login_required
def revoke_codes(request: HttpRequest, slug: str) -> HttpResponse:
    """No code that was shown or sent so far lets anybody type."""
    network = controlled_network(request, slug)
    TerminalToken.revoke_all(network, by=cast("User", request.user))
    messages.success(request, gettext("Every code from before is void. This is a new one."))
    return redirect("networks:qr", network.slug)


def _terminal_token(request: HttpRequest, network: Network) -> str:
    """A new one; none where anybody may type."""
    if network.public and network.open_terminal:
        return ""
    if not network.may_control(request.user):
        raise PermissionDenied
    return TerminalToken.issue(network, at=timezone.now())[1]
