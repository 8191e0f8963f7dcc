"""Requests take threads that are used again, one at a time."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from typing import Any

import pytest
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase

from panic.request_threads import RequestHandler, RequestThreads


@pytest.fixture
def threads() -> Iterator[RequestThreads]:
    threads = RequestThreads(kept=1)
    yield threads
    threads.close()


def number_of(thread: ThreadPoolExecutor) -> int:
    """The system's thread behind it."""
    return thread.submit(threading.get_ident).result()


def test_a_request_gets_the_thread_of_the_one_before(threads: RequestThreads) -> None:
    with threads.lend() as first:
        number = number_of(first)
    number_of(first)  # it is taken back before that

    with threads.lend() as second:
        assert number_of(second) == number


def test_requests_at_the_same_time_have_a_thread_each(threads: RequestThreads) -> None:
    with threads.lend() as first, threads.lend() as second:
        assert number_of(first) != number_of(second)


def test_a_thread_is_not_lent_while_a_view_of_before_goes_on(threads: RequestThreads) -> None:
    going_on = threading.Event()
    with threads.lend() as first:
        view = first.submit(going_on.wait)

    with threads.lend() as second:
        assert second is not first

    going_on.set()
    view.result()


def test_threads_that_are_not_kept_end_with_the_rest() -> None:
    threads = RequestThreads(kept=1)
    with threads.lend() as first, threads.lend() as second:
        both = [*_workers(first), *_workers(second)]

    for thread in (first, second):
        with suppress(RuntimeError):  # it has ended already
            number_of(thread)  # until it was taken back
    threads.close()

    for worker in both:
        worker.join(60)
        assert not worker.is_alive()


def _workers(thread: ThreadPoolExecutor) -> list[threading.Thread]:
    number_of(thread)
    return list(thread._threads)


def test_middleware_and_view_run_in_one_hop_to_the_thread_of_the_request() -> None:
    handler = RequestHandler()
    seen: list[str] = []

    def respond(request: HttpRequest) -> HttpResponseBase:
        seen.append(threading.current_thread().name)
        return HttpResponse(status=204)

    handler._middleware_chain = respond  # type: ignore[attr-defined]

    assert asyncio.run(status_of(handler)) == 204
    handler.threads.close()
    assert [name.startswith("request") for name in seen] == [True]


async def status_of(handler: RequestHandler) -> int:
    """The status of the answer to a request for `/`."""
    sent: list[dict[str, Any]] = []
    asked = asyncio.Event()

    async def receive() -> dict[str, Any]:
        if asked.is_set():
            await asyncio.Event().wait()  # it does not leave
        asked.set()
        return {"type": "http.request", "body": b"", "more_body": False}

    async def send(message: dict[str, Any]) -> None:
        sent.append(message)

    scope = {"type": "http", "method": "GET", "path": "/", "query_string": b"", "headers": []}
    await handler(scope, receive, send)
    return int(sent[0]["status"])
