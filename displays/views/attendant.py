"""The attendant's page: a phone's, with a few large buttons and what is on the screens now."""

from __future__ import annotations

from typing import cast

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from accounts.models import User
from displays import attendant
from displays.attendant import Action
from invocations.models.takedown import Replacement
from invocations.prompts import BadPrompt
from invocations.refusals import StartRefused
from invocations.states import IllegalMove
from networks.models import Network
from networks.views.permissions import attended_network


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
@login_required
def page(request: HttpRequest, slug: str) -> HttpResponse:
    network = attended_network(request, slug)
    if request.method == "POST":
        _act(request, network)
        return redirect("networks:attendant", network.slug)
    context = {"network": network, "attendant": attendant.attendant_status(network)}
    return render(request, "displays/attendant.html", context)


def _act(request: HttpRequest, network: Network) -> None:
    """What a button says: `action`, or `take_down` with the step. Says how it went."""
    by, at = cast("User", request.user), timezone.now()
    action, step = request.POST.get("action", ""), request.POST.get("take_down", "")
    try:
        if step:
            invocation, _sign, chosen = step.partition(":")
            replacement = (
                Replacement.PREVIOUS if chosen == Replacement.PREVIOUS else Replacement.PLACEHOLDER
            )
            attendant.take_off(
                network=network, invocation=invocation, replacement=replacement, by=by, at=at
            )
            messages.success(request, _("It is off every screen."))
        elif action in list(Action):
            attendant.act(network=network, action=Action(action), by=by, at=at)
    except (attendant.NothingRuns, IllegalMove, BadPrompt, StartRefused) as refusal:
        messages.info(request, str(refusal))
