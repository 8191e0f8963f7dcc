"""The house's own model servers and ComfyUI workflows: what an admin may set, checked and done.

Each is one transaction with its entry in the log of admins; nobody is asked over the network.
"""

from __future__ import annotations

import re
from typing import Any
from urllib.parse import urlsplit

from django.db import transaction

from accounts.models import AuditEntry, User
from networks.fields import Invalid, is_legible
from platforms.base import Modality
from platforms.comfy import workflow
from platforms.models import Server, UploadedWorkflow

NAME_MOST = 60
ADDRESS_MOST = 300
KEY = re.compile(r"[!-+\--~]{1,300}")  # of one word, without a comma, which parts keys in settings
DEADLINE_LEAST, DEADLINE_MOST = 10, 7_200


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
        raise Invalid({"key": "At another address the key has to be typed in again."})
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
    """A workflow as a model; no server: that of COMFYUI_BASE_URL. Raises Invalid."""
    errors: dict[str, str] = {}
    if sentence := _name(name):
        errors["name"] = sentence
    if server is not None and server.kind != "comfyui":
        errors["server"] = "A workflow is for a ComfyUI server."
    if gives and gives not in set(Modality):
        errors["gives"] = f"One of {', '.join(Modality)}."
    if not DEADLINE_LEAST <= deadline_seconds <= DEADLINE_MOST:
        errors["deadline_seconds"] = f"From {DEADLINE_LEAST} to {DEADLINE_MOST:,} seconds."
    try:
        chosen = Modality(gives) if gives and "gives" not in errors else None
        found = workflow.read(content, gives=chosen)
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


def remove_workflow(row: UploadedWorkflow, *, by: User | None) -> None:
    with transaction.atomic():
        AuditEntry.record(by, "workflow.removed", f"{row.name} ({row.model_id})")
        row.remove()


# Rules


def _check(row: dict[str, Any]) -> None:
    found = {
        "kind": "" if row["kind"] in ("compatible", "comfyui") else "One of compatible, comfyui.",
        "name": _name(row["name"]),
        "address": _address(row["address"]),
        "key": _key(row["kind"], row.get("key")),
    }
    if errors := {name: sentence for name, sentence in found.items() if sentence}:
        raise Invalid(errors)


def _plain(address: str) -> str:
    return address.strip().rstrip("/")


def _name(name: str) -> str:
    fits = name.strip() and len(name.strip()) <= NAME_MOST and "\n" not in name
    if fits and is_legible(name):
        return ""
    return f"A name of one line, at most {NAME_MOST} characters."


def _address(address: str) -> str:
    usual = "It looks like http://10.0.0.2:8188 or https://models.example/v1."
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
        return f"Only scheme, host, port and path; a key goes into its own field. {usual}"
    return ""


def _key(kind: str, key: str | None) -> str:
    if not key:
        return ""
    if kind == "comfyui":
        return "A ComfyUI server takes no key."
    return "" if KEY.fullmatch(key) else "A key is one word, without a comma."
