"""Counts the queries of a web process, in all its threads: GET /bench/queries."""

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


class QueryCounterMiddleware:
    """Created when the web process starts, before its first query."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self._get_response = get_response
        connection_created.connect(_add_wrapper)

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if request.path == PATH:
            return JsonResponse({"queries": _made})
        return self._get_response(request)


def _add_wrapper(connection: BaseDatabaseWrapper, **_: object) -> None:
    if _count not in connection.execute_wrappers:
        connection.execute_wrappers.append(_count)


def _count(execute: Callable[..., Any], sql: str, params: Any, many: bool, context: Any) -> Any:
    global _made
    _made = next(_numbers) + 1
    return execute(sql, params, many, context)
