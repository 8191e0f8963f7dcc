"""Servers that speak OpenAI's chat format: Ollama, vLLM, llama.cpp and their like.

COMPATIBLE_BASE_URL names some, admins add others (`platforms.servers`). What those of the setting
offer is asked of them in the background; the answers are kept in a file that every process reads, so
that nobody waits for a server to know what there is, and a ring outlives a reboot of it. What the
others offer is in their rows.
"""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, ClassVar

import httpx
from django.conf import settings
from django.utils.translation import gettext, gettext_noop

from platforms import chat, model_lists, sentences, servers
from platforms.base import JSON, Availability, Call, Model, Output, Platform, Warmed
from platforms.catalogue import Row
from platforms.errors import NotConfigured
from platforms.payloads import find
from platforms.registry import register
from platforms.vendor_clients import asking, check_by_request, make_client

if TYPE_CHECKING:
    from openai import AsyncOpenAI

KEY = "COMPATIBLE_API_KEY"
LOOK_EVERY = 60.0  # seconds; a failed look counts for as long
Found = Mapping[str, Mapping[str, object]]  # by server: its models, and what went wrong when


@register
class Compatible(Platform):
    """Model servers of the operator."""

    slug: ClassVar[str] = "compatible"
    label: ClassVar[str] = gettext_noop("Model servers")

    @property
    def key_name(self) -> str:
        return KEY

    def __init__(self) -> None:
        self.looked_at = -LOOK_EVERY
        self.read: tuple[object, Sequence[Model], Found] = (None, (), {})
        self.added: tuple[servers.KnownServers, Sequence[Model]] = (servers.NO_SERVERS, ())

    def models(self) -> Sequence[Model]:
        """What was listed last; a look that is due happens in the background."""
        if not settings.COMPATIBLE_SERVERS:
            return self._added()
        if time.monotonic() - self.looked_at > LOOK_EVERY:
            self.looked_at = time.monotonic()
            threading.Thread(target=look, daemon=True, name="compatible").start()
        return [*self._known()[0], *self._added()]

    def operator_keys(self) -> Mapping[str, str]:
        """With the keys that admins typed in for the servers they added."""
        return {KEY: all_keys()}

    def listing(self, address: str, key: str) -> Sequence[JSON]:
        return model_lists.read(model_lists.fetch(f"{address}/models", key))

    def availability(self, model: Model, credentials: Mapping[str, str]) -> Availability:
        server = _server(model)
        if not _address(server):
            return Availability(False, _unknown(server))
        if server in _keys(all_keys()) and not _key(credentials, server):
            words = {"server": server, "setting": KEY}
            return Availability(False, sentences.SERVER_NEEDS_KEY % words)
        if server in settings.COMPATIBLE_SERVERS:
            found = self._known()[1].get(server, {})
            recent = time.time() - float(str(found.get("at", 0))) < LOOK_EVERY
            words = {"server": server, "sentence": str(found.get("problem"))}
            trouble = sentences.SERVER_SILENT % words
            failed = bool(found.get("problem")) and recent
            return Availability(not failed, trouble if failed else "")
        trouble = servers.known().servers[server].trouble()
        return Availability(not trouble, trouble)

    def key_problem(self, text: str) -> str:
        form = gettext(
            "Write the server's name before its key: name=key, and a comma between two of them."
        )
        return super().key_problem(text) if _keys(text) else form

    async def check(self, credentials: Mapping[str, str]) -> str:
        """Every server of which it holds a key is asked."""
        said = []
        for server, key in _keys(credentials.get(KEY, "")).items():
            if server not in settings.COMPATIBLE_SERVERS:
                raise NotConfigured(sentences.NO_SERVER % {"server": server})
            url, label = f"{settings.COMPATIBLE_SERVERS[server]}/models", f"The server {server}"
            bearer = "Bearer {key}"
            said.append(await check_by_request(self, {KEY: key}, url, label, Authorization=bearer))
        return " ".join(said)

    async def invoke(self, call: Call) -> Output:
        try:
            return await self._invoke(call)
        except NotConfigured as error:
            error.key_refused = False  # by one server: the others' keys are as good as before
            raise

    async def warm(self, call: Call) -> Warmed:
        return await model_lists.load_model(_address(_server(call.model)), call)

    async def _invoke(self, call: Call) -> Output:
        server = _server(call.model)
        label = f"The server {server}"
        async with asking(call, label, KEY, needed=False) as asked:
            if not _address(server):
                raise NotConfigured(_unknown(server))
            await asked.library("openai")
            create = _client(call, server).chat.completions.with_raw_response.create
            return await chat.complete(asked, create, Row(call.model, strip='"'), label, KEY)

    def _added(self) -> Sequence[Model]:
        """Of the servers that admins added; where a name is taken by the setting, that one counts."""
        if (known := servers.known()) is not self.added[0]:
            rows = [
                row
                for server in known.of_kind(servers.ServerKind.COMPATIBLE)
                if server.slug not in settings.COMPATIBLE_SERVERS
                for row in model_lists.rows(server.slug, list(server.listed))
            ]
            self.added = (known, rows)
        return self.added[1]

    def _known(self) -> tuple[Sequence[Model], Found]:
        """The file's content; read again only when it or the setting has changed."""
        try:
            stamp = (_file().stat().st_mtime_ns, *settings.COMPATIBLE_SERVERS)
            if self.read[0] != stamp:
                found = json.loads(_file().read_text())
                self.read = (stamp, list(_rows(found)), found)
        except (OSError, ValueError):
            return self.read[1:] if self.read[0] else ((), {})
        return self.read[1:]


def _client(call: Call, server: str) -> AsyncOpenAI:
    from openai import AsyncOpenAI

    key = _key(call.credentials, server) or "none"  # the client insists on one
    return make_client(AsyncOpenAI, call, key, _address(server))


# ListedModel


def look() -> None:
    """Ask every server what it offers, and keep the answers. Blocks; raises nothing of theirs."""
    kept = _kept()
    found: dict[str, object] = {}
    for server, address in settings.COMPATIBLE_SERVERS.items():
        try:
            key = _keys(all_keys()).get(server, "")
            offered = model_lists.read(model_lists.fetch(f"{address}/models", key))
            found[server] = {"models": offered, "problem": "", "at": time.time()}
        except (httpx.HTTPError, httpx.InvalidURL, ValueError) as error:
            old = find(kept, server, "models")
            problem = f"{type(error).__name__}."
            found[server] = {"models": old or [], "problem": problem, "at": time.time()}
    draft = _file().with_suffix(f".{threading.get_native_id()}")
    draft.write_text(json.dumps(found))
    draft.replace(_file())


def _rows(found: Found) -> Iterator[Model]:
    for server in settings.COMPATIBLE_SERVERS:
        entries = find(found, server, "models")
        yield from model_lists.rows(server, entries if isinstance(entries, list) else [])


def _file() -> Path:
    return Path(settings.DATA_DIR) / "compatible.json"


def _kept() -> object:
    try:
        return json.loads(_file().read_text())
    except (OSError, ValueError):
        return {}


def _server(model: Model) -> str:
    return model.id.partition(":")[2].partition(".")[0]


def _address(server: str) -> str:
    """Where it is; empty where there is none of this name, or it is switched off."""
    if server in settings.COMPATIBLE_SERVERS:
        return settings.COMPATIBLE_SERVERS[server]
    added = servers.known().servers.get(server)
    usable = added is not None and added.enabled and added.kind is servers.ServerKind.COMPATIBLE
    return added.address if added is not None and usable else ""


def _unknown(server: str) -> str:
    if added := servers.known().servers.get(server):
        return sentences.SERVER_OFF % {"server": added.name}
    return sentences.NO_SERVER_ANY_MORE % {"server": server}


def all_keys() -> str:
    """The keys of all servers that want one, as the setting has them: it, and those that admins
    typed in. What is for an added server never goes to another one of its name in the setting."""
    added = servers.known().of_kind(servers.ServerKind.COMPATIBLE)
    typed = [
        f"{one.slug}={plain}"
        for one in added
        if one.slug not in settings.COMPATIBLE_SERVERS and (plain := one.plain_key())
    ]
    return ",".join([*filter(None, [settings.PLATFORM_KEYS.get(KEY, "")]), *typed])


def _keys(setting: str) -> dict[str, str]:
    """`box=secret,rack=other` by server."""
    pairs = (entry.partition("=") for entry in setting.split(",") if "=" in entry)
    return {server.strip(): key.strip() for server, _, key in pairs}


def _key(credentials: Mapping[str, str], server: str) -> str:
    return _keys(credentials.get(KEY, "")).get(server, "")
