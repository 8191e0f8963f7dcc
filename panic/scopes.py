"""What a token must have for each call of the API. A call that is not listed here is refused to all.

A new call gets its line here; tests/test_permissions.py fails without it. `read` looks, `start` begins
runs, `control` holds and stops them, `edit` changes what is there, `admin` is for admins alone.
"""

from __future__ import annotations

import functools
import re
from collections.abc import Callable, Iterator
from typing import Any

from django.http import HttpRequest, HttpResponse
from ninja import Router
from ninja.decorators import decorate_view

from accounts.scopes import Scope

READ, START, CONTROL, EDIT, ADMIN = Scope
SCOPES: dict[str, Scope] = {
    "GET /boards": READ,
    "POST /boards": EDIT,
    "GET /boards/{board_id}": READ,
    "PATCH /boards/{board_id}": EDIT,
    "DELETE /boards/{board_id}": EDIT,
    "POST /boards/{board_id}/messages": CONTROL,
    "GET /credentials": READ,
    "POST /credentials": EDIT,
    "GET /credentials/{credential_id}": READ,
    "PATCH /credentials/{credential_id}": EDIT,
    "DELETE /credentials/{credential_id}": EDIT,
    "POST /credentials/{credential_id}/test": EDIT,
    "GET /events": READ,
    "GET /house-keys": ADMIN,
    "GET /house-keys/people": ADMIN,
    "PATCH /house-keys/people/{person_id}": ADMIN,
    "POST /house-keys/{platform}/test": ADMIN,
    "GET /installations": READ,
    "POST /installations": EDIT,
    "GET /installations/{installation_id}": READ,
    "PATCH /installations/{installation_id}": EDIT,
    "DELETE /installations/{installation_id}": EDIT,
    "GET /installations/{installation_id}/displays": READ,
    "POST /installations/{installation_id}/displays": EDIT,
    "GET /installations/{installation_id}/displays/{name}": READ,
    "PATCH /installations/{installation_id}/displays/{name}": EDIT,
    "DELETE /installations/{installation_id}/displays/{name}": EDIT,
    "POST /installations/{installation_id}/identify": CONTROL,
    "GET /installations/{installation_id}/watching": READ,
    "GET /invocations/{invocation_id}": READ,
    "POST /invocations/{invocation_id}/branch": START,
    "POST /invocations/{invocation_id}/short": CONTROL,
    "POST /kiosks/claim": EDIT,
    "GET /models": READ,
    "GET /models/{model_id}": READ,
    "GET /networks": READ,
    "POST /networks": EDIT,
    "GET /networks/{slug}": READ,
    "PATCH /networks/{slug}": EDIT,
    "DELETE /networks/{slug}": EDIT,
    "GET /networks/{slug}/collaborators": READ,
    "POST /networks/{slug}/collaborators": EDIT,
    "DELETE /networks/{slug}/collaborators/{share_id}": EDIT,
    "GET /networks/{slug}/costs": READ,
    "GET /networks/{slug}/credentials": READ,
    "PATCH /networks/{slug}/credentials": EDIT,
    "POST /networks/{slug}/duplicate": EDIT,
    "GET /networks/{slug}/holdings": READ,
    "POST /networks/{slug}/leave": EDIT,
    "POST /networks/{slug}/imports": EDIT,
    "GET /networks/{slug}/runs": READ,
    "POST /networks/{slug}/runs": START,
    "POST /networks/{slug}/stop": CONTROL,
    "POST /networks/{slug}/terminal-tokens": START,
    "DELETE /networks/{slug}/terminal-tokens/{token_id}": START,
    "GET /networks/{slug}/warm": READ,
    "POST /networks/{slug}/warm": CONTROL,
    "POST /resume-all": ADMIN,
    "GET /runs": READ,
    "GET /runs/{run_id}": READ,
    "DELETE /runs/{run_id}": EDIT,
    "GET /runs/{run_id}/bundle": READ,
    "GET /runs/{run_id}/invocations": READ,
    "POST /runs/{run_id}/pause": CONTROL,
    "PUT /runs/{run_id}/rating": EDIT,
    "DELETE /runs/{run_id}/rating": EDIT,
    "POST /runs/{run_id}/resume": CONTROL,
    "POST /runs/{run_id}/sheets": EDIT,
    "POST /runs/{run_id}/stop": CONTROL,
    "GET /sheets/{sheet_id}": READ,
    "DELETE /sheets/{sheet_id}": EDIT,
    "GET /servers": ADMIN,
    "POST /servers": ADMIN,
    "GET /servers/{server_id}": ADMIN,
    "PATCH /servers/{server_id}": ADMIN,
    "DELETE /servers/{server_id}": ADMIN,
    "POST /servers/{server_id}/look": ADMIN,
    "DELETE /souvenirs/{key}": START,
    "POST /stop-all": ADMIN,
    "GET /stop-all/{press_id}": ADMIN,
    "GET /workflows": ADMIN,
    "POST /workflows": ADMIN,
    "DELETE /workflows/{workflow_id}": ADMIN,
}

Run = Callable[..., HttpResponse]


def calls(router: Router) -> Iterator[tuple[str, Any]]:
    """The name, as it stands in SCOPES, and the operation of every call of a router."""
    for path, view in router.path_operations.items():
        plain = re.sub(r"\{\w+:(\w+)\}", r"{\1}", path)
        for operation in view.operations:
            for method in operation.methods:
                yield f"{method} {plain}", operation


def declare(router: Router) -> None:
    """Have every call know what it takes, before anybody is asked who they are."""
    for name, operation in calls(router):
        if (scope := SCOPES.get(name)) is not None:
            decorate_view(_declaring(scope))(operation.view_func)
            operation.openapi_extra = {**(operation.openapi_extra or {}), "x-scope": scope.value}


def _declaring(scope: Scope) -> Callable[[Run], Run]:
    def decorate(run: Run) -> Run:
        @functools.wraps(run)
        def declared(request: HttpRequest, **kw: Any) -> HttpResponse:
            request.needs = scope  # type: ignore[attr-defined]
            return run(request, **kw)

        return declared

    return decorate
