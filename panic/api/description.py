"""The API's description of itself: what ninja knows of each call, and every way it may be answered.

Most refusals of a call follow from its method and parameters: a body may be invalid, a thing of a path
may be missing. A route declares only what it refuses beyond that (`refuses` in lib/problems.py).
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from lib.problems import DESCRIPTIONS, TITLES, describe
from lib.scopes import Scope

Json = dict[str, Any]

PROBLEM_EXAMPLE = {
    "title": "The lockout is not over",
    "status": 409,
    "detail": "The last prompt has only just begun; wait until its time is up.",
    "code": "lockout",
    "errors": {},
    "ready_at": "2026-11-28T19:31:00Z",
}
TAG = {"ETag": {"description": "For `If-None-Match`.", "schema": {"type": "string"}}}
ASK_AGAIN = {
    "in": "header",
    "name": "If-None-Match",
    "required": False,
    "schema": {"type": "string"},
    "description": "The `ETag` of an earlier answer.",
}


def complete(schema: Json) -> Json:
    """The description with every answer; changes what it is given."""
    for method, call in _calls(schema):
        answers: Json = {str(status): answer for status, answer in call["responses"].items()}
        call["responses"] = answers
        if method == "get":
            answers["200"]["headers"] = TAG
            answers["304"] = {"description": DESCRIPTIONS[304], "headers": TAG}
            call["parameters"] = [*call.get("parameters", []), ASK_AGAIN]
        for status in sorted(_refusals(method, call)):
            answers.setdefault(str(status), describe(status))
        if (scope := call.get("x-scope")) is not None:
            words = f"A token needs the scope `{scope}`."
            call["description"] = f"{call.get('description', '')}\n\n{words}".strip()
        if scope == Scope.READ:  # what is public is for everybody
            call["security"] = [*call.get("security", []), {}]
    components: Json = schema["components"]["schemas"]
    components["Problem"] = _problem()
    return schema


def _calls(schema: Json) -> Iterator[tuple[str, Json]]:
    for calls in schema["paths"].values():
        yield from calls.items()


def _refusals(method: str, call: Json) -> set[int]:
    places = {one["in"] for one in call.get("parameters", [])}
    found = {401, 403, 429, 500, 503}
    if "path" in places:
        found |= {404}
    if method != "get":
        found |= {400, 413}
    if "query" in places or "requestBody" in call:
        found |= {422}
    return found


def _problem() -> Json:
    """The schema of a problem document, with every code that is registered."""
    return {
        "title": "Problem",
        "description": "What went wrong (RFC 9457). docs/api.md lists the codes.",
        "type": "object",
        "examples": [PROBLEM_EXAMPLE],
        "required": ["title", "status", "detail", "code", "errors"],
        "properties": {
            "title": {"type": "string"},
            "status": {"type": "integer"},
            "detail": {"type": "string", "description": "A sentence for people."},
            "code": {"type": "string", "enum": sorted(TITLES)},
            "errors": {
                "description": "A sentence per field.",
                "type": "object",
                "additionalProperties": {"type": "string"},
            },
            "ready_at": {
                "description": "With `lockout`: when the next prompt is accepted.",
                "type": "string",
                "format": "date-time",
            },
            "allowed": {
                "description": "With `illegal_state`: the states that it may become.",
                "type": "array",
                "items": {"type": "string"},
            },
            "problems": {
                "description": "With `invalid_ring` and `not_runnable`: all that ails the ring.",
                "type": "array",
                "items": {"type": "string"},
            },
        },
    }
