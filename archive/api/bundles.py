"""Runs as files: out of here, and in from elsewhere."""

from __future__ import annotations

from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.utils import timezone
from ninja import Router, Status
from ninja.files import UploadedFile
from ninja.params.functions import File

from accounts.api.auth import ApiRequest
from archive.bundles import importing, writing
from archive.bundles.reading import BadBundle
from archive.bundles.writing import TooManyExports
from invocations.api import runs
from invocations.api.schemas import RunOut
from lib.problems import answers, refuses, register_codes
from lib.scopes import Scope, requires_scope
from lib.validation import Invalid
from networks import access

routes = Router(tags=["runs"])
ZIP = {"schema": {"type": "string", "format": "binary"}}

register_codes(bad_bundle="This bundle cannot be taken in")


answers(BadBundle, 422, "bad_bundle", more=lambda error: {"errors": {"bundle": str(error)}})
answers(TooManyExports, 503, "busy", headers={"Retry-After": "60"})


@routes.get(
    "/runs/{slug:run_id}/bundle",
    response={200: None},
    openapi_extra={
        "responses": {200: {"description": "The bundle.", "content": {"application/zip": ZIP}}}
    },
)
@requires_scope(Scope.READ)
def export_run(request: HttpRequest, run_id: str, costs: bool = False) -> HttpResponseBase:
    """The run as one file: its record, its media, and a film strip that needs no server.

    `costs`: with what it has cost, for the owner and admins. docs/bundles.md is the format.
    """
    caller = request.auth  # type: ignore[attr-defined]
    run = runs.find(caller, run_id)
    if costs:
        access.check_edit(caller, run.network)
    return writing.bundle_response(request, run, caller.person, costs=costs)


@routes.post("/networks/{slug:slug}/imports", response={201: RunOut})
@requires_scope(Scope.EDIT)
@refuses({422: "`bad_bundle`, `invalid`: nothing was kept."})
def import_run(
    request: ApiRequest,
    slug: str,
    bundle: UploadedFile | None = File(None),  # noqa: B008
) -> Status[RunOut]:
    """Takes a bundle into the network's archive: a run that is over, and costs nothing."""
    network = access.controllable(request.auth, slug)
    if bundle is None:
        raise Invalid({"bundle": "This is required."})
    run = importing.import_run(
        network=network, source=bundle, at=timezone.now(), owner=request.auth.user
    )
    return Status(201, runs.show(run))
