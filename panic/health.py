"""Is it alive, is it ready, how is it doing: `/healthz`, `/readyz` and `/metrics`."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from panic.checkup import readiness

if TYPE_CHECKING:
    from asgiref.typing import (
        ASGI3Application,
        ASGIReceiveCallable,
        ASGISendCallable,
        HTTPResponseBodyEvent,
        HTTPResponseStartEvent,
        Scope,
    )


class Liveness:
    """Answers `/healthz` in front of Django: whether this process's event loop still turns.

    No database, no thread, no host check: a slow page must not look like a dead server, and
    whoever asks from inside a cloud calls it by an address of its own.
    """

    def __init__(self, inner: ASGI3Application) -> None:
        self._inner = inner

    async def __call__(
        self, scope: Scope, receive: ASGIReceiveCallable, send: ASGISendCallable
    ) -> None:
        if scope["type"] != "http" or scope["path"] != "/healthz":
            await self._inner(scope, receive, send)
            return
        start: HTTPResponseStartEvent = {
            "type": "http.response.start",
            "status": 200,
            "headers": [(b"content-type", b"text/plain"), (b"cache-control", b"no-store")],
            "trailers": False,
        }
        body: HTTPResponseBodyEvent = {
            "type": "http.response.body",
            "body": b"ok\n",
            "more_body": False,
        }
        await send(start)
        await send(body)


@require_safe
@never_cache
def healthz(request: HttpRequest) -> HttpResponse:
    return HttpResponse("ok\n", content_type="text/plain")


@require_safe
@never_cache
def readyz(request: HttpRequest) -> JsonResponse:
    """200 when everything a visitor needs works, else 503; says which part does not."""
    checks = readiness()
    body = {"checks": {check.name: {"ok": check.ok, "detail": check.detail} for check in checks}}
    response = JsonResponse(body, status=200 if all(check.ok for check in checks) else 503)
    response._has_been_logged = True  # type: ignore[attr-defined]  # whoever asks knows; once a second is no news
    return response
