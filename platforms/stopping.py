"""Listening for a stop while something else is awaited, for adapters."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Coroutine
from typing import TypeVar

from .base import Call
from .errors import Cancelled

T = TypeVar("T")
_on_their_own: set[asyncio.Future[None]] = set()  # a task nobody holds may be collected as it runs


async def unless_stopped(call: Call, work: Awaitable[T]) -> T:
    """The result of `work`, or Cancelled as soon as the call is; work that is done counts.

    `work` is cancelled then; wrap it in `asyncio.shield` if it must go on.
    """
    task = asyncio.ensure_future(work)
    stop = asyncio.ensure_future(call.cancelled.wait())
    try:
        await asyncio.wait({task, stop}, return_when=asyncio.FIRST_COMPLETED)
        if task.done():
            return await task
        raise Cancelled
    finally:
        stop.cancel()
        task.cancel()
        await asyncio.wait({task, stop})


def let_finish(work: Coroutine[object, object, None] | asyncio.Future[None]) -> None:
    """Let it end on its own after the call is over; whatever it raises ends there."""
    task = asyncio.ensure_future(work)
    _on_their_own.add(task)
    task.add_done_callback(_on_their_own.discard)
    task.add_done_callback(lambda done: None if done.cancelled() else done.exception())
