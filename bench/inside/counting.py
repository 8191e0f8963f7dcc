"""How many queries a web process has made, in whatever thread: GET /bench/queries."""

from __future__ import annotations

import itertools
from collections.abc import Callable
from typing import Any

from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.backends.signals import connection_created
from django.http import HttpRequest, HttpResponse, JsonResponse

PATH = "/bench/queries"
_numbers = itertools.count()
_made = 0


class Counting:
    """Made when the web process starts, before anybody queries."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self._get_response = get_response
        connection_created.connect(_counted)

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if request.path == PATH:
            return JsonResponse({"queries": _made})
        return self._get_response(request)


def _counted(connection: BaseDatabaseWrapper, **_: object) -> None:
    if _count not in connection.execute_wrappers:
        connection.execute_wrappers.append(_count)


def _count(execute: Callable[..., Any], sql: str, params: Any, many: bool, context: Any) -> Any:
    global _made
    _made = next(_numbers) + 1
    return execute(sql, params, many, context)
