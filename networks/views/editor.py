"""The ring editor's page. Without scripts it is loaded anew after each command; a script asks for its
parts alone."""

from __future__ import annotations

from typing import cast

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext
from django.views.decorators.http import require_http_methods
from django.views.decorators.vary import vary_on_headers

from accounts.models import User
from networks.editor.commands import Command, EditorResult, run_command
from networks.editor.page import editor_page
from networks.models import Network
from networks.models.draft import Draft

from .permissions import owners_only

PAGE, PARTS = "networks/edit.html", "networks/_editor_parts.html"


@require_http_methods(["GET", "HEAD", "POST"])
@vary_on_headers("HX-Request")
@owners_only
def edit(request: HttpRequest, network: Network) -> HttpResponse:
    if request.method != "POST":
        shown = editor_page(network, Draft.for_network(network), request.GET)
        return render(request, _template(request), {"editor": shown, "network": network})
    command = Command.from_form(request.POST)
    by = cast("User", request.user)
    result = run_command(network=network, command=command, by=by, at=timezone.now())
    return _respond(request, network, command, result)


def _respond(
    request: HttpRequest, network: Network, command: Command, result: EditorResult
) -> HttpResponse:
    template = _template(request)
    if result.done and template == PAGE:
        messages.success(request, result.message or gettext("That was done already."))
        return redirect(f"{request.path}#{command.fragment}")
    context = {
        "editor": editor_page(network, result.draft, {}),
        "network": network,
        "result": result,
        "refused": command if result.conflict else None,
    }
    status = 200 if result.done else 409 if result.conflict else 422
    return render(request, template, context, status=status)


def _template(request: HttpRequest) -> str:
    return PARTS if request.headers.get("HX-Request") == "true" else PAGE
