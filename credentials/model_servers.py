"""Model servers and ComfyUI workflows: what an admin may set, checked and done.

Each is one transaction with its entry in the log of admins. A workflow's server is asked before that
what it knows of the nodes; where it does not answer, the workflow is taken as it looks.
"""

from __future__ import annotations

import re
from typing import Any
from urllib.parse import urlsplit

from django.db import transaction
from django.utils.formats import number_format
from django.utils.translation import gettext, gettext_noop

from accounts.models import AuditEntry, User
from credentials.models import Server, UploadedWorkflow
from lib.validation import Invalid, is_legible
from platforms import servers
from platforms.base import Modality
from platforms.comfy import workflow
from platforms.comfy.class_answers import asked_at_import
from platforms.comfy.node_classes import NodeClasses
from platforms.errors import NotConfigured

NAME_MOST = 60
ADDRESS_MOST = 300
KEY = re.compile(r"[!-+\--~]{1,300}")  # of one word, without a comma, which parts keys in settings
DEADLINE_LEAST, DEADLINE_MOST = 10, 7_200
NO_COMFYUI = gettext_noop("A workflow is for a ComfyUI server.")


def add_server(*, by: User | None, kind: str, name: str, address: str, **more: Any) -> Server:
    """`more`: key, enabled. Raises Invalid."""
    row = {"kind": kind, "name": name.strip(), "address": _plain(address), **more}
    _check(row)
    with transaction.atomic():
        made = Server.add(**row)
        AuditEntry.record(by, "server.added", f"{made.name} ({made.address})")
    return made


def change_server(server: Server, *, by: User | None, **given: Any) -> None:
    """`given`: name, address, enabled, key ("" takes it away). Raises Invalid."""
    if "address" in given:
        given["address"] = _plain(given["address"])
    if "name" in given:
        given["name"] = given["name"].strip()
    now = {"kind": server.kind, "name": server.name, "address": server.address}
    _check({**now, **given})
    # Whoever reads the key where the server was may not be who listens at the new address.
    moved = given.get("address", server.address) != server.address
    if moved and server.key and "key" not in given:
        raise Invalid({"key": gettext("At another address the key has to be typed in again.")})
    with transaction.atomic():
        server.change(**given)
        AuditEntry.record(by, "server.changed", f"{server.name} ({server.address})")


def remove_server(server: Server, *, by: User | None) -> None:
    with transaction.atomic():
        AuditEntry.record(by, "server.removed", f"{server.name} ({server.address})")
        server.remove()


def add_workflow(
    *,
    by: User | None,
    name: str,
    content: object,
    server: Server | None,
    gives: str | None = None,
    deadline_seconds: int = 600,
) -> UploadedWorkflow:
    """A workflow as a model; no server: whichever there is. Blocks for the server, some seconds at
    most. Raises Invalid."""
    errors = _workflow_errors(name, server, deadline_seconds)
    if gives and gives not in set(Modality):
        errors["gives"] = gettext("One of %(known)s.") % {"known": ", ".join(Modality)}
    chosen = Modality(gives) if gives and "gives" not in errors else None
    try:
        found = _read(content, gives=chosen, server=server, ask=not errors)
    except workflow.NotAWorkflow as error:
        errors["workflow"] = str(error)
    if errors:
        raise Invalid(errors)
    with transaction.atomic():
        made = UploadedWorkflow.add(
            found, name=name.strip(), server=server, deadline_seconds=deadline_seconds
        )
        AuditEntry.record(by, "workflow.added", f"{made.name} ({made.model_id})")
    return made


def change_workflow(row: UploadedWorkflow, *, by: User | None, **given: Any) -> None:
    """`given`: name, server (None: whichever there is), deadline_seconds. Raises Invalid."""
    if "name" in given:
        given["name"] = given["name"].strip()
    now = {"name": row.name, "server": row.server, "deadline_seconds": row.deadline_seconds}
    wanted = {**now, **given}
    errors = _workflow_errors(**wanted)
    if not errors and wanted["server"] != row.server:
        try:
            _read(row.content, gives=Modality(row.gives), server=wanted["server"], ask=True)
        except workflow.NotAWorkflow as error:
            errors["server"] = str(error)
    if errors:
        raise Invalid(errors)
    with transaction.atomic():
        row.change(**given)
        AuditEntry.record(by, "workflow.changed", f"{row.name} ({row.model_id})")


def remove_workflow(row: UploadedWorkflow, *, by: User | None) -> None:
    with transaction.atomic():
        AuditEntry.record(by, "workflow.removed", f"{row.name} ({row.model_id})")
        row.remove()


# Rules


def _check(row: dict[str, Any]) -> None:
    found = {
        "kind": _kind(row["kind"]),
        "name": _name(row["name"]),
        "address": _address(row["address"]),
        "key": _key(row["kind"], row.get("key")),
    }
    if errors := {name: sentence for name, sentence in found.items() if sentence}:
        raise Invalid(errors)


def _workflow_errors(name: str, server: Server | None, deadline_seconds: int) -> dict[str, str]:
    found = {
        "name": _name(name),
        "server": "" if server is None or server.kind == "comfyui" else gettext(NO_COMFYUI),
        "deadline_seconds": _deadline(deadline_seconds),
    }
    return {field: sentence for field, sentence in found.items() if sentence}


def _read(
    content: object, *, gives: Modality | None, server: Server | None, ask: bool
) -> workflow.Workflow:
    """The workflow, held against what its server knows of its nodes. Raises NotAWorkflow."""
    graph = workflow.graph_in(content)
    classes: NodeClasses = {}
    if ask and (address := _address_of(server)):
        classes = asked_at_import(address, graph, workflow.output_marks(graph))
    return workflow.read(graph, gives=gives, classes=classes)


def _address_of(server: Server | None) -> str:
    """Where the workflow would run now; empty where nowhere."""
    if server is not None:
        return server.address if server.enabled else ""
    try:
        return servers.comfyui_server("", "").address
    except NotConfigured:
        return ""


def _plain(address: str) -> str:
    return address.strip().rstrip("/")


def _kind(kind: str) -> str:
    known = ("compatible", "comfyui")
    return "" if kind in known else gettext("One of %(known)s.") % {"known": ", ".join(known)}


def _deadline(seconds: int) -> str:
    if DEADLINE_LEAST <= seconds <= DEADLINE_MOST:
        return ""
    most = number_format(DEADLINE_MOST, force_grouping=True)
    return gettext("From %(least)d to %(most)s seconds.") % {"least": DEADLINE_LEAST, "most": most}


def _name(name: str) -> str:
    fits = name.strip() and len(name.strip()) <= NAME_MOST and "\n" not in name
    if fits and is_legible(name):
        return ""
    return gettext("A name of one line, at most %(most)d characters.") % {"most": NAME_MOST}


def _address(address: str) -> str:
    usual = gettext("It looks like http://10.0.0.2:8188 or https://models.example/v1.")
    try:
        parts = urlsplit(address)
        port = parts.port
    except ValueError:
        return usual
    plain = address.isascii() and address.isprintable() and " " not in address
    if not plain or len(address) > ADDRESS_MOST or port == 0:
        return usual
    if parts.scheme not in {"http", "https"} or not parts.hostname:
        return usual
    if parts.username is not None or parts.query or parts.fragment:
        sentence = gettext("Only scheme, host, port and path; a key goes into its own field.")
        return f"{sentence} {usual}"
    return ""


def _key(kind: str, key: str | None) -> str:
    if not key:
        return ""
    if kind == "comfyui":
        return gettext("A ComfyUI server takes no key.")
    return "" if KEY.fullmatch(key) else gettext("A key is one word, without a comma.")
