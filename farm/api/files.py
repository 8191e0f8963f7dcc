"""Files that farm workers send: asked for, whole or in parts, and checked on the way."""

from __future__ import annotations

import asyncio
import re
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Annotated

from django.core.handlers.asgi import ASGIRequest
from django.http import Http404, HttpRequest, HttpResponse, StreamingHttpResponse
from django.http.response import HttpResponseBase
from ninja import Path as InPath
from ninja import Router
from pydantic import Field

from farm import blobs, work
from farm.api.auth import WorkerRequest
from farm.api.protocol import REPLACED
from films import remote_tasks
from lib.problems import answers, refuses, register_codes

routes = Router(tags=["farm workers"])
HASH = Field(pattern=r"^[0-9a-f]{64}$", description="SHA-256 of the whole file.")
Sha256 = Annotated[str, HASH]
PIECE = 1 << 20
_RANGE = re.compile(r"bytes (\d{1,12})-(\d{1,12})/(\d{1,12})")

register_codes(
    too_early="Somebody else is sending the same file",
    wrong_bytes="The bytes are not what was announced",
)
answers(blobs.InUse, 425, "too_early", "Somebody else is sending the same file.")
answers(blobs.WrongBytes, 422, "wrong_bytes")


@routes.api_operation(["HEAD"], "/blobs/{sha256}", response={200: None, 404: None}, url_name="blob")
@refuses({409: REPLACED})
def ask_for_blob(request: WorkerRequest, sha256: InPath[Sha256]) -> HttpResponse:
    """Whether the file is there; if not, `Upload-Offset` says how much of it is."""
    worker = request.auth.public_id
    if blobs.is_known(worker, sha256):
        return HttpResponse(status=200)
    answer = HttpResponse(
        status=404, headers={"Upload-Offset": str(blobs.received(worker, sha256))}
    )
    answer._has_been_logged = True  # type: ignore[attr-defined]  # it is no error, so no warning
    return answer


@routes.put("/blobs/{sha256}", response={201: None, 202: None, 208: None}, url_name="blob")
@refuses(
    {
        409: REPLACED,
        422: "`wrong_bytes`: they are not those of the hash, or not where the last ones ended.",
        425: "`too_early`: another request is sending the same.",
    }
)
def put_blob(request: WorkerRequest, sha256: InPath[Sha256]) -> HttpResponse:
    """Send a file, whole or the part that `Content-Range` names; 202 while more is to come."""
    worker = request.auth.public_id
    if blobs.is_known(worker, sha256):
        return HttpResponse(status=208)
    start, total = _range_of(request)
    pieces = iter(lambda: request.read(1 << 20), b"")
    whole = blobs.write(worker, sha256, pieces, start=start, total=total)
    return HttpResponse(status=201 if whole else 202)


@routes.get("/attempts/{slug:token}/input", response={200: None}, include_in_schema=True)
@refuses({409: "`stale`: the work was given to somebody else, or has ended; `already_signed_on`."})
def read_input(request: WorkerRequest, token: str) -> HttpResponseBase:
    """The part of a film that the work of kind `operation` is about; for whoever holds it."""
    path = work.chunk_of_task(request.auth, token)
    try:
        size = path.stat().st_size
    except FileNotFoundError:
        raise Http404 from None
    pieces = _pieces(path) if isinstance(request, ASGIRequest) else _pieces_here(path)
    headers = {"Content-Length": str(size), "Content-Type": remote_tasks.CONTENT_TYPE}
    return StreamingHttpResponse(pieces, headers=headers)


async def _pieces(path: Path) -> AsyncIterator[bytes]:
    """The disk is read beside the event loop, one piece at a time."""
    with path.open("rb") as file:
        while piece := await asyncio.to_thread(file.read, PIECE):
            yield piece


def _pieces_here(path: Path) -> Iterator[bytes]:
    with path.open("rb") as file:
        while piece := file.read(PIECE):
            yield piece


def _range_of(request: HttpRequest) -> tuple[int, int]:
    """Where the body begins, and how long the file is. Raises WrongBytes."""
    header = request.headers.get("Content-Range")
    if header is None:
        return 0, int(request.headers.get("Content-Length") or 0)
    match = _RANGE.fullmatch(header)
    if match is None or int(match[1]) > int(match[2]) or int(match[2]) >= int(match[3]):
        raise blobs.WrongBytes("Content-Range is `bytes <first>-<last>/<length>`.")
    return int(match[1]), int(match[3])
