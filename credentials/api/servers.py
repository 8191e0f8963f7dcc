"""Model servers and workflows over HTTP, for admins."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from django.utils import timezone
from django.utils.translation import gettext
from ninja import Query, Router, Status
from pydantic import BaseModel, Field

from accounts.api import permissions
from accounts.api.auth import ApiRequest
from credentials import discovery, model_servers, workflow_places
from credentials.models import Server, UploadedWorkflow
from lib.paging import Page, Paging, newest_first
from lib.problems import first_or_404
from lib.schemas import StrictSchema, example
from lib.scopes import Scope, requires_scope
from lib.validation import Invalid, is_legible
from platforms.base import Modality

routes = Router(tags=["servers"])
_ONE = "/servers/{slug:server_id}"
_WORKFLOW = "/workflows/{slug:workflow_id}"


_SERVER_EXAMPLE: dict[str, Any] = {
    "kind": "comfyui",
    "name": "Rack",
    "address": "http://10.0.0.2:8188",
}
_WORKFLOW_EXAMPLE: dict[str, Any] = {
    "6": {
        "class_type": "CLIPTextEncode",
        "inputs": {"text": "", "clip": ["4", 1]},
        "_meta": {"title": "panic:input"},
    },
    "9": {
        "class_type": "SaveImage",
        "inputs": {"images": ["8", 0]},
        "_meta": {"title": "panic:output"},
    },
}


class ServerChange(StrictSchema):
    """What can be changed of a server. `key` is never shown; "" takes it away."""

    model_config = example({"enabled": False})

    name: str = ""
    address: str = Field("", max_length=1_000)
    enabled: bool = True
    key: str = Field("", max_length=1_000)


class ServerIn(ServerChange):
    """A new server. An OpenAI-compatible one's address usually ends in `/v1`."""

    model_config = example(_SERVER_EXAMPLE)

    kind: str = Field(json_schema_extra={"enum": ["compatible", "comfyui"]})
    name: str
    address: str = Field(max_length=1_000)


class ServerOut(BaseModel):
    """A model server. `slug` is part of its models' ids and never changes."""

    model_config = example(
        {
            "id": "4e1f0a9b2c7d8e6f5a3b",
            "slug": "rack",
            **_SERVER_EXAMPLE,
            "enabled": True,
            "has_key": False,
            "lists": ["ComfyUI 0.3.60", "cuda:0 NVIDIA GeForce RTX 5090"],
            "problem": None,
            "last_seen_at": "2026-11-28T19:30:04Z",
            "created_at": "2026-11-28T19:30:00Z",
        }
    )

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
    def from_server(cls, server: Server) -> ServerOut:
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


class WorkflowIn(StrictSchema):
    """A ComfyUI workflow in API format, with marked nodes, on a server; no server: that of the
    settings, else the only one there is."""

    model_config = example(
        {"name": "Engraving", "workflow": _WORKFLOW_EXAMPLE, "server": "4e1f0a9b2c7d8e6f5a3b"}
    )

    name: str
    workflow: dict[str, Any]
    server: str | None = Field(None, max_length=40)
    gives: Modality | None = Field(None, strict=False)
    deadline_seconds: int = 600


class WorkflowChange(StrictSchema):
    """What can be changed of a workflow. `server` null: whichever there is."""

    model_config = example({"server": "4e1f0a9b2c7d8e6f5a3b"})

    name: str = ""
    server: str | None = Field(None, max_length=40)
    deadline_seconds: int = 600


class WorkflowOut(BaseModel):
    """A workflow as a model. `problem`: why it cannot run now."""

    model_config = example(
        {
            "id": "9b8a7c6d5e4f3a2b1c0d",
            "model": "comfyui:engraving",
            "name": "Engraving",
            "server": "4e1f0a9b2c7d8e6f5a3b",
            "takes": "text",
            "gives": "image",
            "deadline_seconds": 600,
            "problem": None,
            "created_at": "2026-11-28T19:30:00Z",
        }
    )

    id: str
    model: str
    name: str
    server: str | None
    takes: Modality
    gives: Modality
    deadline_seconds: int
    problem: str | None
    created_at: datetime

    @classmethod
    def from_workflows(cls, rows: Iterable[UploadedWorkflow]) -> list[WorkflowOut]:
        return [cls._from_workflow(one.row, one.problem) for one in workflow_places.placed(rows)]

    @classmethod
    def _from_workflow(cls, row: UploadedWorkflow, problem: str) -> WorkflowOut:
        return cls(
            id=row.public_id,
            model=row.model_id,
            name=row.name,
            server=row.server.public_id if row.server else None,
            takes=Modality(row.takes),
            gives=Modality(row.gives),
            deadline_seconds=row.deadline_seconds,
            problem=problem or None,
            created_at=row.created_at,
        )


@routes.get("/servers", response=Page[ServerOut])
@requires_scope(Scope.ADMIN)
def list_servers(request: ApiRequest, paging: Query[Paging]) -> Page[ServerOut]:
    """The servers that admins added; the newest first."""
    permissions.check_admin(request.auth)
    page, following = newest_first(Server.objects.all(), paging)
    return Page[ServerOut](items=[ServerOut.from_server(server) for server in page], next=following)


@routes.post("/servers", response={201: ServerOut})
@requires_scope(Scope.ADMIN)
def add_server(request: ApiRequest, body: ServerIn) -> Status[ServerOut]:
    """It is looked at within a minute; `POST servers/{id}/look` does it at once."""
    permissions.check_admin(request.auth)
    given = body.model_dump(exclude_unset=True)
    return Status(
        201, ServerOut.from_server(model_servers.add_server(by=request.auth.user, **given))
    )


@routes.get(_ONE, response=ServerOut)
@requires_scope(Scope.ADMIN)
def get_server(request: ApiRequest, server_id: str) -> ServerOut:
    return ServerOut.from_server(_server(request, server_id))


@routes.patch(_ONE, response=ServerOut)
@requires_scope(Scope.ADMIN)
def change_server(request: ApiRequest, server_id: str, body: ServerChange) -> ServerOut:
    """With another address the key has to come along again."""
    server = _server(request, server_id)
    given = body.model_dump(exclude_unset=True)
    model_servers.change_server(server, by=request.auth.user, **given)
    return ServerOut.from_server(server)


@routes.delete(_ONE, response={204: None})
@requires_scope(Scope.ADMIN)
def remove_server(request: ApiRequest, server_id: str) -> Status[None]:
    """With its workflows."""
    model_servers.remove_server(_server(request, server_id), by=request.auth.user)
    return Status(204, None)


@routes.post(_ONE + "/look", response=ServerOut)
@requires_scope(Scope.ADMIN)
def look_at_server(request: ApiRequest, server_id: str) -> ServerOut:
    """Ask it now what it offers; takes some seconds where it does not answer."""
    server = _server(request, server_id)
    discovery.check(server, at=timezone.now())
    return ServerOut.from_server(server)


@routes.get("/workflows", response=Page[WorkflowOut])
@requires_scope(Scope.ADMIN)
def list_workflows(request: ApiRequest, paging: Query[Paging]) -> Page[WorkflowOut]:
    permissions.check_admin(request.auth)
    rows = UploadedWorkflow.objects.select_related("server")
    page, following = newest_first(rows, paging)
    return Page[WorkflowOut](items=WorkflowOut.from_workflows(page), next=following)


@routes.post("/workflows", response={201: WorkflowOut})
@requires_scope(Scope.ADMIN)
def add_workflow(request: ApiRequest, body: WorkflowIn) -> Status[WorkflowOut]:
    """Its server is asked whether it keeps what the marked node gives; takes some seconds where it
    does not answer."""
    permissions.check_admin(request.auth)
    made = model_servers.add_workflow(
        by=request.auth.user,
        name=body.name,
        content=body.workflow,
        server=_named_server(body.server),
        gives=body.gives,
        deadline_seconds=body.deadline_seconds,
    )
    return Status(201, *WorkflowOut.from_workflows([made]))


@routes.get(_WORKFLOW, response=WorkflowOut)
@requires_scope(Scope.ADMIN)
def get_workflow(request: ApiRequest, workflow_id: str) -> WorkflowOut:
    (found,) = WorkflowOut.from_workflows([_workflow(request, workflow_id)])
    return found


@routes.patch(_WORKFLOW, response=WorkflowOut)
@requires_scope(Scope.ADMIN)
def change_workflow(request: ApiRequest, workflow_id: str, body: WorkflowChange) -> WorkflowOut:
    """Another server is asked as at the upload."""
    row = _workflow(request, workflow_id)
    given = body.model_dump(exclude_unset=True)
    if "server" in given:
        given["server"] = _named_server(body.server)
    model_servers.change_workflow(row, by=request.auth.user, **given)
    (found,) = WorkflowOut.from_workflows([row])
    return found


@routes.delete(_WORKFLOW, response={204: None})
@requires_scope(Scope.ADMIN)
def remove_workflow(request: ApiRequest, workflow_id: str) -> Status[None]:
    """Rings that use it say so from now on."""
    model_servers.remove_workflow(_workflow(request, workflow_id), by=request.auth.user)
    return Status(204, None)


def _workflow(request: ApiRequest, public_id: str) -> UploadedWorkflow:
    permissions.check_admin(request.auth)
    rows = UploadedWorkflow.objects.select_related("server").filter(public_id=public_id)
    return first_or_404(rows, gettext("There is no such workflow."))


def _named_server(public_id: str | None) -> Server | None:
    """None where none is named. Raises Invalid where there is none of that id."""
    if not public_id:
        return None
    found = Server.objects.filter(public_id=public_id).first() if is_legible(public_id) else None
    if found is None:
        raise Invalid({"server": gettext("There is no such server.")})
    return found


def _server(request: ApiRequest, public_id: str) -> Server:
    permissions.check_admin(request.auth)
    found = Server.objects.filter(public_id=public_id)
    return first_or_404(found, gettext("There is no such server."))
