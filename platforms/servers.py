"""Model servers that an admin added, and the workflows on them, as every process knows them.

Rings are read thousands of times an hour, so rows are read only when they have changed: whoever
changes one touches a file in the data folder, and every process of this machine looks at that file.
While there is none, nobody ever added a server, and no query is made.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum
from pathlib import Path

from django.conf import settings
from django.db import DatabaseError, transaction
from django.utils import timezone

from .base import JSON, Model
from .comfy.workflow import Workflow
from .errors import NotConfigured
from .sealing import Secret, Unreadable

logger = logging.getLogger(__name__)

BELIEVED = timedelta(minutes=3)  # how long a failed look counts; they are a minute apart


class Kind(StrEnum):
    COMPATIBLE = "compatible"
    COMFYUI = "comfyui"


@dataclass(frozen=True, slots=True)
class Server:
    """A row, as the adapters need it."""

    slug: str  # part of its models' ids
    name: str
    kind: Kind
    address: str
    enabled: bool = True
    key: Secret = field(default_factory=Secret)
    listed: tuple[JSON, ...] = ()
    problem: str = ""
    looked_at: datetime | None = None

    def plain_key(self) -> str:
        """Empty where there is none, and where it cannot be opened on this machine: the server then
        says that it wants one."""
        try:
            return self.key.reveal()
        except Unreadable:
            return ""

    def trouble(self, at: datetime | None = None) -> str:
        """Why it cannot be asked, in a sentence; empty where nothing is known against it."""
        if not self.enabled:
            return f"The server {self.name} is switched off."
        recent = self.looked_at and (at or timezone.now()) - self.looked_at < BELIEVED
        if self.problem and recent:
            return f"The server {self.name} does not answer: {self.problem}"
        return ""


@dataclass(frozen=True, slots=True)
class Flow:
    """A workflow, the model it is, and its server; no server: that of COMFYUI_BASE_URL."""

    model: Model
    workflow: Workflow
    server: str = ""


@dataclass(frozen=True, slots=True)
class Known:
    """Everything there is, by slug and by model id."""

    servers: Mapping[str, Server] = field(default_factory=dict)
    flows: Mapping[str, Flow] = field(default_factory=dict)

    def of_kind(self, kind: Kind) -> Iterator[Server]:
        yield from (one for one in self.servers.values() if one.kind is kind)


NOTHING = Known()
_read: tuple[object, Known] = (None, NOTHING)
_pretended: list[Known] = []


def known() -> Known:
    """As of the last change. On an event loop, which must not query, as of the last look."""
    global _read
    if _pretended:
        return _pretended[-1]
    try:
        state = _stamp_file().stat()
    except OSError:
        return NOTHING
    stamp = (str(_stamp_file()), state.st_mtime_ns)
    if stamp != _read[0] and not _on_a_loop():
        from .models.server import all_known

        try:
            _read = (stamp, all_known())
        except DatabaseError:
            logger.warning("The model servers could not be read.", exc_info=True)
    return _read[1]


def flow_of(model: Model) -> tuple[Flow, str]:
    """The workflow that a model is, and the address of its server. Raises NotConfigured."""
    flow = known().flows.get(model.id)
    if flow is None:
        raise NotConfigured(f"There is no workflow {model.name} any more.")
    if not flow.server:
        if address := settings.PLATFORM_URLS.get("COMFYUI_BASE_URL"):
            return flow, address
        raise NotConfigured(f"The workflow {model.name} needs COMFYUI_BASE_URL to be set.")
    server = known().servers.get(flow.server)
    if server is None or not server.enabled:
        raise NotConfigured(f"The server of the workflow {model.name} is switched off.")
    return flow, server.address


def announce() -> None:
    """Once the surrounding transaction has committed, every process reads the rows anew."""
    transaction.on_commit(lambda: _stamp_file().touch())


def announce_again() -> None:
    """The rows are to be read anew, if any have been read."""
    if _stamp_file().exists():
        announce()


def announce_any() -> None:
    """At the start: the data folder may be younger than the database."""
    from .models import Server as Rows
    from .models import UploadedWorkflow

    there = Rows.objects.exists() or UploadedWorkflow.objects.exists()
    if there and not _stamp_file().exists():
        announce()


@contextmanager
def pretending(all_there_is: Known) -> Iterator[None]:
    """For tests: this is known inside the block, whatever the database says."""
    _pretended.append(all_there_is)
    try:
        yield
    finally:
        _pretended.pop()


def origins() -> list[str]:
    """The addresses that media may be fetched from though they are not public: those that the
    settings name, and those of the servers that an admin added and has switched on."""
    named = [url for url in settings.PLATFORM_URLS.values() if url]
    added = [one.address for one in known().servers.values() if one.enabled]
    return [*named, *settings.COMPATIBLE_SERVERS.values(), *added]


def _stamp_file() -> Path:
    return Path(settings.DATA_DIR) / "servers.changed"


def _on_a_loop() -> bool:
    try:
        asyncio.get_running_loop()
    except RuntimeError:
        return False
    return True
