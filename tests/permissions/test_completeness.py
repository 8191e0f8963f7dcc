"""That nobody has forgotten to say who gets a page, and who may make a call of the API."""

from __future__ import annotations

from typing import Any

from django.urls import URLPattern, URLResolver, get_resolver

from panic.api.routes import api
from tests.permissions import calls, pages
from tests.permissions.scenario import rows

METHODS = {"get", "post", "put", "patch", "delete"}


def test_every_page_has_a_line() -> None:
    known = {row.name for row in rows(pages.TABLE, named=True)}
    missing = sorted(set(_names(get_resolver().url_patterns)) - known)

    assert not missing, f"Say who gets these pages: a line each in {pages.__file__}: {missing}"


def test_every_call_has_a_line() -> None:
    known = {f"{row.method} {row.path.partition('?')[0]}" for row in rows(calls.TABLE)}
    missing, gone = sorted(_calls() - known), sorted(known - _calls())

    assert not missing, f"Say who may make these calls: a line each in {calls.__file__}: {missing}"
    assert not gone, f"These are no calls any more; take them out of {calls.__file__}: {gone}"


def test_every_call_declares_a_scope() -> None:
    undeclared = sorted(name for name, call in _described().items() if "x-scope" not in call)

    assert not undeclared, f"Put @requires_scope(Scope.…) below the route of these: {undeclared}"


def _calls() -> set[str]:
    return set(_described())


def _described() -> dict[str, dict[str, Any]]:
    """Every call by its method and path, with what the API's description says of it."""
    return {
        f"{method.upper()} {path.removeprefix('/api/v1')}": call
        for path, methods in api.get_openapi_schema()["paths"].items()
        for method, call in methods.items()
        if method in METHODS
    }


def _names(patterns: list[URLPattern | URLResolver], space: str = "") -> list[str]:
    """Of all addresses but those of Django's admin and of the API, which has a table of its own."""
    found: list[str] = []
    for one in patterns:
        if isinstance(one, URLPattern):
            found += [f"{space}{one.name}"] if one.name else []
        elif one.namespace not in {"admin", "api", "farm-api"}:
            found += _names(one.url_patterns, f"{one.namespace}:" if one.namespace else space)
    return found
