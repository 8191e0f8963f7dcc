"""Who is calling the REST API: a person, a guest with a terminal token, or nobody in particular."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, cast

from django.conf import settings
from django.contrib.auth.models import AnonymousUser
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext
from ninja.security.base import AuthBase
from ninja.utils import check_csrf

from accounts.models import ApiToken, User
from lib.problems import handles, problem, register_codes
from lib.scopes import Scope, check_declared


class NotSignedIn(Exception):
    """What was asked for is not for everybody, and nobody has said who they are."""


register_codes(not_signed_in="Not signed in")


@handles(NotSignedIn)
def not_signed_in(request: HttpRequest, error: NotSignedIn) -> HttpResponse:
    headers = {"WWW-Authenticate": 'Bearer realm="panic"'}
    return problem(401, "not_signed_in", str(error), headers=headers)


@dataclass(frozen=True, slots=True)
class Caller:
    """Whoever is calling. A guest is nobody in particular, but holds the key of one thing."""

    person: User | AnonymousUser
    guest_of: int | None = None

    @property
    def user(self) -> User | None:
        return self.person if isinstance(self.person, User) else None

    @property
    def is_admin(self) -> bool:
        return self.user is not None and self.user.is_admin


class ApiRequest(HttpRequest):
    """A request whose caller is known: every call of the API gets one."""

    auth: Caller
    needs: Scope  # what a token must have for this call: lib/scopes.py


class BearerAuth(AuthBase):
    """`Authorization: Bearer <api token>`."""

    openapi_type = "http"
    openapi_scheme = "bearer"

    def __call__(self, request: HttpRequest) -> Caller | None:
        plain = credentials_of(request, "bearer")
        if plain is None:
            return None
        token = ApiToken.from_text(plain)
        if token is None:
            raise NotSignedIn(gettext("This API token is not known, or not any more."))
        needed = cast("ApiRequest", request).needs
        if not token.may(needed):
            sentence = gettext(
                "This token was not made for it: it lacks the scope “%(scope)s” (%(meaning)s)."
            )
            raise PermissionDenied(sentence % {"scope": needed, "meaning": needed.meaning})
        return Caller(token.user)


class TerminalAuth(AuthBase):
    """`Authorization: Terminal <token>`; `opens` says the key of what it opens, if anything."""

    openapi_type = "apiKey"
    openapi_in = "header"
    openapi_name = "Authorization"

    def __init__(self, opens: Callable[[str], int | None]) -> None:
        super().__init__()
        self._opens = opens

    def __call__(self, request: HttpRequest) -> Caller | None:
        plain = credentials_of(request, "terminal")
        if plain is None:
            return None
        opened = self._opens(plain)
        if opened is None:
            raise NotSignedIn(
                gettext("This terminal token has expired or was revoked: scan the code again.")
            )
        return Caller(AnonymousUser(), guest_of=opened)


class SessionAuth(AuthBase):
    """The cookie of somebody who signed in to the pages; other sites' forms are kept out."""

    openapi_type = "apiKey"
    openapi_in = "cookie"
    openapi_name = settings.SESSION_COOKIE_NAME
    csrf = True  # has the documentation's page send the token along

    def __call__(self, request: HttpRequest) -> Caller | None:
        if not isinstance(request.user, User):
            return None
        if check_csrf(request) is not None:
            raise PermissionDenied(
                gettext(
                    "With a session, a call that changes something needs an X-CSRFToken header."
                )
            )
        return Caller(request.user)


def anybody(request: HttpRequest) -> Caller:
    return Caller(AnonymousUser())


def callers(terminal_opens: Callable[[str], int | None]) -> list[Callable[[HttpRequest], Any]]:
    """Every way to say who one is; the last one is to say nothing."""
    return [check_declared, BearerAuth(), TerminalAuth(terminal_opens), SessionAuth(), anybody]


def credentials_of(request: HttpRequest, wanted: str) -> str | None:
    """What follows the scheme, in the one form that counts, however it was written; None where the
    header is of another scheme."""
    scheme, _, rest = request.headers.get("Authorization", "").strip().partition(" ")
    return rest.strip() if scheme.lower() == wanted else None
