"""Limits for request bodies, in front of every view: bytes, time, and the sum over all connections.

Twisted writes a body into a temporary file before the application sees the request, whatever its
address. So what may come is decided while it comes: by path, by how long it takes, and by how much
other requests hold at that moment. Who exceeds a limit is answered at once and then disconnected.
"""

from __future__ import annotations

import io
import shutil
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from daphne import http_protocol
from django.http import HttpResponse
from django.urls import Resolver404, resolve

from archive.bundles.schema import MAX_BUNDLE
from assets.backpressure import StreamedBodyRequest
from lib.problems import problem
from panic.api import problems as _codes  # noqa: F401  registers those that are used here

MEGA = 1_000_000
UPLOADS = {"blob", "import", "import_run"}  # names of the addresses that take a file
PIECES = {"upload", "film-new"}  # of those that take a clip: a piece of it, or a small one whole
UNCOUNTED_BYTES = 64 * 1024  # of each body; a prompt is sent even while others fill the sum
MIN_FREE_BYTES = 500 * MEGA  # on the disk of the temporary files
DISK_CHECK_BYTES = 4 * MEGA  # between two looks at the disk
LINGER_SECONDS = 2.0  # for the answer to be read before the connection is cut
STATUS_LINES = {408: b"Request Timeout", 413: b"Content Too Large", 503: b"Service Unavailable"}
RETRY_AFTER = {"Retry-After": "30"}


@dataclass(slots=True)
class BodyLimit:
    """What requests to some addresses may send."""

    bytes: int  # each
    seconds: float  # from the first line of the request to the end of its body
    total_bytes: int  # all at the same time
    held_bytes: int = field(default=0, init=False)


ORDINARY = BodyLimit(bytes=2 * MEGA, seconds=60.0, total_bytes=100 * MEGA)
UPLOAD = BodyLimit(
    bytes=MAX_BUNDLE + MEGA, seconds=3600.0, total_bytes=MAX_BUNDLE + MAX_BUNDLE // 4
)
PIECE = BodyLimit(bytes=257 * MEGA, seconds=3600.0, total_bytes=2_000 * MEGA)


class BodyRefused(Exception):
    """The rest of the body is not wanted."""

    def __init__(self, status: int, code: str, sentence: str) -> None:
        super().__init__(sentence)
        self.status = status
        self.code = code


def limit_of_path(path: str) -> BodyLimit:
    try:
        name = resolve(path).url_name
    except Resolver404:
        return ORDINARY
    if name in PIECES:
        return PIECE
    return UPLOAD if name in UPLOADS else ORDINARY


class LimitedBodyRequest(StreamedBodyRequest):
    """Counts its body as it comes. Twisted's own names are in camel case."""

    def __init__(self, channel: Any, *args: Any, **options: Any) -> None:
        super().__init__(channel, *args, **options)
        self._parsePOSTFormSubmission = False  # Twisted would read a whole form into memory
        self._limit = ORDINARY
        self._bytes = self._counted = 0
        self._refused = False
        self._timer = _reactor().callLater(ORDINARY.seconds, self._time_out)

    def gotLength(self, length: int | None) -> None:  # noqa: N802
        super().gotLength(length)
        self._check(lambda: self._raise_unless_allowed(length or 0))

    def handleContentChunk(self, data: bytes) -> None:  # noqa: N802
        if not self._refused:
            self._check(lambda: self._accept(len(data)))
        if not self._refused:
            super().handleContentChunk(data)

    def requestReceived(self, command: bytes, path: bytes, version: bytes) -> None:  # noqa: N802
        if not self._refused:
            self._stop_timer()
            super().requestReceived(command, path, version)

    def finish(self) -> None:
        super().finish()
        self._release()

    def connectionLost(self, reason: Any) -> None:  # noqa: N802
        self._stop_timer()
        self._release()
        super().connectionLost(reason)

    # Limits

    def _raise_unless_allowed(self, size: int) -> None:
        """Raises BodyRefused where a body of this size is too large for the address."""
        if size > self._limit.bytes and self._limit is ORDINARY:
            self._limit = limit_of_path(self._path_text())
            if self._limit is not ORDINARY:
                self._timer.reset(self._limit.seconds)
        if size > self._limit.bytes:
            sentence = f"A request to this address has at most {self._limit.bytes:,} bytes."
            raise BodyRefused(413, "too_large", sentence)

    def _accept(self, size: int) -> None:
        before, self._bytes = self._bytes, self._bytes + size
        self._raise_unless_allowed(self._bytes)
        grown = max(0, self._bytes - UNCOUNTED_BYTES) - self._counted
        if not grown:
            return
        if self._limit.held_bytes + grown > self._limit.total_bytes:
            raise BodyRefused(503, "busy", "Too much is being sent at once. Try again in a moment.")
        self._counted += grown
        self._limit.held_bytes += grown
        if before // DISK_CHECK_BYTES != self._bytes // DISK_CHECK_BYTES:
            _raise_without_room()

    def _release(self) -> None:
        self._limit.held_bytes -= self._counted
        self._counted = 0

    def _check(self, rule: Any) -> None:
        try:
            rule()
        except BodyRefused as refusal:
            self._refuse(refusal)

    def _time_out(self) -> None:
        sentence = f"The request was not complete after {self._limit.seconds:.0f} seconds."
        self._refuse(BodyRefused(408, "bad_request", sentence))

    # Answering

    def _refuse(self, refusal: BodyRefused) -> None:
        """Answer, read on without keeping anything so that the answer is not lost, and close."""
        self._refused = True
        self._release()
        self._stop_timer()
        if self.content is not None:
            self.content.close()
        self.content = io.BytesIO()
        transport = self.channel.transport
        transport.write(_response_bytes(self._path_text(), refusal))
        transport.loseWriteConnection()
        self._timer = _reactor().callLater(LINGER_SECONDS, transport.abortConnection)

    def _stop_timer(self) -> None:
        if self._timer.active():
            self._timer.cancel()

    def _path_text(self) -> str:
        """The channel knows the address before the request does."""
        address: bytes = getattr(self.channel, "_path", b"")
        return address.partition(b"?")[0].decode("latin1")


def install_limited_request() -> None:
    """Make Daphne limit what it is sent. Every HTTP application must be in `Backpressure`."""
    http_protocol.WebRequest = LimitedBodyRequest


def _reactor() -> Any:
    from twisted.internet import reactor  # the one that Daphne has installed by now

    return reactor


def _raise_without_room() -> None:
    if shutil.disk_usage(tempfile.gettempdir()).free < MIN_FREE_BYTES:
        raise BodyRefused(503, "storage_full", "There is no room for this upload now.")


def _response_bytes(path: str, refusal: BodyRefused) -> bytes:
    headers: Mapping[str, str] = RETRY_AFTER if refusal.status == 503 else {}
    if path.startswith("/api/"):
        response = problem(refusal.status, refusal.code, str(refusal), headers=headers)
    else:
        response = HttpResponse(
            f"{refusal}\n", status=refusal.status, content_type="text/plain", headers=headers
        )
    response.headers["Content-Length"] = str(len(response.content))
    response.headers["Connection"] = "close"
    status_line = b"HTTP/1.1 %d %s\r\n" % (refusal.status, STATUS_LINES[refusal.status])
    return status_line + response.serialize_headers() + b"\r\n\r\n" + response.content
