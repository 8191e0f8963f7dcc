"""The REST API: the apps' calls joined under one roof, at /api/v1/."""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any, cast

from csp.decorators import csp_update
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import URLPattern, path, re_path
from django.views.decorators.csrf import csrf_exempt
from ninja import NinjaAPI
from ninja.operation import Operation

import displays.api
import displays.board_api
import invocations.api
import networks.api
import networks.api_keys
import networks.api_sharing
import platforms.api
import realtime.api
from accounts.api_auth import ApiRequest, Caller, callers
from invocations.events import MISSION_CONTROL
from networks import access
from networks.models import Network
from panic import bodies, description, freshness, limits, problems, scopes
from platforms.keyring import Keyring

View = Callable[..., HttpResponse]


class Api(NinjaAPI):
    """Ninja's, which describes itself to the end and calls each operation by its name."""

    @functools.cached_property
    def _description(self) -> dict[str, Any]:
        return description.complete(
            super().get_openapi_schema(), self.get_root_path({}).rstrip("/")
        )

    def get_openapi_schema(self, **_: Any) -> dict[str, Any]:  # type: ignore[override]
        return self._description

    def get_openapi_operation_id(self, operation: Operation) -> str:
        return operation.view_func.__name__


def keys_of(request: HttpRequest) -> Keyring:
    """The keys that the caller's own networks may spend on."""
    user = _caller(request).user
    return Keyring(user.pk, house=user.on_house_keys) if user else Keyring(None, house=False)


def check_topic(request: HttpRequest, topic: str) -> None:
    """Raises where the caller may not follow this topic; the rules of the sockets."""
    caller = _caller(request)
    if topic == MISSION_CONTROL:
        return access.check_admin(caller)
    kind, _, key = topic.partition(":")
    visible = Network.objects.visible_to(caller.person)
    if kind == "installation":  # of its log; a display's own socket is open to who has its address
        found = visible.filter(installations__public_id=key)
    else:
        found = visible.filter(public_id=key)
    if kind not in ("installation", "network") or not key.isalnum() or not found.exists():
        raise access.missing(caller, "topic")
    return None


def _caller(request: HttpRequest) -> Caller:
    return cast("ApiRequest", request).auth


def _assemble() -> NinjaAPI:
    api = Api(
        title="PANIC!",
        version="1",
        description="Rings of models, their runs, and the red button. See docs/api.md.",
        throttle=limits.CallsPerMinute(),
        urls_namespace="api",
        auth=[bodies.check_size, *callers(networks.api.terminal_opens)],
        parser=bodies.StrictParser(),
        # Swagger draws with style attributes and inline SVG; its files are served from here.
        docs_decorator=csp_update({"style-src": ["'unsafe-inline'"], "img-src": ["data:"]}),
    )
    problems.install(api)
    parts = [
        platforms.api.router(keys_of),
        networks.api.routes,
        networks.api_sharing.routes,
        networks.api_keys.routes,
        *invocations.api.routers(),
        displays.api.routes,
        displays.board_api.routes,
        realtime.api.router(check_topic),
    ]
    for part in parts:
        scopes.declare(part)
        api.add_router("", part)
    return api


def _honest(view: View) -> View:
    """A wrong method is a problem like any other, and no answer is for others' caches to keep."""

    @functools.wraps(view)
    def wrapped(request: HttpRequest, *args: object, **kwargs: object) -> HttpResponse:
        response = freshness.conditional(request, view(request, *args, **kwargs))
        response.headers.setdefault("Cache-Control", "no-store")
        if response.status_code != 405:
            return response
        allowed = response.headers["Allow"]
        detail = f"Here one can only {allowed}."
        return problems.problem(405, "method_not_allowed", detail, headers={"Allow": allowed})

    return wrapped


def _to_the_documentation(request: HttpRequest) -> HttpResponse:
    return redirect("api:openapi-view")


@csrf_exempt
def _nothing_here(request: HttpRequest) -> HttpResponse:
    return problems.HANDLERS[Http404](request, Http404("There is nothing at this address."))


api = _assemble()


def urls() -> tuple[list[URLPattern], str, str]:
    """For `path("api/v1/", ...)`; whatever is not found there is not found as a problem."""
    patterns, app_name, namespace = api.urls
    mine = [
        URLPattern(one.pattern, _honest(one.callback), one.default_args, one.name)
        for one in patterns
        if isinstance(one, URLPattern) and one.name != "api-root"
    ]
    root = path("", _to_the_documentation, name="api-root")
    return [*mine, root, re_path("", _nothing_here)], app_name, namespace
