"""The house's own model servers and workflows, for admins."""

from __future__ import annotations

from typing import cast

from django.conf import settings
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from accounts.models import User
from invocations import machines
from invocations.machine_forms import ServerEditForm, ServerForm, WorkflowForm
from networks.fields import Invalid
from platforms import looks
from platforms.models import Server, UploadedWorkflow

from .mission import admins_only


@require_safe
@admins_only
def index(request: HttpRequest) -> HttpResponse:
    return _index(request, ServerForm(), WorkflowForm())


@require_POST
@admins_only
def add(request: HttpRequest) -> HttpResponse:
    form = ServerForm(request.POST)
    if form.is_valid():
        try:
            made = machines.add_server(by=_admin(request), **form.given)
        except Invalid as wrong:
            form.blame(wrong.errors)
        else:
            return _looked_at(request, made)
    return _index(request, form, WorkflowForm(), status=400)


@require_http_methods(["GET", "HEAD", "POST"])
@admins_only
def detail(request: HttpRequest, public_id: str) -> HttpResponse:
    server = get_object_or_404(Server, public_id=public_id)
    form = ServerEditForm(server, request.POST if request.method == "POST" else None)
    if form.is_valid():
        try:
            machines.change_server(server, by=_admin(request), **form.given)
        except Invalid as wrong:
            form.blame(wrong.errors)
        else:
            return _looked_at(request, server)
    context = {"server": server, "form": form, "flows": server.workflows.order_by("name", "id")}
    status = 400 if form.errors else 200
    return render(request, "invocations/server.html", context, status=status)


@require_POST
@admins_only
def look(request: HttpRequest, public_id: str) -> HttpResponse:
    return _looked_at(request, get_object_or_404(Server, public_id=public_id))


@require_POST
@admins_only
def remove(request: HttpRequest, public_id: str) -> HttpResponse:
    server = get_object_or_404(Server, public_id=public_id)
    machines.remove_server(server, by=_admin(request))
    messages.success(request, f"{server.name} is removed.")
    return redirect("servers")


@require_POST
@admins_only
def add_workflow(request: HttpRequest) -> HttpResponse:
    form = WorkflowForm(request.POST, request.FILES)
    if form.is_valid():
        try:
            made = machines.add_workflow(by=_admin(request), **form.given)
        except Invalid as wrong:
            form.blame(wrong.errors)
        else:
            messages.success(
                request, f"{made.name} is a model now: from {made.takes} to {made.gives}."
            )
            return redirect("servers")
    return _index(request, ServerForm(), form, status=400)


@require_POST
@admins_only
def remove_workflow(request: HttpRequest, public_id: str) -> HttpResponse:
    row = get_object_or_404(UploadedWorkflow, public_id=public_id)
    machines.remove_workflow(row, by=_admin(request))
    messages.success(request, f"{row.name} is removed.")
    return redirect("servers")


def _admin(request: HttpRequest) -> User:
    return cast("User", request.user)


def _looked_at(request: HttpRequest, server: Server) -> HttpResponse:
    """To the server's page, with what it says of itself now."""
    if server.enabled:
        looks.look(server, at=timezone.now())
    if server.problem:
        messages.warning(request, f"{server.name} does not answer: {server.problem}")
    elif server.enabled:
        messages.success(request, f"{server.name} answers.")
    return redirect("server", server.public_id)


def _index(
    request: HttpRequest, form: ServerForm, upload: WorkflowForm, *, status: int = 200
) -> HttpResponse:
    context = {
        "form": form,
        "upload": upload,
        "servers": Server.objects.by_name(),
        "named": settings.COMPATIBLE_SERVERS,
        "flows": UploadedWorkflow.objects.select_related("server").order_by("name", "id"),
        "comfyui_url": settings.PLATFORM_URLS.get("COMFYUI_BASE_URL"),
    }
    return render(request, "invocations/servers.html", context, status=status)
