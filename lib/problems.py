"""Problem documents (RFC 9457): how the API answers when something goes wrong.

An app registers its exceptions where its routes are: `register_codes` for the codes and their titles,
`answers` for the document of an exception, `handles` for the function that makes it, `refuses` for what a route's
description says of it. docs/api.md lists the codes.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any, TypeVar

from django.core.serializers.json import DjangoJSONEncoder
from django.db.models import Model, QuerySet
from django.http import Http404, HttpRequest, HttpResponse
from ninja.operation import Operation
from ninja.utils import contribute_operation_callback

if TYPE_CHECKING:
    from django_stubs_ext import StrOrPromise

Json = dict[str, Any]
Handler = Callable[[HttpRequest, Any], HttpResponse]
HandlerT = TypeVar("HandlerT", bound=Handler)
ModelT = TypeVar("ModelT", bound=Model)
View = TypeVar("View", bound=Callable[..., Any])

TITLES: dict[str, str] = {}
HANDLERS: dict[type[Exception], Handler] = {}

# What a description says of a status where a route says nothing of its own.
DESCRIPTIONS: Mapping[int, str] = {
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
_SECONDS = {"description": "Seconds to wait.", "schema": {"type": "integer"}}
_HEADERS: Mapping[int, Json] = {
    401: {"WWW-Authenticate": {"schema": {"type": "string"}}},
    429: {"Retry-After": _SECONDS},
    503: {"Retry-After": _SECONDS},
}


def register_codes(**titles: str) -> None:
    """The codes that problems of an app may have, each with the title of its documents."""
    TITLES.update(titles)


def handles(*exceptions: type[Exception]) -> Callable[[HandlerT], HandlerT]:
    """A decorator: the API answers these exceptions with what the function returns."""

    def register(handler: HandlerT) -> HandlerT:
        HANDLERS.update(dict.fromkeys(exceptions, handler))
        return handler

    return register


def answers(
    exception: type[Exception],
    status: int,
    code: str,
    detail: StrOrPromise = "",
    *,
    headers: Mapping[str, str] | None = None,
    more: Callable[[Any], Mapping[str, Any]] = lambda error: {},
) -> None:
    """The API answers this exception with such a document. `detail`: what the exception says, where
    nothing is given; `more`: what else is in the document."""

    def handler(request: HttpRequest, error: Exception) -> HttpResponse:
        return problem(status, code, str(detail or error), headers=headers, **more(error))

    HANDLERS[exception] = handler


def first_or_404(rows: QuerySet[ModelT], missing: str) -> ModelT:
    """The first of `rows`; raises Http404 with the sentence where there is none."""
    found = rows.first()
    if found is None:
        raise Http404(missing)
    return found


def problem(
    status: int,
    code: str,
    detail: str,
    *,
    errors: Mapping[str, str] | None = None,
    headers: Mapping[str, str] | None = None,
    **more: object,
) -> HttpResponse:
    """A problem document; `code` is a registered one."""
    body = {"title": TITLES[code], "status": status, "detail": detail, "code": code}
    content = json.dumps({**body, "errors": dict(errors or {}), **more}, cls=DjangoJSONEncoder)
    return HttpResponse(
        content, status=status, content_type="application/problem+json", headers=headers
    )


# In the API's description


def refuses(answers: Mapping[int, str]) -> Callable[[View], View]:
    """A decorator below a route's: it also refuses with these statuses, beyond those that follow from
    its method and parameters. An empty text stands for the usual one of `DESCRIPTIONS`."""

    def declare(operation: Operation) -> None:
        responses = {status: describe(status, text) for status, text in answers.items()}
        operation.openapi_extra = {**(operation.openapi_extra or {}), "responses": responses}

    def decorate(view: View) -> View:
        contribute_operation_callback(view, declare)
        return view

    return decorate


def describe(status: int, text: str = "") -> Json:
    """The description of a refusal, as OpenAPI has it."""
    content = {"application/problem+json": {"schema": {"$ref": "#/components/schemas/Problem"}}}
    answer: Json = {"description": text or DESCRIPTIONS[status], "content": content}
    if status in _HEADERS:
        answer["headers"] = _HEADERS[status]
    return answer
