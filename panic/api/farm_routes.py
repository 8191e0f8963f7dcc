"""The API of farm workers (`api/farm/v1/`), beside that of people: other callers, the same answers."""

from __future__ import annotations

import re
from typing import Any

from django.http import HttpRequest
from django.urls import URLPattern

import farm.api.files
import farm.api.previews
import farm.api.protocol
from farm.api.auth import WorkerAuth
from farm.models import FarmWorker
from lib.problems import HANDLERS
from lib.proxies import counted_address
from panic.api import request_bodies, routes, throttling

_NOT_STORABLE = re.compile("[\x00\ud800-\udfff]")  # NUL, and halves of characters


class WorkerCallsPerMinute(throttling.CallsPerMinute):
    """For each worker; for each address where nobody has said who they are."""

    def whose(self, request: HttpRequest) -> str:
        worker = getattr(request, "auth", None)
        if isinstance(worker, FarmWorker):
            return f"worker {worker.pk}"
        return f"address {counted_address(request)}"


class WorkerParser(request_bodies.StrictParser):
    """Logs and outputs of programs hold what they like: characters that no database takes are replaced,
    each by one, so that offsets stay."""

    def parse_body(self, request: HttpRequest) -> Any:
        return _storable(super().parse_body(request))


def _storable(value: Any) -> Any:
    if isinstance(value, str):
        return _NOT_STORABLE.sub("\N{REPLACEMENT CHARACTER}", value)
    if isinstance(value, list):
        return [_storable(one) for one in value]
    if isinstance(value, dict):
        return {_storable(name): _storable(one) for name, one in value.items()}
    return value


def _assemble() -> routes.Api:
    api = routes.Api(
        title="PANIC! farm",
        version="1",
        description="What farm workers call. See docs/farm.md.",
        throttle=WorkerCallsPerMinute(),
        urls_namespace="farm-api",
        auth=[request_bodies.check_size, WorkerAuth()],
        parser=WorkerParser(),
        docs_url=None,
    )
    for exception, handler in HANDLERS.items():
        api.add_exception_handler(exception, handler)
    api.add_router("", farm.api.protocol.routes)
    api.add_router("", farm.api.files.routes)
    api.add_router("", farm.api.previews.routes)
    return api


api = _assemble()


def urls() -> tuple[list[URLPattern], str, str]:
    """For `path("api/farm/v1/", ...)`."""
    return routes.urls_of_api(api, routes.nothing_here)
