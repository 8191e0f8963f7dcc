"""Everything that can go wrong in a call of the API, as `application/problem+json` (RFC 9457).

The apps raise what they always raise; here, at the border, it becomes a status, a code for
programs and a sentence for people. docs/api.md lists the codes.
"""

from __future__ import annotations

import json
import logging
from collections.abc import Callable, Mapping
from typing import Any

from django.conf import settings
from django.core.exceptions import (
    ObjectDoesNotExist,
    PermissionDenied,
    RequestDataTooBig,
    SuspiciousOperation,
)
from django.core.serializers.json import DjangoJSONEncoder
from django.db import InterfaceError, OperationalError
from django.http import Http404, HttpRequest, HttpResponse, UnreadablePostError
from ninja import NinjaAPI
from ninja.errors import HttpError, Throttled, ValidationError

from accounts.api_auth import NotSignedIn
from invocations.bundles.reading import BadBundle
from invocations.bundles.streaming import TooMany
from invocations.prompts import BadPrompt
from invocations.runs import Lockout, NotRunnable, StartRefused
from invocations.states import IllegalMove, Stale
from networks.fields import Invalid
from panic.bodies import BadBody
from platforms.registry import UnknownModel
from realtime.cursors import Resync

logger = logging.getLogger(__name__)

TITLES = {
    "bad_bundle": "This bundle cannot be taken in",
    "bad_body": "The body cannot be read",
    "bad_prompt": "This prompt is not accepted",
    "bad_request": "The request cannot be understood",
    "budget": "The budget is spent",
    "busy": "The database is busy",
    "error": "Something went wrong",
    "halted": "Everything is stopped",
    "illegal_state": "Its state does not allow this",
    "invalid": "Something in the request is not valid",
    "invalid_ring": "This ring cannot be saved",
    "key_reused": "The client key was used for something else",
    "lockout": "The lockout is not over",
    "method_not_allowed": "This is not done here",
    "not_allowed": "Not allowed",
    "not_found": "Not found",
    "not_runnable": "The network cannot run",
    "not_signed_in": "Not signed in",
    "resync": "The cursor leads nowhere any more",
    "storage_full": "There is no room left",
    "too_large": "The request is too large",
    "too_many": "Too many calls",
}
RING_FIELDS = {"slots", "model_ids"}
RETRY_SECONDS = "2"


def problem(
    status: int,
    code: str,
    detail: str,
    *,
    errors: Mapping[str, str] | None = None,
    headers: Mapping[str, str] | None = None,
    **more: object,
) -> HttpResponse:
    """A problem document."""
    body = {"title": TITLES[code], "status": status, "detail": detail, "code": code}
    content = json.dumps({**body, "errors": dict(errors or {}), **more}, cls=DjangoJSONEncoder)
    return HttpResponse(
        content, status=status, content_type="application/problem+json", headers=headers
    )


def _not_signed_in(request: HttpRequest, error: Exception) -> HttpResponse:
    headers = {"WWW-Authenticate": 'Bearer realm="panic"'}
    return problem(401, "not_signed_in", str(error), headers=headers)


def _not_allowed(request: HttpRequest, error: Exception) -> HttpResponse:
    return problem(403, "not_allowed", str(error) or "You may not do this.")


def _not_found(request: HttpRequest, error: Exception) -> HttpResponse:
    return problem(404, "not_found", str(error) or "There is no such thing.")


def _unknown_model(request: HttpRequest, error: Exception) -> HttpResponse:
    return problem(404, "not_found", "There is no such model.")


def _gone(request: HttpRequest, error: Exception) -> HttpResponse:
    return problem(404, "not_found", "It was deleted in this very moment.")


def _too_many(request: HttpRequest, error: Throttled) -> HttpResponse:
    """Ninja adds `Retry-After`."""
    detail = f"That is more than {settings.API_CALLS_PER_MINUTE:,} calls a minute. Wait a little."
    return problem(429, "too_many", detail)


def _illegal_state(request: HttpRequest, error: IllegalMove) -> HttpResponse:
    return problem(409, "illegal_state", str(error), allowed=error.allowed)


def _stale(request: HttpRequest, error: Exception) -> HttpResponse:
    detail = "Somebody else was faster; look at it again."
    return problem(409, "illegal_state", detail, allowed=[])


def _start_refused(request: HttpRequest, error: StartRefused) -> HttpResponse:
    return problem(409, error.code, str(error))


def _lockout(request: HttpRequest, error: Lockout) -> HttpResponse:
    return problem(409, error.code, str(error), ready_at=error.ready_at)


def _not_runnable(request: HttpRequest, error: NotRunnable) -> HttpResponse:
    return problem(422, error.code, str(error), problems=error.problems)


def _bad_prompt(request: HttpRequest, error: Exception) -> HttpResponse:
    return problem(422, "bad_prompt", str(error), errors={"prompt": str(error)})


def _bad_bundle(request: HttpRequest, error: Exception) -> HttpResponse:
    return problem(422, "bad_bundle", str(error), errors={"bundle": str(error)})


def _too_many_bundles(request: HttpRequest, error: Exception) -> HttpResponse:
    return problem(503, "busy", str(error), headers={"Retry-After": "60"})


def _resync(request: HttpRequest, error: Exception) -> HttpResponse:
    return problem(410, "resync", f"{error}. Take a fresh look and begin from there.")


def _invalid(request: HttpRequest, error: Invalid) -> HttpResponse:
    return _invalid_fields(error.errors, error.problems)


def _invalid_fields(errors: Mapping[str, str], problems: list[str]) -> HttpResponse:
    named = [f"{name}: {sentence}" for name, sentence in errors.items()]
    detail = " ".join(dict.fromkeys([*problems, *named]))
    if not problems:
        return problem(422, "invalid", detail, errors=errors)
    return problem(422, "invalid_ring", detail, errors=errors, problems=problems)


def _validation(request: HttpRequest, error: ValidationError) -> HttpResponse:
    errors: dict[str, str] = {}
    for entry in error.errors:
        errors.setdefault(_place(entry["loc"]), _sentence(entry))
    ring = [f"{name}: {text}" for name, text in errors.items() if name.split(".")[0] in RING_FIELDS]
    return _invalid_fields(errors, ring)


def _place(loc: tuple[str | int, ...]) -> str:
    """`slots.0.model` for ("body", "body", "slots", 0, "model")."""
    source, *path = loc
    return ".".join(map(str, path[1:] if source == "body" else path)) or str(source)


SENTENCES = {
    "missing": "This is required.",
    "extra_forbidden": "There is no such field.",
    "string_type": "This must be text.",
    "string_unicode": "This is not valid text.",
    "int_type": "This must be a whole number.",
    "int_parsing": "This must be a whole number.",
    "float_type": "This must be a number.",
    "bool_type": "This must be true or false.",
    "list_type": "This must be a list.",
    "dict_type": "This must be an object.",
    "model_type": "This must be an object.",
    "model_attributes_type": "This must be an object.",
}


def _sentence(entry: Mapping[str, Any]) -> str:
    known = SENTENCES.get(str(entry.get("type")))
    return known or f"{str(entry['msg']).rstrip('.')}."


def _http_error(request: HttpRequest, error: HttpError) -> HttpResponse:
    """Ninja's own: a body that is no JSON, or credentials that nobody asked for."""
    if error.status_code == 401:
        return _not_signed_in(request, NotSignedIn("Say who you are."))
    if error.status_code == 403:
        return _not_allowed(request, error)
    cause = error.__cause__
    detail = str(cause) if isinstance(cause, BadBody) else "The body is not valid JSON."
    return problem(400, "bad_body", detail)


def _bad_body(request: HttpRequest, error: Exception) -> HttpResponse:
    return problem(400, "bad_body", str(error) or "The body could not be read.")


def _too_large(request: HttpRequest, error: Exception) -> HttpResponse:
    return problem(413, "too_large", "The body has more than a million bytes.")


def _suspicious(request: HttpRequest, error: Exception) -> HttpResponse:
    return problem(400, "bad_request", "The request cannot be understood.")


def _database(request: HttpRequest, error: Exception) -> HttpResponse:
    logger.warning(
        "%s %s: the database did not answer", request.method, request.path, exc_info=error
    )
    headers = {"Retry-After": RETRY_SECONDS}
    if "full" in str(error).lower():
        detail = "The disk is full, so nothing was saved. Somebody has to make room."
        return problem(503, "storage_full", detail, headers=headers)
    detail = "The database is busy, so nothing was done. Try again in a moment."
    return problem(503, "busy", detail, headers=headers)


def _unexpected(request: HttpRequest, error: Exception) -> HttpResponse:
    logger.error("%s %s", request.method, request.path, exc_info=error)
    return problem(500, "error", "Something unexpected went wrong; it is on record.")


HANDLERS: Mapping[type[Exception], Callable[[HttpRequest, Any], HttpResponse]] = {
    NotSignedIn: _not_signed_in,
    PermissionDenied: _not_allowed,
    Http404: _not_found,
    ObjectDoesNotExist: _gone,
    UnknownModel: _unknown_model,
    IllegalMove: _illegal_state,
    Stale: _stale,
    StartRefused: _start_refused,
    Lockout: _lockout,
    NotRunnable: _not_runnable,
    BadPrompt: _bad_prompt,
    BadBundle: _bad_bundle,
    TooMany: _too_many_bundles,
    Resync: _resync,
    Invalid: _invalid,
    ValidationError: _validation,
    HttpError: _http_error,
    Throttled: _too_many,
    BadBody: _bad_body,
    UnreadablePostError: _bad_body,
    RequestDataTooBig: _too_large,
    SuspiciousOperation: _suspicious,
    OperationalError: _database,
    InterfaceError: _database,
    Exception: _unexpected,
}


def install(api: NinjaAPI) -> None:
    """Have `api` answer every exception with a problem."""
    for kind, handler in HANDLERS.items():
        api.add_exception_handler(kind, handler)
