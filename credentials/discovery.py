"""Checking whether the model servers that admins added answer, and what they offer.

A check waits for a server, for some seconds at most: not within a transaction.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from credentials.models import Server
from lib.stored_sentences import stored_sentence
from platforms import registry
from platforms.base import JSON

KEY_NOT_ACCEPTED = stored_sentence("it does not accept the key (%(status)s).")
NO_LIST = stored_sentence("it answers %(status)s where its list should be: check the address.")
TOO_SLOW = stored_sentence("it takes too long to answer.")
NOBODY_LISTENS = stored_sentence("nobody listens at its address.")
WRONG_ADDRESS = stored_sentence("its address makes no sense.")
SENSELESS = stored_sentence("what it answers makes no sense: check the address (%(error)s).")


def check(server: Server, *, at: datetime) -> None:
    """Ask it, and store what it said."""
    server.note_check(*ask_server(server), at=at)


def ask_server(server: Server) -> tuple[Sequence[JSON] | None, str]:
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
        return KEY_NOT_ACCEPTED % {"status": status}
    if status is not None:
        return NO_LIST % {"status": status}
    if "Timeout" in name:
        return TOO_SLOW
    if name == "ConnectError":
        return NOBODY_LISTENS
    if name in {"InvalidURL", "UnsupportedProtocol"}:
        return WRONG_ADDRESS
    return SENSELESS % {"error": name}
