"""Media over HTTP: shown in the page, kept by caches for ever, in parts if somebody asks for parts.

Every storage is streamed through here, S3 too: a page's content policy allows this site only,
buckets stay private, and screens can keep what they show for a time without a server.
"""

from __future__ import annotations

import asyncio
import re
from collections.abc import AsyncIterator, Generator
from contextlib import suppress
from dataclasses import dataclass
from itertools import chain

from django.core.handlers.asgi import ASGIRequest
from django.http import Http404, HttpRequest, HttpResponse, StreamingHttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404
from django.utils.cache import get_conditional_response
from django.views.decorators.http import require_safe

from assets import blobs
from assets.models import Asset

HEADERS = {
    "Cache-Control": "public, max-age=31536000, immutable",
    "Content-Disposition": "inline",
    "X-Content-Type-Options": "nosniff",
    "Accept-Ranges": "bytes",
    # Opened by itself, the file may show itself and do nothing else. The sandbox runs no scripts;
    # it keeps its origin because Chromium plays no video in one that has none.
    "Content-Security-Policy": (
        "default-src 'none'; img-src 'self'; media-src 'self'; style-src 'unsafe-inline'; "
        "sandbox allow-same-origin"
    ),
}


@require_safe
def original(request: HttpRequest, sha256: str, extension: str) -> HttpResponseBase:
    asset = get_object_or_404(Asset, sha256=sha256, extension=extension)
    return _respond(request, asset.name, asset.bytes, asset.content_type, etag=f'"{sha256}"')


@require_safe
def rendition(request: HttpRequest, sha256: str, size: str) -> HttpResponseBase:
    found = get_object_or_404(Asset, sha256=sha256).rendition(size)
    if found is None:
        raise Http404
    name, length = found
    return _respond(request, name, length, "image/webp", etag=f'"{sha256}-{size}"')


def _respond(
    request: HttpRequest, name: str, size: int, content_type: str, *, etag: str
) -> HttpResponseBase:
    headers = {**HEADERS, "Content-Type": content_type, "ETag": etag}
    bare = HttpResponse(headers=headers)
    if (answer := get_conditional_response(request, etag=etag, response=bare)) is not bare:
        assert answer is not None  # noqa: S101 - it is None only where no response was given
        return answer
    try:
        part = _part(request, size, etag)
    except Unsatisfiable:
        return HttpResponse(status=416, headers={"Content-Range": f"bytes */{size}"})
    whole = part is None
    part = part or Part(0, size)
    headers["Content-Length"] = str(part.length)
    if not whole:
        headers["Content-Range"] = part.content_range(size)
    if request.method == "HEAD":
        return HttpResponse(headers=headers)
    return _stream(request, name, part, status=200 if whole else 206, headers=headers)


def _part(request: HttpRequest, size: int, etag: str) -> Part | None:
    header = request.headers.get("Range", "")
    stale = request.headers.get("If-Range", etag) != etag
    if request.method == "HEAD" or stale or not header:
        return None
    return requested_part(header, size)


def _stream(
    request: HttpRequest, name: str, part: Part, *, status: int, headers: dict[str, str]
) -> HttpResponseBase:
    pieces = blobs.read(name, part.start, part.length)
    try:
        first = next(pieces, b"")
    except FileNotFoundError:
        raise Http404 from None
    if len(first) >= part.length:
        pieces.close()
        return HttpResponse(first, status=status, headers=headers)
    if isinstance(request, ASGIRequest):
        return StreamingHttpResponse(_from_a_thread(first, pieces), status=status, headers=headers)
    return StreamingHttpResponse(chain((first,), pieces), status=status, headers=headers)


async def _from_a_thread(first: bytes, pieces: Generator[bytes]) -> AsyncIterator[bytes]:
    """The disk is read beside the event loop, one piece at a time."""
    yield first
    try:
        while piece := await asyncio.to_thread(next, pieces, b""):
            yield piece
    finally:
        with suppress(ValueError):  # cut off in the middle of a read: it closes when that ends
            pieces.close()


# The Range header, as RFC 9110 reads it

_ONE_RANGE = re.compile(r"\s*bytes\s*=\s*(\d*)\s*-\s*(\d*)\s*", re.ASCII | re.IGNORECASE)
# Sent at most for a range without an end. Players ask for one, then stop reading, and the server would
# hold the rest; after a part they ask for the next one.
MAX_OPEN_RANGE_BYTES = 4 * 1024 * 1024


class Unsatisfiable(Exception):
    """The range lies outside the file: 416."""


@dataclass(frozen=True, slots=True)
class Part:
    start: int
    length: int

    def content_range(self, size: int) -> str:
        return f"bytes {self.start}-{self.start + self.length - 1}/{size}"


def requested_part(header: str, size: int) -> Part | None:
    """The part asked for; None where the header is absent, malformed or asks for several parts.

    Those are answered with the whole file. Raises Unsatisfiable.
    """
    match = _ONE_RANGE.fullmatch(header)
    if match is None or match.groups() == ("", ""):
        return None
    first, last = match.groups()
    if not first:
        length = min(int(last), size)
        start = size - length
    else:
        start = int(first)
        if last and int(last) < start:
            return None
        length = min(int(last) + 1 - start if last else MAX_OPEN_RANGE_BYTES, size - start)
    if length <= 0:
        raise Unsatisfiable
    return Part(start, length)
