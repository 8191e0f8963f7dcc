"""The ring editor's page. Whoever has no script gets it afresh after each command; a script asks
for its parts alone."""

from __future__ import annotations

from typing import cast

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.http import require_http_methods
from django.views.decorators.vary import vary_on_headers

from accounts.models import User

from . import editing, editor
from .commands import Command
from .drafts import Draft
from .editing import Outcome
from .models import Network
from .upkeep_pages import owners_only

PAGE, PARTS = "networks/edit.html", "networks/_editor.html"


@require_http_methods(["GET", "HEAD", "POST"])
@vary_on_headers("HX-Request")
@owners_only
def edit(request: HttpRequest, network: Network) -> HttpResponse:
    if request.method != "POST":
        shown = editor.show(network, Draft.of(network), request.GET)
        return render(request, _template(request), {"editor": shown, "network": network})
    command = Command.from_form(request.POST)
    by = cast("User", request.user)
    outcome = editing.perform(network=network, command=command, by=by, at=timezone.now())
    return _answered(request, network, command, outcome)


def _answered(
    request: HttpRequest, network: Network, command: Command, outcome: Outcome
) -> HttpResponse:
    template = _template(request)
    if outcome.done and template == PAGE:
        messages.success(request, outcome.said or "That was done already.")
        return redirect(f"{request.path}#{command.landing}")
    context = {
        "editor": editor.show(network, outcome.draft, {}),
        "network": network,
        "outcome": outcome,
        "refused": command if outcome.moved else None,
    }
    status = 200 if outcome.done else 409 if outcome.moved else 422
    return render(request, template, context, status=status)


def _template(request: HttpRequest) -> str:
    return PARTS if request.headers.get("HX-Request") == "true" else PAGE
