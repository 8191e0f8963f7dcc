"""The screens of an installation on one page: how they are, and what some or all are told to do."""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_POST, require_safe

from displays import fleet
from displays.fleet import FleetAction
from displays.models import Installation
from lib.validation import Invalid

from .permissions import known_only

DONE = {
    FleetAction.IDENTIFY: _("%(displays)s: their screens show their names for ten seconds."),
    FleetAction.RELOAD: _("%(displays)s: their screens load their pages anew."),
    FleetAction.MUTE: _("%(displays)s: their screens are silent."),
    FleetAction.UNMUTE: _("%(displays)s: their screens may sound."),
    FleetAction.VOLUME: _("%(displays)s: their screens have this volume."),
    FleetAction.TEST_SOUND: _("%(displays)s: their screens sound for a second."),
}


@require_safe
@known_only
def index(request: HttpRequest, installation: Installation) -> HttpResponse:
    """A script asks for the rows alone, every few seconds."""
    found = fleet.fleet_of(installation, request.GET.get("page", "1"))
    context = {"installation": installation, "fleet": found}
    alone = request.headers.get("HX-Request") == "true"
    template = "installations/_fleet.html" if alone else "installations/fleet.html"
    return render(request, template, context)


@require_POST
@known_only
def act(request: HttpRequest, installation: Installation) -> HttpResponse:
    """`do`: what; `display`: to which, none of them to all."""
    action = request.POST.get("do", "")
    names = request.POST.getlist("display") or None
    if action not in set(FleetAction):
        return redirect("installations:fleet", installation.public_id)
    try:
        fleet.act(installation, FleetAction(action), names, volume=_volume(request))
    except Invalid as wrong:
        messages.error(request, str(wrong))
    else:
        which = ", ".join(names) if names else gettext("All displays")
        messages.success(request, str(DONE[FleetAction(action)]) % {"displays": which})
    return redirect("installations:fleet", installation.public_id)


def _volume(request: HttpRequest) -> float | None:
    text = request.POST.get("volume", "")
    return int(text) / 100 if text.isdecimal() and len(text) <= 3 else None
