"""Which worker is calling, and which process of it.

`Authorization: Bearer <worker secret>` says which worker. `Worker-Session` repeats the session of the sign-on;
where a process did so when it signed on, it has to from then on: who has only the secret is refused.
"""

from __future__ import annotations

from django.http import HttpRequest
from ninja.security.base import AuthBase

from accounts.api.auth import NotSignedIn, credentials_of
from farm.models import FarmWorker

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
        worker = FarmWorker.from_secret(credentials_of(request, "bearer") or "")
        if worker is None:
            raise NotSignedIn("This worker's secret is not known, or not any more: enrol it again.")
        if not request.path.endswith(SIGN_ON) and not worker.acts_in(session_of(request)):
            raise SessionReplaced
        return worker


def session_of(request: HttpRequest) -> str:
    """As the caller says; empty where it does not."""
    return request.headers.get(SESSION_HEADER, "")
