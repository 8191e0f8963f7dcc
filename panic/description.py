"""The API's description of itself: what ninja knows of each call, and every way it may be answered.

What a call may refuse follows from what it is: one with a body may be given nonsense, one about a
thing may ask for a thing that is not there. Only what a call does besides is listed.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from accounts.scopes import Scope
from panic import examples
from panic.problems import TITLES
from panic.scopes import SCOPES

Json = dict[str, Any]

PROBLEM: Json = {
    "title": "Problem",
    "description": "What went wrong (RFC 9457). docs/api.md lists the codes.",
    "type": "object",
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
WORDS: Mapping[int, str] = {
    304: "Not modified: you have it already (`If-None-Match`).",
    400: "`bad_body`, `bad_request`: the request cannot be read.",
    401: "`not_signed_in`: say who you are, or: this token is not known any more.",
    403: "`not_allowed`: you may not do this.",
    404: "`not_found`: it is not there, or not for you to know.",
    409: "`illegal_state`: its state does not lead there; `allowed` says where it does.",
    410: "`resync`: the cursor is too old or of another epoch; take a fresh look.",
    413: "`too_large`: the body has more than a million bytes.",
    422: "`invalid`: a sentence per field in `errors`.",
    429: "`too_many`: ask again after `Retry-After` seconds.",
    500: "`error`: something unexpected; it is on record.",
    503: "`busy`, `storage_full`: nothing was done; try again after `Retry-After` seconds.",
}
RINGS = (
    "`invalid`, `invalid_ring`: nothing was saved; all that is wrong is in `errors`, `problems`."
)
STARTS = "`lockout` (with `ready_at`), `budget`, `halted`, `key_reused`: no run was started."
PROMPTS = "`bad_prompt`, `not_runnable` (with `problems`), `invalid`."
BRANCHES = "`illegal_state`, `budget`, `halted`: no run was started."

# Beyond what follows from what a call is
BESIDES: Mapping[tuple[str, str], Mapping[int, str]] = {
    ("get", "/events"): {404: "", 410: ""},
    ("patch", "/installations/{installation_id}"): {404: ""},
    ("patch", "/networks/{slug}"): {422: RINGS},
    ("post", "/invocations/{invocation_id}/branch"): {409: BRANCHES, 422: PROMPTS},
    ("post", "/kiosks/claim"): {404: ""},
    ("post", "/networks"): {422: RINGS},
    ("post", "/networks/{slug}/imports"): {422: "`bad_bundle`, `invalid`: nothing was kept."},
    ("post", "/networks/{slug}/runs"): {409: STARTS, 422: PROMPTS},
    ("post", "/runs/{run_id}/pause"): {409: ""},
    ("post", "/runs/{run_id}/resume"): {409: ""},
    ("post", "/runs/{run_id}/stop"): {409: ""},
}
SECONDS = {"description": "Seconds to wait.", "schema": {"type": "integer"}}
HEADERS: Mapping[int, Json] = {
    401: {"WWW-Authenticate": {"schema": {"type": "string"}}},
    429: {"Retry-After": SECONDS},
    503: {"Retry-After": SECONDS},
}
TAG = {"ETag": {"description": "For `If-None-Match`.", "schema": {"type": "string"}}}
ASK_AGAIN = {
    "in": "header",
    "name": "If-None-Match",
    "required": False,
    "schema": {"type": "string"},
    "description": "The `ETag` of an earlier answer.",
}


def complete(schema: Json, prefix: str) -> Json:
    """The description with every answer and with examples; changes what it is given."""
    for method, path, call in _calls(schema):
        answers: Json = {str(status): answer for status, answer in call["responses"].items()}
        call["responses"] = answers
        if method == "get":
            answers["200"]["headers"] = TAG
            answers["304"] = {"description": WORDS[304], "headers": TAG}
            call["parameters"] = [*call.get("parameters", []), ASK_AGAIN]
        besides = BESIDES.get((method, path.removeprefix(prefix)), {})
        for status in sorted({*_refusals(method, call), *besides}):
            answers[str(status)] = _problem(status, besides.get(status) or WORDS[status])
        scope = SCOPES[f"{method.upper()} {path.removeprefix(prefix)}"]
        words = f"A token needs the scope `{scope}`."
        call["description"] = f"{call.get('description', '')}\n\n{words}".strip()
        if scope is Scope.READ:  # what is public is for everybody
            call["security"] = [*call.get("security", []), {}]
    components: Json = schema["components"]["schemas"]
    components["Problem"] = PROBLEM
    for name, example in examples.OF.items():
        components[name]["examples"] = [example]
    return schema


def _calls(schema: Json) -> Iterator[tuple[str, str, Json]]:
    for path, calls in schema["paths"].items():
        for method, call in calls.items():
            yield method, path, call


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


def _problem(status: int, words: str) -> Json:
    content = {"application/problem+json": {"schema": {"$ref": "#/components/schemas/Problem"}}}
    answer: Json = {"description": words, "content": content}
    if status in HEADERS:
        answer["headers"] = HEADERS[status]
    return answer
