"""Looking whether the model servers that admins added are there, and what they offer.

A look waits for a server, for some seconds at most: not within a transaction.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from . import registry
from .base import JSON
from .models import Server


def look(server: Server, *, at: datetime) -> None:
    """Ask it, and note what it said."""
    server.note_look(*ask(server), at=at)


def ask(server: Server) -> tuple[Sequence[JSON] | None, str]:
    """What it lists, or None and why not."""
    platform = registry.get_platform(server.kind)
    try:
        return platform.listing(server.address, server.known.plain_key()), ""
    except Exception as error:  # a border: a server of a stranger answers with anything
        return None, _in_words(error)


def _in_words(error: Exception) -> str:
    status = getattr(getattr(error, "response", None), "status_code", None)
    name = type(error).__name__
    if status in {401, 403}:
        return f"it does not accept the key ({status})."
    if status is not None:
        return f"it answers {status} where its list should be: check the address."
    if "Timeout" in name:
        return "it takes too long to answer."
    if name == "ConnectError":
        return "nobody listens at its address."
    if name in {"InvalidURL", "UnsupportedProtocol"}:
        return "its address makes no sense."
    return f"what it answers makes no sense: check the address ({name})."
