"""Model servers that an admin added, and the workflows on them, as the adapters need them.

This layer keeps no rows: `credentials` says where they are read from (`read_from`).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum

from django.conf import settings
from django.utils import timezone

from lib.encryption import EncryptedSecret, Unreadable

from . import sentences
from .base import JSON, Model
from .comfy.workflow import Workflow
from .errors import NotConfigured

FAILURE_COUNTS_FOR = timedelta(minutes=3)  # checks are a minute apart


class ServerKind(StrEnum):
    COMPATIBLE = "compatible"
    COMFYUI = "comfyui"


@dataclass(frozen=True, slots=True)
class KnownServer:
    """A server, without its row."""

    slug: str  # part of its models' ids
    name: str
    kind: ServerKind
    address: str
    enabled: bool = True
    key: EncryptedSecret = field(default_factory=EncryptedSecret)
    listed: tuple[JSON, ...] = ()
    problem: str = ""
    checked_at: datetime | None = None

    def plain_key(self) -> str:
        """Empty where there is none, and where it cannot be decrypted on this machine: the server
        then says that it wants one."""
        try:
            return self.key.decrypt()
        except Unreadable:
            return ""

    def trouble(self, at: datetime | None = None) -> str:
        """Why it cannot be asked, in a stored sentence; empty where nothing is known against it."""
        if not self.enabled:
            return sentences.SERVER_OFF % {"server": self.name}
        age = (at or timezone.now()) - self.checked_at if self.checked_at else None
        if self.problem and age is not None and age < FAILURE_COUNTS_FOR:
            return sentences.SERVER_SILENT % {"server": self.name, "sentence": self.problem}
        return ""


@dataclass(frozen=True, slots=True)
class KnownWorkflow:
    """A workflow, the model it is, and its server; no server: whichever there is (`comfyui_server`)."""

    model: Model
    workflow: Workflow
    server: str = ""


@dataclass(frozen=True, slots=True)
class KnownServers:
    """All servers by slug, and all workflows by model id."""

    servers: Mapping[str, KnownServer] = field(default_factory=dict)
    workflows: Mapping[str, KnownWorkflow] = field(default_factory=dict)

    def of_kind(self, kind: ServerKind) -> Iterator[KnownServer]:
        yield from (server for server in self.servers.values() if server.kind is kind)


NO_SERVERS = KnownServers()
_sources: list[Callable[[], KnownServers]] = []  # the last one counts


def read_from(source: Callable[[], KnownServers]) -> None:
    """Where the servers are read from, in the place of whatever was said before."""
    _sources[:] = [source]


def known() -> KnownServers:
    if not _sources:
        raise RuntimeError("platforms.servers.read_from has not been called yet.")
    return _sources[-1]()


def workflow_of_model(model: Model) -> tuple[KnownWorkflow, str]:
    """The workflow that a model is, and the address of its server. Raises NotConfigured."""
    found = known().workflows.get(model.id)
    if found is None:
        raise NotConfigured(sentences.NO_WORKFLOW % {"workflow": model.name})
    return found, comfyui_server(found.server, model.name).address


def comfyui_server(
    slug: str, workflow: str, among: Iterable[KnownServer] | None = None
) -> KnownServer:
    """The server of this name for a workflow, which a sentence may call by its name. Empty: that of
    the settings, else the only one that is switched on. `among`: all there are, unless `known`.

    Raises NotConfigured, in words for whoever looks after the servers.
    """
    if not slug and (address := settings.PLATFORM_URLS.get("COMFYUI_BASE_URL")):
        return KnownServer("", "ComfyUI", ServerKind.COMFYUI, address)
    there = known().of_kind(ServerKind.COMFYUI) if among is None else among
    meant = [server for server in there if slug in ("", server.slug)]
    usable = [server for server in meant if server.enabled]
    if len(usable) == 1:
        return usable[0]
    names = ", ".join(server.name for server in usable or meant)
    words = {"workflow": workflow, "servers": names}
    if usable:
        raise NotConfigured(sentences.SEVERAL_COMFYUI % words)
    raise NotConfigured((sentences.COMFYUI_OFF if meant else sentences.NO_COMFYUI) % words)


def origins() -> list[str]:
    """The addresses that media may be fetched from though they are not public: those that the
    settings name, and those of the servers that an admin added and has switched on."""
    named = [url for url in settings.PLATFORM_URLS.values() if url]
    added = [server.address for server in known().servers.values() if server.enabled]
    return [*named, *settings.COMPATIBLE_SERVERS.values(), *added]


@contextmanager
def known_temporarily(servers: KnownServers) -> Iterator[None]:
    """For tests: these are known inside the block, whatever the database says."""
    _sources.append(lambda: servers)
    try:
        yield
    finally:
        _sources.pop()
