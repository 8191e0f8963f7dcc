"""Which worker is calling: `Authorization: Bearer <worker secret>`."""

from __future__ import annotations

from django.http import HttpRequest
from ninja.security.base import AuthBase

from accounts.api.auth import NotSignedIn, credentials_of
from farm.models import FarmWorker


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
        return worker
