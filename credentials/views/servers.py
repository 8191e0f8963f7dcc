"""Model servers and workflows, for admins."""

from __future__ import annotations

from typing import cast

from django.conf import settings
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from accounts.models import User
from accounts.views.members import admins_only
from credentials import discovery, model_servers, workflow_places
from credentials.forms.servers import (
    ServerEditForm,
    ServerForm,
    WorkflowEditForm,
    WorkflowForm,
)
from credentials.models import Server, UploadedWorkflow
from lib.stored_sentences import translate_stored


@require_safe
@admins_only
def index(request: HttpRequest) -> HttpResponse:
    return _index(request, ServerForm(), WorkflowForm())


@require_POST
@admins_only
def add(request: HttpRequest) -> HttpResponse:
    form = ServerForm(request.POST)
    if made := form.submit(model_servers.add_server, by=request.user):
        return _looked_at(request, made)
    return _index(request, form, WorkflowForm(), status=400)


@require_http_methods(["GET", "HEAD", "POST"])
@admins_only
def detail(request: HttpRequest, public_id: str) -> HttpResponse:
    server = get_object_or_404(Server, public_id=public_id)
    form = ServerEditForm(server, request.POST if request.method == "POST" else None)
    form.submit(model_servers.change_server, server=server, by=request.user)
    if form.is_valid():
        return _looked_at(request, server)
    rows = server.workflows.select_related("server").order_by("name", "id")
    context = {"server": server, "form": form, "flows": workflow_places.placed(rows)}
    status = 400 if form.errors else 200
    return render(request, "credentials/server.html", context, status=status)


@require_POST
@admins_only
def look(request: HttpRequest, public_id: str) -> HttpResponse:
    return _looked_at(request, get_object_or_404(Server, public_id=public_id))


@require_POST
@admins_only
def remove(request: HttpRequest, public_id: str) -> HttpResponse:
    server = get_object_or_404(Server, public_id=public_id)
    model_servers.remove_server(server, by=cast("User", request.user))
    messages.success(request, gettext("%(name)s is removed.") % {"name": server.name})
    return redirect("servers")


@require_POST
@admins_only
def add_workflow(request: HttpRequest) -> HttpResponse:
    form = WorkflowForm(request.POST, request.FILES)
    if made := form.submit(model_servers.add_workflow, by=request.user):
        sentence = gettext("%(name)s is a model now: from %(takes)s to %(gives)s.")
        values = {
            "name": made.name,
            "takes": gettext(made.takes),
            "gives": gettext(made.gives),
        }
        messages.success(request, sentence % values)
        return redirect("servers")
    return _index(request, ServerForm(), form, status=400)


@require_http_methods(["GET", "HEAD", "POST"])
@admins_only
def workflow(request: HttpRequest, public_id: str) -> HttpResponse:
    flow = get_object_or_404(UploadedWorkflow.objects.select_related("server"), public_id=public_id)
    form = WorkflowEditForm(flow, request.POST if request.method == "POST" else None)
    form.submit(model_servers.change_workflow, row=flow, by=request.user)
    if form.is_valid():
        messages.success(request, gettext("%(name)s is changed.") % {"name": flow.name})
        return redirect("servers")
    context = {"flow": flow, "form": form, "placed": workflow_places.placed([flow])[0]}
    status = 400 if form.errors else 200
    return render(request, "credentials/workflow.html", context, status=status)


@require_POST
@admins_only
def remove_workflow(request: HttpRequest, public_id: str) -> HttpResponse:
    row = get_object_or_404(UploadedWorkflow, public_id=public_id)
    model_servers.remove_workflow(row, by=cast("User", request.user))
    messages.success(request, gettext("%(name)s is removed.") % {"name": row.name})
    return redirect("servers")


def _looked_at(request: HttpRequest, server: Server) -> HttpResponse:
    """To the server's page, with what it says of itself now."""
    if server.enabled:
        discovery.check(server, at=timezone.now())
    if server.problem:
        sentence = gettext("%(name)s does not answer: %(problem)s")
        values = {"name": server.name, "problem": translate_stored(server.problem)}
        messages.warning(request, sentence % values)
    elif server.enabled:
        messages.success(request, gettext("%(name)s answers.") % {"name": server.name})
    return redirect("server", server.public_id)


def _index(
    request: HttpRequest, form: ServerForm, upload: WorkflowForm, *, status: int = 200
) -> HttpResponse:
    context = {
        "form": form,
        "upload": upload,
        "servers": Server.objects.by_name(),
        "named": settings.COMPATIBLE_SERVERS,
        "flows": workflow_places.placed(
            UploadedWorkflow.objects.select_related("server").order_by("name", "id")
        ),
        "comfyui_url": settings.PLATFORM_URLS.get("COMFYUI_BASE_URL"),
    }
    return render(request, "credentials/servers.html", context, status=status)
