"""Who may follow a feed: authentication of sockets, the check when one connects, and the check that is
repeated every few seconds for as long as it is open.

A collaborator is removed, a token revoked or expired, a session ended, a network closed: none of it
is an event of what a socket follows, so access is checked again. Connections with equal access keys
are checked once, so that the queries grow with the number of people, not with their screens.
"""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Awaitable, Callable, Iterable, Iterator
from functools import partial
from importlib import import_module
from typing import Any, Protocol, cast
from urllib.parse import parse_qsl, urlencode, urlsplit
from weakref import WeakKeyDictionary

from channels.auth import AuthMiddlewareStack, get_user
from channels.db import database_sync_to_async
from django.conf import settings
from django.contrib.auth.models import AnonymousUser

from lib.languages import language_of_headers

from .feeds import NOT_ALLOWED, Denied, Feed, Scope

logger = logging.getLogger(__name__)

REVALIDATION_SECONDS = 3.0
MAX_ROUND_SECONDS = 30.0  # a round that takes longer hangs, and is given up
_SHARED_SECONDS = 0.2

Receive = Callable[[], Awaitable[Any]]
Send = Callable[[Any], Awaitable[None]]
Application = Callable[[Any, Any, Any], Awaitable[None]]  # every router types its own
_FeedsBeingOpened = dict[tuple[type[Feed], str, str], "asyncio.Task[Feed]"]
_feeds_being_opened: WeakKeyDictionary[asyncio.AbstractEventLoop, _FeedsBeingOpened] = (
    WeakKeyDictionary()
)


# Authentication: ASGI middleware


class SocketSessionAuth:
    """Sets Channels' session and user for connections with a cookie.

    Displays have none and are spared its layers and its thread. `scope["reload_user"]()` reads
    again who it is.
    """

    def __init__(self, inner: Application) -> None:
        self._inner = inner
        self._with_session = cast(Application, AuthMiddlewareStack(self._add_reload))

    async def _add_reload(self, scope: Scope, receive: Receive, send: Send) -> None:
        key = scope["session"].session_key
        await self._inner({**scope, "reload_user": partial(_user_of_session, key)}, receive, send)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if header_value(scope, b"cookie"):
            await self._with_session(scope, receive, send)
        else:
            await self._inner({**scope, "user": AnonymousUser()}, receive, send)


class SocketBearerAuth:
    """An `Authorization: Bearer …` header sets the user, whatever the cookie says.

    An unknown token makes the connection anonymous.
    """

    def __init__(self, inner: Application, resolve: Callable[[str], object | None]) -> None:
        self._inner = inner
        self._resolve = database_sync_to_async(resolve)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        scheme, _, token = (header_value(scope, b"authorization") or "").partition(" ")
        if scheme.lower() == "bearer":
            reload_user = partial(self._user_of_token, token.strip())
            scope = {**scope, "user": await reload_user(), "reload_user": reload_user}
        await self._inner(scope, receive, send)

    async def _user_of_token(self, token: str) -> object:
        return await self._resolve(token) or AnonymousUser()


async def _user_of_session(key: str | None) -> object:
    """Read from the store: the session in the connection's scope does not see a sign-out."""
    store = import_module(settings.SESSION_ENGINE).SessionStore(key)
    return cast(object, await get_user(cast(Any, {"session": store})))


def header_value(scope: Scope, name: bytes) -> str | None:
    return next((value.decode("latin1") for key, value in scope["headers"] if key == name), None)


def is_own_origin(scope: Scope) -> bool:
    """Whether the page that opened this socket is one of this site; scripts send no Origin."""
    origin = header_value(scope, b"origin")
    if origin is None:
        return True
    host = _hostname(origin)
    return bool(host) and host in set(_own_hostnames(scope))


def _own_hostnames(scope: Scope) -> Iterator[str]:
    yield _hostname(f"//{header_value(scope, b'host') or ''}")
    yield _hostname(settings.PUBLIC_URL)
    for allowed in settings.ALLOWED_HOSTS:
        if allowed != "*":  # allowing every Host does not make every Origin this site's
            yield allowed.lower()


def _hostname(url: str) -> str:
    try:
        return urlsplit(url).hostname or ""
    except ValueError:
        return ""


# The check when a socket connects


async def open_feed(feed_class: type[Feed], scope: Scope) -> Feed:
    """The feed of this connection. Raises `Denied`.

    Connections without credentials that ask for the same feed at the same time share one answer, so
    that a wall of displays that reconnects costs a query or two, not one for each.
    """
    if not is_own_origin(scope):
        raise Denied(NOT_ALLOWED)
    signed_in = getattr(scope.get("user"), "is_authenticated", False)
    language = language_of_headers(scope["headers"])
    if signed_in or header_value(scope, b"cookie") or header_value(scope, b"authorization"):
        return await _open(feed_class, scope, language)
    loop = asyncio.get_running_loop()
    opening = _feeds_being_opened.setdefault(loop, {})
    key = (feed_class, language, f"{scope.get('path')}?{_query_without_cursor(scope)}")
    if key not in opening:
        opening[key] = asyncio.ensure_future(_open(feed_class, scope, language))
        loop.call_later(_SHARED_SECONDS, opening.pop, key, None)
    return await asyncio.shield(opening[key])


async def _open(feed_class: type[Feed], scope: Scope, language: str) -> Feed:
    feed = await feed_class.open(scope)
    feed.language = feed.language or language
    return feed


async def reopen_feed(feed_class: type[Feed], scope: Scope) -> Feed:
    """The feed that an open connection may follow now. Raises `Denied`."""
    reload_user = scope.get("reload_user")
    now = {**scope, "user": await reload_user()} if reload_user else scope
    return await _open(feed_class, now, language_of_headers(scope["headers"]))


def access_key_of_scope(scope: Scope) -> str:
    """Equal for connections whose access is the same."""
    credentials = header_value(scope, b"authorization"), header_value(scope, b"cookie")
    parts = scope.get("path", ""), _query_without_cursor(scope), *(one or "" for one in credentials)
    return "\n".join(parts)


def _query_without_cursor(scope: Scope) -> str:
    query = parse_qsl(scope.get("query_string", b"").decode("latin1"))
    return urlencode([(name, value) for name, value in query if name != "cursor"])


# The check that is repeated


class RevalidatedConnection(Protocol):
    """An open socket, as far as its access is concerned."""

    @property
    def access_key(self) -> str | None:
        """Connections with equal keys are checked together; None = never checked again."""
        ...

    async def revalidate(self) -> Feed:
        """The feed it may follow now. Raises `Denied`."""
        ...

    def access_confirmed(self, feed: Feed) -> None: ...

    def access_denied(self, code: int) -> None: ...


class AccessRevalidation:
    """Checks the access of open connections every REVALIDATION_SECONDS; one per hub."""

    def __init__(self) -> None:
        self._started_at = time.monotonic()
        self._round: asyncio.Task[None] | None = None

    def start_if_due(self, connections: Iterable[RevalidatedConnection], now: float) -> None:
        """Start a round of checks where one is due; never two at once."""
        waited = now - self._started_at
        running = self._round is not None and not self._round.done()
        if waited < REVALIDATION_SECONDS or (running and waited < MAX_ROUND_SECONDS):
            return
        self.cancel()
        self._started_at = now
        groups: dict[str, list[RevalidatedConnection]] = {}
        for connection in connections:
            if connection.access_key is not None:
                groups.setdefault(connection.access_key, []).append(connection)
        if groups:
            self._round = asyncio.create_task(_revalidate(groups.values()))

    def cancel(self) -> None:
        if self._round is not None:
            self._round.cancel()


async def _revalidate(groups: Iterable[list[RevalidatedConnection]]) -> None:
    for connections in groups:
        try:
            feed = await connections[0].revalidate()
        except Denied as denied:
            for connection in connections:
                connection.access_denied(denied.code)
        except Exception:  # a border: while the database is away, nobody is disconnected
            logger.warning("The access of open sockets could not be checked.", exc_info=True)
        else:
            for connection in connections:
                connection.access_confirmed(feed)
