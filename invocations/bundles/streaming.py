"""Sending a bundle while it is made, from a thread that is this download's own."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Generator
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress

from django.core.handlers.asgi import ASGIRequest
from django.db import connections
from django.http import HttpRequest, StreamingHttpResponse
from django.utils import timezone

from invocations.models import Run

from . import writing

AT_ONCE = 4  # downloads of a web process; each holds a thread and a connection
_under_way: set[int] = set()


class TooMany(Exception):
    """As many bundles as may be are on their way already; `str(error)` is for the person."""

    def __init__(self) -> None:
        super().__init__("Several bundles are being made already. Try again in a minute.")


def response(request: HttpRequest, run: Run, *, costs: bool = False) -> StreamingHttpResponse:
    """The bundle as a download; raises TooMany."""
    if len(_under_way) >= AT_ONCE:
        raise TooMany
    content = _Download(writing.pieces(run, at=timezone.now(), costs=costs))
    sent = _InItsThread(content) if isinstance(request, ASGIRequest) else content
    headers = {
        "Content-Disposition": f'attachment; filename="panic-{run.public_id}.zip"',
        "Cache-Control": "private, no-store",
        "X-Robots-Tag": "noindex",
    }
    return StreamingHttpResponse(sent, content_type="application/zip", headers=headers)


class _Download:
    """The pieces; it counts from the first that is asked for until it is closed."""

    def __init__(self, pieces: Generator[bytes]) -> None:
        self._pieces = pieces

    def __iter__(self) -> _Download:
        return self

    def __next__(self) -> bytes:
        _under_way.add(id(self))
        try:
            return next(self._pieces)
        except BaseException:
            self.close()
            raise

    def close(self) -> None:
        _under_way.discard(id(self))
        with suppress(ValueError):  # in the middle of a piece: its thread closes it after that
            self._pieces.close()


class _InItsThread:
    """The same for the event loop: database and disk are read beside it, on one connection."""

    def __init__(self, content: _Download) -> None:
        self._content = content

    async def __aiter__(self) -> AsyncIterator[bytes]:
        loop = asyncio.get_running_loop()
        thread = ThreadPoolExecutor(1, thread_name_prefix="bundle")
        try:
            while (
                piece := await loop.run_in_executor(thread, next, self._content, None)
            ) is not None:
                yield piece
        finally:
            thread.submit(self.close)
            thread.submit(connections.close_all)  # its own, which `connection.close` here is not
            thread.shutdown(wait=False)

    def close(self) -> None:
        """Django calls it too, where nobody ever asked for a piece."""
        self._content.close()
