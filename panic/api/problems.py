"""The problems of every call: what Django, ninja, the database and the parser raise.

The apps register theirs beside their routes; see lib/problems.py.
"""

from __future__ import annotations

import logging
from collections.abc import Mapping

from django.conf import settings
from django.core.exceptions import (
    ObjectDoesNotExist,
    PermissionDenied,
    RequestDataTooBig,
    SuspiciousOperation,
)
from django.db import InterfaceError, OperationalError
from django.http import Http404, HttpRequest, HttpResponse, UnreadablePostError
from django.utils.formats import number_format
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from ninja.errors import HttpError, Throttled, ValidationError

from accounts.api.auth import NotSignedIn, not_signed_in
from lib.parser_sentences import sentence_of
from lib.problems import answers, handles, problem, register_codes
from lib.validation import Invalid
from networks.api.networks import takes_a_ring
from networks.api.schemas import RING_FIELDS
from panic.api.request_bodies import BadBody

logger = logging.getLogger(__name__)

DATABASE_RETRY_SECONDS = "2"

register_codes(
    bad_body="The body cannot be read",
    bad_request="The request cannot be understood",
    busy="The database is busy",
    error="Something went wrong",
    invalid="Something in the request is not valid",
    method_not_allowed="This is not done here",
    not_allowed="Not allowed",
    not_found="Not found",
    storage_full="There is no room left",
    too_large="The request is too large",
    too_many="Too many calls",
)


@handles(PermissionDenied)
def _not_allowed(request: HttpRequest, error: Exception) -> HttpResponse:
    return problem(403, "not_allowed", str(error) or gettext("You may not do this."))


@handles(Http404)
def not_found(request: HttpRequest, error: Exception) -> HttpResponse:
    return problem(404, "not_found", str(error) or gettext("There is no such thing."))


@handles(Throttled)
def _too_many(request: HttpRequest, error: Throttled) -> HttpResponse:
    """Ninja adds `Retry-After`."""
    most = number_format(settings.API_CALLS_PER_MINUTE, force_grouping=True)
    detail = gettext("That is more than %(most)s calls a minute. Wait a little.") % {"most": most}
    return problem(429, "too_many", detail)


answers(ObjectDoesNotExist, 404, "not_found", _("It was deleted in this very moment."))
answers(RequestDataTooBig, 413, "too_large", _("The body has more than a million bytes."))
answers(SuspiciousOperation, 400, "bad_request", _("The request cannot be understood."))


@handles(Invalid)
def _invalid(request: HttpRequest, error: Invalid) -> HttpResponse:
    return _invalid_fields(error.errors, error.problems)


def _invalid_fields(errors: Mapping[str, str], problems: list[str]) -> HttpResponse:
    named = [f"{name}: {sentence}" for name, sentence in errors.items()]
    detail = " ".join(dict.fromkeys([*problems, *named]))
    if not problems:
        return problem(422, "invalid", detail, errors=errors)
    return problem(422, "invalid_ring", detail, errors=errors, problems=problems)


@handles(ValidationError)
def _validation(request: HttpRequest, error: ValidationError) -> HttpResponse:
    errors: dict[str, str] = {}
    for entry in error.errors:
        errors.setdefault(_place(entry["loc"]), sentence_of(entry))
    return _invalid_fields(errors, _of_the_ring(errors) if takes_a_ring(request) else [])


def _of_the_ring(errors: Mapping[str, str]) -> list[str]:
    return [f"{name}: {text}" for name, text in errors.items() if name.split(".")[0] in RING_FIELDS]


def _place(loc: tuple[str | int, ...]) -> str:
    """`slots.0.model` for ("body", "body", "slots", 0, "model")."""
    source, *path = loc
    return ".".join(map(str, path[1:] if source == "body" else path)) or str(source)


@handles(HttpError)
def _http_error(request: HttpRequest, error: HttpError) -> HttpResponse:
    """Ninja's own: a body that is no JSON, or credentials that nobody asked for."""
    if error.status_code == 401:
        return not_signed_in(request, NotSignedIn(gettext("Say who you are.")))
    if error.status_code == 403:
        return _not_allowed(request, error)
    cause = error.__cause__
    detail = str(cause) if isinstance(cause, BadBody) else gettext("The body is not valid JSON.")
    return problem(400, "bad_body", detail)


@handles(BadBody, UnreadablePostError)
def _bad_body(request: HttpRequest, error: Exception) -> HttpResponse:
    return problem(400, "bad_body", str(error) or gettext("The body could not be read."))


@handles(OperationalError, InterfaceError)
def _database(request: HttpRequest, error: Exception) -> HttpResponse:
    logger.warning(
        "%s %s: the database did not answer", request.method, request.path, exc_info=error
    )
    headers = {"Retry-After": DATABASE_RETRY_SECONDS}
    if "full" in str(error).lower():
        detail = gettext("The disk is full, so nothing was saved. Somebody has to make room.")
        return problem(503, "storage_full", detail, headers=headers)
    detail = gettext("The database is busy, so nothing was done. Try again in a moment.")
    return problem(503, "busy", detail, headers=headers)


@handles(Exception)
def _unexpected(request: HttpRequest, error: Exception) -> HttpResponse:
    logger.error("%s %s", request.method, request.path, exc_info=error)
    return problem(500, "error", gettext("Something unexpected went wrong; it is on record."))
