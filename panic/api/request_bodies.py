"""Reading the body of a call of the API: JSON, of a sane size, depth and range."""

from __future__ import annotations

import json
import math
from typing import Any

from django.conf import settings
from django.core.exceptions import RequestDataTooBig
from django.http import HttpRequest
from django.utils.translation import gettext
from ninja.parser import Parser

MAX_DEPTH = 32
UPLOADS = {"blob", "import_run", "upload"}
MAX_DIGITS = 18  # what fits a database's whole number


class BadBody(ValueError):
    """The body is no JSON that anything can be done with; the message says why."""


def check_size(request: HttpRequest) -> None:
    """Raises RequestDataTooBig. Reads the body before anything else can consume it as a form.

    A call that takes a file has it written to disk instead, and looks at it by itself.
    """
    if request.resolver_match is not None and request.resolver_match.url_name in UPLOADS:
        return
    if len(request.body) > settings.DATA_UPLOAD_MAX_MEMORY_SIZE:  # sent without a length
        raise RequestDataTooBig


class StrictParser(Parser):
    """JSON as the standard has it, without the liberties that Python takes."""

    def parse_body(self, request: HttpRequest) -> Any:
        try:
            value = json.loads(
                request.body.decode("utf-8-sig"),
                parse_float=_number,
                parse_int=_whole_number,
                parse_constant=_no_constant,
            )
        except UnicodeDecodeError:
            raise BadBody(gettext("The body is not UTF-8.")) from None
        except RecursionError:
            raise BadBody(gettext("The body is nested too deeply.")) from None
        except json.JSONDecodeError as error:
            raise BadBody(f"The body is not valid JSON: {error}.") from None
        if _depth_exceeds(value, MAX_DEPTH):
            raise BadBody(gettext("The body is nested too deeply."))
        return value


def _number(text: str) -> float:
    value = float(text)
    if not math.isfinite(value):
        raise BadBody(gettext("A number in the body is too large."))
    return value


def _whole_number(text: str) -> int:
    if len(text) > MAX_DIGITS:
        raise BadBody(gettext("A number in the body is too large."))
    return int(text)


def _no_constant(text: str) -> float:
    raise BadBody(f"The body contains {text}, which is no JSON.")


def _depth_exceeds(value: object, most: int) -> bool:
    level: list[object] = [value]
    for _ in range(most):
        level = [inner for outer in level for inner in _inside(outer)]
        if not level:
            return False
    return True


def _inside(value: object) -> list[object]:
    if isinstance(value, dict):
        return list(value.values())
    return value if isinstance(value, list) else []
