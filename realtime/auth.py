"""Who is at the other end of a socket: bearer tokens, and pages of other sites."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterable
from functools import partial
from importlib import import_module
from typing import Any, cast
from urllib.parse import urlsplit

from channels.auth import AuthMiddlewareStack, get_user
from channels.db import database_sync_to_async
from django.conf import settings
from django.contrib.auth.models import AnonymousUser

from .feeds import Scope

Receive = Callable[[], Awaitable[Any]]
Send = Callable[[Any], Awaitable[None]]
Application = Callable[[Any, Any, Any], Awaitable[None]]  # every router types its own


def header(scope: Scope, name: bytes) -> str | None:
    return next((value.decode("latin1") for key, value in scope["headers"] if key == name), None)


class SessionAuth:
    """ASGI middleware: Channels' session and user for those who bring a cookie. Displays do not,
    and are spared its layers and its thread. `scope["who_now"]()` says who it is by then."""

    def __init__(self, inner: Application) -> None:
        self._inner = inner
        self._with_session = cast(Application, AuthMiddlewareStack(self._remember))

    async def _remember(self, scope: Scope, receive: Receive, send: Send) -> None:
        key = scope["session"].session_key
        await self._inner({**scope, "who_now": partial(_of_session, key)}, receive, send)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if header(scope, b"cookie"):
            await self._with_session(scope, receive, send)
        else:
            await self._inner({**scope, "user": AnonymousUser()}, receive, send)


class BearerAuth:
    """ASGI middleware: an `Authorization: Bearer …` header says who it is, whatever the cookie
    says. A token that nobody has makes the connection anonymous."""

    def __init__(self, inner: Application, resolve: Callable[[str], object | None]) -> None:
        self._inner = inner
        self._resolve = database_sync_to_async(resolve)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        scheme, _, token = (header(scope, b"authorization") or "").partition(" ")
        if scheme.lower() == "bearer":
            who_now = partial(self._of_token, token.strip())
            scope = {**scope, "user": await who_now(), "who_now": who_now}
        await self._inner(scope, receive, send)

    async def _of_token(self, token: str) -> object:
        return await self._resolve(token) or AnonymousUser()


async def _of_session(key: str | None) -> object:
    """Read anew: the session that came with the connection knows nothing of a sign-out."""
    store = import_module(settings.SESSION_ENGINE).SessionStore(key)
    return cast(object, await get_user(cast(Any, {"session": store})))


def is_home(scope: Scope) -> bool:
    """Whether the page that opened this socket is one of ours; scripts send no Origin at all."""
    origin = header(scope, b"origin")
    if origin is None:
        return True
    host = _hostname(origin)
    return bool(host) and host in set(_home(scope))


def _home(scope: Scope) -> Iterable[str]:
    yield _hostname(f"//{header(scope, b'host') or ''}")
    yield _hostname(settings.PUBLIC_URL)
    for allowed in settings.ALLOWED_HOSTS:
        if allowed != "*":  # every Host will do; that does not make every Origin ours
            yield allowed.lower()


def _hostname(url: str) -> str:
    try:
        return urlsplit(url).hostname or ""
    except ValueError:
        return ""
