"""The house's own model servers and workflows over HTTP, for admins."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.http import Http404
from django.utils import timezone
from ninja import Query, Router, Status
from pydantic import BaseModel, Field

from accounts.api_auth import ApiRequest
from invocations import machines
from networks import access
from networks.fields import Invalid
from networks.paging import Page, Paging, newest_first
from networks.schemas import Given
from platforms import looks
from platforms.base import Modality
from platforms.models import Server, UploadedWorkflow

routes = Router(tags=["servers"])
_ONE = "/servers/{slug:server_id}"


class ServerChange(Given):
    """What can be changed of a server. `key` is never shown; "" takes it away."""

    name: str = ""
    address: str = Field("", max_length=1_000)
    enabled: bool = True
    key: str = Field("", max_length=1_000)


class ServerIn(ServerChange):
    """A new server. An OpenAI-compatible one's address usually ends in `/v1`."""

    kind: str = Field(json_schema_extra={"enum": ["compatible", "comfyui"]})
    name: str
    address: str = Field(max_length=1_000)


class ServerOut(BaseModel):
    """A model server. `slug` is part of its models' ids and never changes."""

    id: str
    slug: str
    kind: str
    name: str
    address: str
    enabled: bool
    has_key: bool
    lists: list[str]
    problem: str | None
    last_seen_at: datetime | None
    created_at: datetime

    @classmethod
    def of(cls, server: Server) -> ServerOut:
        return cls(
            id=server.public_id,
            slug=server.slug,
            kind=server.kind,
            name=server.name,
            address=server.address,
            enabled=server.enabled,
            has_key=bool(server.key),
            lists=[str(entry["id"]) for entry in server.listed],
            problem=server.problem or None,
            last_seen_at=server.last_seen_at,
            created_at=server.created_at,
        )


class WorkflowIn(Given):
    """A ComfyUI workflow in API format, with marked nodes, on a server; no server: that of
    COMFYUI_BASE_URL."""

    name: str
    workflow: dict[str, Any]
    server: str | None = Field(None, max_length=40)
    gives: Modality | None = Field(None, strict=False)
    deadline_seconds: int = 600


class WorkflowOut(BaseModel):
    """A workflow as a model."""

    id: str
    model: str
    name: str
    server: str | None
    takes: Modality
    gives: Modality
    deadline_seconds: int
    created_at: datetime

    @classmethod
    def of(cls, row: UploadedWorkflow) -> WorkflowOut:
        return cls(
            id=row.public_id,
            model=row.model_id,
            name=row.name,
            server=row.server.public_id if row.server else None,
            takes=Modality(row.takes),
            gives=Modality(row.gives),
            deadline_seconds=row.deadline_seconds,
            created_at=row.created_at,
        )


@routes.get("/servers", response=Page[ServerOut])
def list_servers(request: ApiRequest, paging: Query[Paging]) -> Page[ServerOut]:
    """The servers that admins added; the newest first."""
    access.check_admin(request.auth)
    page, following = newest_first(Server.objects.all(), paging)
    return Page[ServerOut](items=[ServerOut.of(server) for server in page], next=following)


@routes.post("/servers", response={201: ServerOut})
def add_server(request: ApiRequest, body: ServerIn) -> Status[ServerOut]:
    """It is looked at within a minute; `POST servers/{id}/look` does it at once."""
    access.check_admin(request.auth)
    given = body.model_dump(exclude_unset=True)
    return Status(201, ServerOut.of(machines.add_server(by=request.auth.user, **given)))


@routes.get(_ONE, response=ServerOut)
def get_server(request: ApiRequest, server_id: str) -> ServerOut:
    return ServerOut.of(_server(request, server_id))


@routes.patch(_ONE, response=ServerOut)
def change_server(request: ApiRequest, server_id: str, body: ServerChange) -> ServerOut:
    """With another address the key has to come along again."""
    server = _server(request, server_id)
    given = body.model_dump(exclude_unset=True)
    machines.change_server(server, by=request.auth.user, **given)
    return ServerOut.of(server)


@routes.delete(_ONE, response={204: None})
def remove_server(request: ApiRequest, server_id: str) -> Status[None]:
    """With its workflows."""
    machines.remove_server(_server(request, server_id), by=request.auth.user)
    return Status(204, None)


@routes.post(_ONE + "/look", response=ServerOut)
def look_at_server(request: ApiRequest, server_id: str) -> ServerOut:
    """Ask it now what it offers; takes some seconds where it does not answer."""
    server = _server(request, server_id)
    looks.look(server, at=timezone.now())
    return ServerOut.of(server)


@routes.get("/workflows", response=Page[WorkflowOut])
def list_workflows(request: ApiRequest, paging: Query[Paging]) -> Page[WorkflowOut]:
    access.check_admin(request.auth)
    rows = UploadedWorkflow.objects.select_related("server")
    page, following = newest_first(rows, paging)
    return Page[WorkflowOut](items=[WorkflowOut.of(row) for row in page], next=following)


@routes.post("/workflows", response={201: WorkflowOut})
def add_workflow(request: ApiRequest, body: WorkflowIn) -> Status[WorkflowOut]:
    access.check_admin(request.auth)
    server = Server.objects.filter(public_id=body.server).first() if body.server else None
    if body.server and server is None:
        raise Invalid({"server": "There is no such server."})
    made = machines.add_workflow(
        by=request.auth.user,
        name=body.name,
        content=body.workflow,
        server=server,
        gives=body.gives,
        deadline_seconds=body.deadline_seconds,
    )
    return Status(201, WorkflowOut.of(made))


@routes.delete("/workflows/{slug:workflow_id}", response={204: None})
def remove_workflow(request: ApiRequest, workflow_id: str) -> Status[None]:
    """Rings that use it say so from now on."""
    access.check_admin(request.auth)
    row = UploadedWorkflow.objects.filter(public_id=workflow_id).first()
    if row is None:
        raise Http404("There is no such workflow.")
    machines.remove_workflow(row, by=request.auth.user)
    return Status(204, None)


def _server(request: ApiRequest, public_id: str) -> Server:
    access.check_admin(request.auth)
    found = Server.objects.filter(public_id=public_id).first()
    if found is None:
        raise Http404("There is no such server.")
    return found
