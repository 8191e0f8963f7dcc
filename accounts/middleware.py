"""How long somebody stays signed in."""

from __future__ import annotations

from django.contrib.auth import SESSION_KEY
from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.utils import timezone
from django.utils.deprecation import MiddlewareMixin

RENEWED = "renewed"  # in the session: the day it was last renewed


class RenewSession(MiddlewareMixin):
    """A session ends `SESSION_COOKIE_AGE` after the last day of a visit, and not after the sign-in.

    It is written at most once a day, and not read where no page has read it.
    """

    def process_response(
        self, request: HttpRequest, response: HttpResponseBase
    ) -> HttpResponseBase:
        session = request.session
        today = timezone.now().date().isoformat()
        if session.accessed and SESSION_KEY in session and session.get(RENEWED) != today:
            session[RENEWED] = today
        return response
