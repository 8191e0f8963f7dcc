"""Previews of work under way, as farm workers send them (docs/farm.md)."""

from __future__ import annotations

from django.http import HttpResponse
from ninja import Router

from farm import previews, work
from farm.api.auth import WorkerRequest
from farm.previews import PreviewTooOften
from lib.problems import answers, problem, refuses, register_codes

routes = Router(tags=["farm workers"])

register_codes(not_a_preview="This is no JPEG and no PNG")
answers(PreviewTooOften, 429, "too_many", headers={"Retry-After": "1"})


@routes.put("/attempts/{slug:token}/preview", response={202: None})
@refuses(
    {
        409: "`stale`: the work was given to somebody else, or has ended.",
        415: "`not_a_preview`: it is no JPEG and no PNG.",
    }
)
def put_preview(request: WorkerRequest, token: str) -> HttpResponse:
    """Send a small picture of the work; the newest wins. It is shown once it has been decoded."""
    beginning = previews.CONTENT_TYPES.get(request.content_type or "")
    if beginning is None or not request.body.startswith(beginning):
        return problem(415, "not_a_preview", "A preview is image/jpeg or image/png.")
    work.send_preview(request.auth, token, request.body)
    return HttpResponse(status=202)
