"""Threads for the calls of farm workers.

Django gives each request a thread of its own, with a new database connection: half of what a claim
takes, and a thousand threads where a thousand workers ask at once. These few stay, with their connections;
who finds none free waits on the event loop.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from concurrent.futures import ThreadPoolExecutor

from asgiref.sync import ThreadSensitiveContext

THREADS = 4


class FarmCallThreads:
    """`run` carries out one call in one of them."""

    def __init__(self, count: int = THREADS) -> None:
        self._turns = asyncio.Semaphore(count)
        self._idle = [ThreadPoolExecutor(1, f"farm-{number}") for number in range(count)]

    async def run(self, call: Callable[[], Awaitable[None]]) -> None:
        async with self._turns:
            executor = self._idle.pop()
            try:
                async with ThreadSensitiveContext(executor=executor):
                    await call()
            finally:
                self._idle.append(executor)

    def shutdown(self) -> None:
        for executor in self._idle:
            executor.shutdown(wait=False)
