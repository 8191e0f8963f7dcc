"""Answers that a caller has already: `ETag`, `If-None-Match`, and 304 in place of the body."""

from __future__ import annotations

import functools
from collections.abc import Callable
from hashlib import sha256
from typing import Any, cast

from csp.decorators import csp_update
from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import URLPattern, path, re_path
from django.utils.cache import patch_vary_headers
from django.utils.http import parse_etags
from django.utils.translation import gettext
from django.utils.translation import gettext as _
from django.views.decorators.csrf import csrf_exempt
from ninja import NinjaAPI, Router
from ninja.openapi.docs import Swagger
from ninja.operation import Operation

import archive.api.artifacts
import archive.api.bundles
import backups.api.backups
import credentials.api.credentials
import credentials.api.operator_keys
import credentials.api.servers
import displays.api.attendant
import displays.api.boards
import displays.api.fleet
import displays.api.installations
import displays.api.privacy
import displays.api.stop_all
import displays.api.timelines
import farm.api.blocklists
import farm.api.tokens
import farm.api.workers
import films.api.films
import films.api.uploads
import invocations.api.runs
import invocations.api.steps
import networks.api.featured
import networks.api.networks
import networks.api.selected_credentials
import notifications.api.channels
import observatory.api.redraws
import observatory.api.search
import observatory.api.trajectories
import realtime.api.events
import streams.api.streams
import studio.api.models
import studio.api.networks
from accounts.api import permissions
from accounts.api.auth import ApiRequest, Caller, callers
from credentials.resolution import CredentialResolver
from farm.events import FARM
from invocations.events import MISSION_CONTROL
from lib.problems import HANDLERS, problem
from networks.models import Network
from panic.api import description, problems, request_bodies, routes, throttling

PRIVATE_CACHE = "private, no-cache"  # to be kept by whoever asked, and asked about each time


def conditional(request: HttpRequest, response: HttpResponse) -> HttpResponse:
    """The answer with its tag; empty where the caller has the very same."""
    if request.method not in ("GET", "HEAD") or response.status_code != 200:
        return response
    if response.headers["Content-Type"].partition(";")[0] != "application/json":
        return response
    tag = f'"{sha256(response.content).hexdigest()[:32]}"'
    found = response
    if _known(request, tag):
        found = HttpResponse(status=304)
        del found.headers["Content-Type"]
    found.headers["ETag"] = tag
    found.headers["Cache-Control"] = PRIVATE_CACHE
    patch_vary_headers(found, ["Authorization", "Cookie"])
    return found


def _known(request: HttpRequest, tag: str) -> bool:
    """Compared without regard to `W/`, as a proxy that compresses turns every tag into a weak one."""
    given = parse_etags(request.headers.get("If-None-Match", ""))
    return "*" in given or tag in {one.removeprefix("W/") for one in given}


View = Callable[..., HttpResponse]


class Documentation(Swagger):
    """Ninja's page with the files that are served from here: where Ninja is no installed app, it would
    have them fetched from elsewhere. It draws with style attributes and inline SVG."""

    template_cdn = str(settings.API_FRAMEWORK / "templates/ninja/swagger.html")


class Api(NinjaAPI):
    """Ninja's, which describes itself to the end and calls each operation by its name."""

    @functools.cached_property
    def _description(self) -> dict[str, Any]:
        return description.complete(super().get_openapi_schema())

    def get_openapi_schema(self, **_: Any) -> dict[str, Any]:  # type: ignore[override]
        return self._description

    def get_openapi_operation_id(self, operation: Operation) -> str:
        return operation.view_func.__name__


def keys_of(request: HttpRequest) -> CredentialResolver:
    """The keys that the caller's own networks may spend on."""
    user = _caller(request).user
    return (
        CredentialResolver(user.pk, operator_keys=user.may_use_operator_keys)
        if user
        else CredentialResolver(None, operator_keys=False)
    )


def check_topic(request: HttpRequest, topic: str) -> None:
    """Raises where the caller may not follow this topic; the rules of the sockets."""
    caller = _caller(request)
    if topic in (MISSION_CONTROL, FARM):
        return permissions.check_admin(caller)
    kind, _, key = topic.partition(":")
    if kind == "films" and caller.user is not None and key == caller.user.public_id:
        return None
    visible = Network.objects.visible_to(caller.person)
    if kind == "installation":  # of its log; a display's own socket is open to who has its address
        found = visible.filter(installations__public_id=key)
    else:
        found = visible.filter(public_id=key)
    if kind not in ("installation", "network") or not key.isalnum() or not found.exists():
        raise permissions.not_found(caller, gettext("topic"))
    return None


def _caller(request: HttpRequest) -> Caller:
    return cast("ApiRequest", request).auth


def _assemble() -> NinjaAPI:
    api = Api(
        title="PANIC!",
        version="1",
        description="Rings of models, their runs, and stop-all. See docs/api.md.",
        throttle=throttling.CallsPerMinute(),
        urls_namespace="api",
        auth=[request_bodies.check_size, *callers(networks.api.networks.terminal_opens)],
        parser=request_bodies.StrictParser(),
        docs=Documentation(),
        docs_decorator=csp_update({"style-src": ["'unsafe-inline'"], "img-src": ["data:"]}),
    )
    for exception, handler in HANDLERS.items():
        api.add_exception_handler(exception, handler)
    for part in _routers():
        api.add_router("", part)
    return api


def _routers() -> list[Router]:
    return [
        studio.api.models.router(keys_of),
        networks.api.networks.routes,
        networks.api.featured.routes,
        credentials.api.credentials.routes,
        networks.api.selected_credentials.routes,
        credentials.api.operator_keys.routes,
        notifications.api.channels.routes,
        observatory.api.redraws.routes,
        observatory.api.search.routes,
        observatory.api.trajectories.routes,
        streams.api.streams.routes,
        invocations.api.runs.routes,
        invocations.api.steps.routes,
        displays.api.stop_all.routes,
        archive.api.bundles.routes,
        archive.api.artifacts.routes,
        studio.api.networks.routes,
        credentials.api.servers.routes,
        displays.api.installations.routes,
        displays.api.timelines.routes,
        displays.api.fleet.routes,
        displays.api.boards.routes,
        displays.api.attendant.routes,
        displays.api.privacy.routes,
        backups.api.backups.routes,
        farm.api.tokens.routes,  # `/workers/tokens` is no worker
        farm.api.workers.routes,
        farm.api.blocklists.routes,
        films.api.films.routes,
        films.api.uploads.routes,
        realtime.api.events.router(check_topic),
    ]


def _with_api_headers(view: View) -> View:
    """A wrong method is a problem like any other, and no answer is for others' caches to keep."""

    @functools.wraps(view)
    def wrapped(request: HttpRequest, *args: object, **kwargs: object) -> HttpResponse:
        response = routes.conditional(request, _answered(request, view, *args, **kwargs))
        response.headers.setdefault("Cache-Control", "no-store")
        if response.status_code != 405:
            return response
        allowed = response.headers["Allow"]
        if "GET" in allowed and "HEAD" not in allowed:
            allowed += ", HEAD"
        detail = f"Here one can only {allowed}."
        return problem(405, "method_not_allowed", detail, headers={"Allow": allowed})

    return wrapped


def _answered(request: HttpRequest, view: View, *args: object, **kwargs: object) -> HttpResponse:
    """The view's answer. What has none of its own to HEAD is asked as GET; the server leaves the body out."""
    response = view(request, *args, **kwargs)
    if request.method != "HEAD" or response.status_code != 405:
        return response
    if "GET" not in response.headers["Allow"]:
        return response
    request.method = "GET"
    try:
        return view(request, *args, **kwargs)
    finally:
        request.method = "HEAD"


def _to_the_documentation(request: HttpRequest) -> HttpResponse:
    return redirect("api:openapi-view")


@csrf_exempt
def nothing_here(request: HttpRequest) -> HttpResponse:
    return problems.not_found(request, Http404(_("There is nothing at this address.")))


api = _assemble()


def urls() -> tuple[list[URLPattern], str, str]:
    """For `path("api/v1/", ...)`."""
    return urls_of_api(api, _to_the_documentation)


def urls_of_api(api: NinjaAPI, root: View) -> tuple[list[URLPattern], str, str]:
    """Its addresses, with `root` at the shortest; what is not there is not found as a problem."""
    patterns, app_name, namespace = api.urls
    mine = [
        URLPattern(one.pattern, _with_api_headers(one.callback), one.default_args, one.name)
        for one in patterns
        if isinstance(one, URLPattern) and one.name != "api-root"
    ]
    found = [*mine, path("", root, name="api-root"), re_path("", nothing_here)]
    return found, app_name, namespace
