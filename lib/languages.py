"""The language of a page, and of the socket that renews it: what the screen is set to, else what was chosen
(a cookie), else the browser's, else English."""

from __future__ import annotations

from collections.abc import Iterable
from contextlib import suppress
from typing import TYPE_CHECKING

from django.conf import settings
from django.http import HttpRequest, HttpResponseBase
from django.http.cookie import parse_cookie
from django.middleware.locale import LocaleMiddleware
from django.utils import translation
from django.utils.cache import patch_vary_headers
from django.utils.translation import gettext

if TYPE_CHECKING:
    from django_stubs_ext import StrOrPromise, StrPromise

_READ = ("text/html", "application/problem+json")


class LanguageMiddleware(LocaleMiddleware):
    """Chooses the language of an answer, and says in its headers what it was chosen by.

    Only of what is read by people: media and data are the same in every language, so caches keep
    one copy.
    """

    def process_response(
        self, request: HttpRequest, response: HttpResponseBase
    ) -> HttpResponseBase:
        if not response.headers.get("Content-Type", "").startswith(_READ):
            return response
        patch_vary_headers(response, ("Cookie",))
        return super().process_response(request, response)


def use_language(request: HttpRequest, code: str) -> None:
    """Answer this request in the language that the screen is set to; empty = the browser's, and so is one
    that is not offered."""
    with suppress(LookupError):
        request.LANGUAGE_CODE = translation.get_supported_language_variant(code)
        translation.activate(request.LANGUAGE_CODE)


def language_of_headers(headers: Iterable[tuple[bytes, bytes]]) -> str:
    """The language of a connection with these headers, chosen as it is for a page."""
    found = {name: value.decode("latin1") for name, value in headers}
    request = HttpRequest()
    request.COOKIES = parse_cookie(found.get(b"cookie", ""))
    request.META["HTTP_ACCEPT_LANGUAGE"] = found.get(b"accept-language", "")
    return translation.get_language_from_request(request)


def language_choices(of_browser: StrPromise) -> list[tuple[str, StrOrPromise]]:
    """For a form: no language of its own, then every language by its own name."""
    return [("", of_browser), *settings.LANGUAGES]


def language_problem(code: str) -> str:
    """What is wrong with the language that a screen is to have, in a sentence; empty is right."""
    known = [name for name, _ in settings.LANGUAGES]
    if not code or code in known:
        return ""
    sentence = gettext("The language is one of %(known)s, or empty for the browser's.")
    return sentence % {"known": ", ".join(known)}
