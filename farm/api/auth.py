"""Which worker is calling, and which process of it.

`Authorization: Bearer <worker secret>` says which worker. `Worker-Session` repeats the session of the sign-on;
where a process did so when it signed on, it has to from then on: who has only the secret is refused.
"""

from __future__ import annotations

import math

from django.http import HttpRequest, HttpResponse
from ninja.security.base import AuthBase

from accounts.api.auth import NotSignedIn, credentials_of
from farm import unknown_secrets
from farm.models import FarmWorker
from farm.unknown_secrets import TooManyUnknown
from lib.problems import handles, problem

SESSION_HEADER = "Worker-Session"
SIGN_ON = "/sign-on"


class SessionReplaced(Exception):
    """Another process has signed on with this secret, and acts for the worker."""


class WorkerRequest(HttpRequest):
    """A request of a farm worker."""

    auth: FarmWorker


class WorkerAuth(AuthBase):
    """`Authorization: Bearer <worker secret>`."""

    openapi_type = "http"
    openapi_scheme = "bearer"

    def __call__(self, request: HttpRequest) -> FarmWorker | None:
        secret = credentials_of(request, "bearer") or ""
        worker = unknown_secrets.unknown_secrets.worker(request, secret)
        if worker is None:
            raise NotSignedIn("This worker's secret is not known, or not any more: enrol it again.")
        if not request.path.endswith(SIGN_ON) and not worker.acts_in(session_of(request)):
            raise SessionReplaced
        return worker


@handles(TooManyUnknown)
def _too_many_unknown(request: HttpRequest, error: TooManyUnknown) -> HttpResponse:
    headers = {"Retry-After": str(math.ceil(error.seconds))}
    return problem(429, "too_many", str(error), headers=headers)


def session_of(request: HttpRequest) -> str:
    """As the caller says; empty where it does not."""
    return request.headers.get(SESSION_HEADER, "")
