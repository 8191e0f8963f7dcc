"""A chain of jobs on pgqueuer: each one puts the next into the queue, in one process."""

from __future__ import annotations

import asyncio
import functools
import os
import threading
import time
from collections.abc import Coroutine
from typing import Any, TypeVar

import asyncpg  # type: ignore[import-untyped,import-not-found,unused-ignore]
from pgqueuer import (  # type: ignore[import-not-found,unused-ignore]
    AsyncpgDriver,
    Job,
    PgQueuer,
    Queries,
)

from .hop_rows import HopRows, Statement, numbered

TIMEOUT_SECONDS = 120.0
T = TypeVar("T")


class Worker:
    """A worker in a thread of its own; `chain` carries out a chain of jobs."""

    def __init__(self) -> None:
        self._loop = asyncio.new_event_loop()
        self._commits: list[list[Statement]] = []
        self._left = 0
        self._ended: asyncio.Future[float] = self._loop.create_future()
        threading.Thread(target=self._loop.run_forever, daemon=True).start()
        self._call(self._start())

    def time_chain(self, hops: int, commits: list[list[Statement]]) -> float:
        """Milliseconds per job; `commits`: what each writes besides, if anything."""
        return self._call(self._chain(hops, commits)) * 1000 / hops

    def _call(self, work: Coroutine[Any, Any, T]) -> T:
        return asyncio.run_coroutine_threadsafe(work, self._loop).result(TIMEOUT_SECONDS)

    async def _start(self) -> None:
        address = os.environ["DATABASE_URL"].replace("postgres://", "postgresql://", 1)
        self._pool = await asyncpg.create_pool(address, min_size=3, max_size=5)
        queue = PgQueuer.from_asyncpg_pool(self._pool)
        self._queries = Queries(queue.connection)
        await self._queries.install()
        queue.entrypoint("hop")(self._hop)
        self._running = asyncio.ensure_future(queue.run())

    async def _chain(self, hops: int, commits: list[list[Statement]]) -> float:
        self._ended = self._loop.create_future()
        self._left, self._commits = hops, commits[::-1]
        self._began = 0.0
        await self._queries.enqueue("hop", None)
        return await self._ended

    async def _hop(self, job: Job) -> None:
        self._began = self._began or time.perf_counter()
        self._left -= 1
        if self._commits:
            await self._write(self._commits.pop())
        elif self._left:
            await self._queries.enqueue("hop", None)
        if not self._left:
            self._ended.set_result(time.perf_counter() - self._began)

    async def _write(self, statements: list[Statement]) -> None:
        """The rows and the next job in one transaction."""
        async with self._pool.acquire() as own, own.transaction():
            for sql, values in statements:
                await own.execute(numbered(sql), *values)
            if self._left:
                await Queries(AsyncpgDriver(own)).enqueue("hop", None)


@functools.cache
def _worker() -> Worker:
    return Worker()


def time_jobs(hops: int) -> float:
    """Milliseconds per job that does nothing but queue the next one."""
    return _worker().time_chain(hops, [])


def time_jobs_with_rows(hops: int) -> float:
    """Milliseconds per job that writes a hop's rows."""
    rows = HopRows()
    return _worker().time_chain(hops, [rows.hop() for _ in range(hops)])
