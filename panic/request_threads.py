"""Django's requests in threads that are used again, with the connections to the database they have opened.

Django's own handler gives each request a new thread, and so a new connection: a third to a half of the
processor time of a page on SQLite. A request still has a thread of its own for as long as it takes,
however many there are at the same time.
"""

from __future__ import annotations

from collections import deque
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from functools import partial
from typing import TYPE_CHECKING, Any

from asgiref.sync import ThreadSensitiveContext, sync_to_async
from django.core.handlers.asgi import ASGIHandler
from django.db import connections

if TYPE_CHECKING:
    from collections.abc import Iterator

    from django.http import HttpRequest, HttpResponseBase

KEPT = 4  # threads that wait for the next request, each with a connection


class RequestThreads:
    """Threads of one worker each, the one that was used last first."""

    def __init__(self, kept: int = KEPT) -> None:
        self._kept = kept
        self._idle: deque[ThreadPoolExecutor] = deque()

    @contextmanager
    def lend(self) -> Iterator[ThreadPoolExecutor]:
        try:
            thread = self._idle.pop()
        except IndexError:
            thread = ThreadPoolExecutor(1, "request")
        try:
            yield thread
        finally:
            # Behind what is still to be done in it: a view goes on when its client has left.
            thread.submit(_nothing).add_done_callback(partial(self._take_back, thread))

    def close(self) -> None:
        """End those that wait, with their connections."""
        while self._idle:
            _end(self._idle.pop())

    def _take_back(self, thread: ThreadPoolExecutor, _: Future[None]) -> None:
        if len(self._idle) < self._kept:
            self._idle.append(thread)
        else:
            _end(thread)


class RequestHandler(ASGIHandler):
    """One hop to the thread of a request for all middleware and the view, all of which are synchronous."""

    def __init__(self) -> None:
        super().__init__()
        self.threads = RequestThreads()

    def load_middleware(self, is_async: bool = False) -> None:
        super().load_middleware(is_async=False)

    async def get_response_async(self, request: HttpRequest) -> HttpResponseBase:
        return await sync_to_async(self.get_response, thread_sensitive=True)(request)

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        with self.threads.lend() as thread:
            async with ThreadSensitiveContext(executor=thread):
                await super().__call__(scope, receive, send)


def _nothing() -> None:
    pass


def _end(thread: ThreadPoolExecutor) -> None:
    thread.submit(connections.close_all)
    thread.shutdown(wait=False)
