"""Tasks that go on for as long as their process does.

A task that raises is started again. One that does not come round any more (it hangs, or was ended by
something that nothing here can mend) makes `stalled_seconds` grow, and whoever watches the process
restarts it: `/healthz` of a web process, the queue's canary in a worker.
"""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Awaitable, Callable
from contextlib import suppress

logger = logging.getLogger(__name__)

RESTART_SECONDS = 0.5
MAX_STALLED_SECONDS = 60.0  # longer than any wait for a database or a server that is away


class WatchedTask:
    """Runs `work` on the running event loop until `cancel`; it reports each round with `report_round`."""

    def __init__(self, name: str, work: Callable[[], Awaitable[None]]) -> None:
        self.name = name
        self.came_round_at = time.monotonic()
        self._task = asyncio.create_task(self._run(work), name=name)
        _watched[self._task] = self

    async def _run(self, work: Callable[[], Awaitable[None]]) -> None:
        while True:
            try:
                await work()
                logger.error("%s ended and is started again.", self.name)
            except Exception:  # a border: nothing else would ever start it again
                logger.exception("%s failed and is started again.", self.name)
            await asyncio.sleep(RESTART_SECONDS)

    async def cancel(self) -> None:
        _watched.pop(self._task, None)
        self._task.cancel()
        if self._task is not asyncio.current_task():
            with suppress(asyncio.CancelledError):
                await self._task


_watched: dict[asyncio.Task[None], WatchedTask] = {}


def report_round() -> None:
    """The task that calls this is alive: it has begun another round of its work."""
    task = asyncio.current_task()
    if task is not None and (watched := _watched.get(task)):
        watched.came_round_at = time.monotonic()


def stalled_seconds() -> float:
    """How long ago the slowest of this process's tasks came round; 0.0 without any."""
    now = time.monotonic()
    return max((now - one.came_round_at for one in tuple(_watched.values())), default=0.0)


def is_stalled() -> bool:
    return stalled_seconds() > MAX_STALLED_SECONDS
