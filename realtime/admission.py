"""Letting a socket in: from its scope to the feed it may follow."""

from __future__ import annotations

import asyncio
from urllib.parse import parse_qsl, urlencode
from weakref import WeakKeyDictionary

from .auth import header, is_home
from .feeds import NOT_ALLOWED, Denied, Feed, Scope

_SHARED_SECONDS = 0.2

_Opening = dict[tuple[type[Feed], str], "asyncio.Task[Feed]"]
_openings: WeakKeyDictionary[asyncio.AbstractEventLoop, _Opening] = WeakKeyDictionary()


async def admit(feed_class: type[Feed], scope: Scope) -> Feed:
    """The feed for this connection. Raises `Denied`.

    Strangers without any credentials who ask for the same at the same time share one answer, so that
    a wall of displays that comes back together costs a query or two, not one each.
    """
    if not is_home(scope):
        raise Denied(NOT_ALLOWED)
    known = getattr(scope.get("user"), "is_authenticated", False)
    if known or header(scope, b"cookie") or header(scope, b"authorization"):
        return await feed_class.open(scope)
    loop = asyncio.get_running_loop()
    openings = _openings.setdefault(loop, {})
    key = (feed_class, f"{scope.get('path')}?{_question(scope)}")
    if key not in openings:
        openings[key] = asyncio.ensure_future(feed_class.open(scope))
        loop.call_later(_SHARED_SECONDS, openings.pop, key, None)
    return await asyncio.shield(openings[key])


def ticket(scope: Scope) -> str:
    """Equal for connections that are let in, or turned away, together."""
    credentials = header(scope, b"authorization"), header(scope, b"cookie")
    return "\n".join((scope.get("path", ""), _question(scope), *(one or "" for one in credentials)))


async def admit_again(feed_class: type[Feed], scope: Scope) -> Feed:
    """What a connection that was let in may follow by now. Raises `Denied`."""
    who_now = scope.get("who_now")
    return await feed_class.open({**scope, "user": await who_now()} if who_now else scope)


def _question(scope: Scope) -> str:
    """The query string but for where the client stands."""
    query = parse_qsl(scope.get("query_string", b"").decode("latin1"))
    return urlencode([(name, value) for name, value in query if name != "cursor"])
