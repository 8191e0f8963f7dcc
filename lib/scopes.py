"""What an API token may be used for, and how a route declares what it needs.

No scope implies another. A token never does more than its user may; a scope only takes away. Without
`admin`, the token of an admin acts as a curator. A call without a declaration is refused to everybody.
"""

from __future__ import annotations

import functools
from collections.abc import Callable
from enum import StrEnum
from typing import TYPE_CHECKING, Any, TypeVar

from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponseBase
from django.utils.translation import gettext_lazy as _

if TYPE_CHECKING:
    from django_stubs_ext import StrPromise
    from ninja.operation import Operation

View = TypeVar("View", bound=Callable[..., Any])
Run = Callable[..., HttpResponseBase]


class Scope(StrEnum):
    READ = "read"
    START = "start"
    CONTROL = "control"
    EDIT = "edit"
    ADMIN = "admin"

    @property
    def meaning(self) -> StrPromise:
        return MEANINGS[self]


MEANINGS = {
    Scope.READ: _("look at networks, runs, steps, displays and events"),
    Scope.START: _("start runs, go on from a step, make codes for visitors"),
    Scope.CONTROL: _("stop, pause and resume"),
    Scope.EDIT: _("make, change, share and delete networks and displays"),
    Scope.ADMIN: _("what only admins may: everybody's networks, stop all, the log"),
}


def requires_scope(scope: Scope) -> Callable[[View], View]:
    """A decorator below a route's: a token needs `scope` for it, and the API's description says so."""

    def describe(operation: Operation) -> None:
        operation.openapi_extra = {**(operation.openapi_extra or {}), "x-scope": scope.value}

    def declare(run: Run) -> Run:
        @functools.wraps(run)
        def declared(request: HttpRequest, **kw: Any) -> HttpResponseBase:
            request.needs = scope  # type: ignore[attr-defined]
            return run(request, **kw)

        return declared

    def decorate(view: View) -> View:
        # Here, because models import this module, and no worker of the queue needs the API's framework.
        from ninja.decorators import decorate_view
        from ninja.utils import contribute_operation_callback

        contribute_operation_callback(view, describe)
        return decorate_view(declare)(view)

    return decorate


def check_declared(request: HttpRequest) -> None:
    """Raises PermissionDenied for a call that declares no scope."""
    if not isinstance(getattr(request, "needs", None), Scope):
        raise PermissionDenied("This call has not declared yet who may make it.")
