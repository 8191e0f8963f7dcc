"""Turns with the application: so many calls at a time, and each caller as often as any other.

Who sends a hundred calls at once waits behind itself, not in front of everybody else.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager


class FairTurns:
    """Of one event loop."""

    def __init__(self, at_once: int) -> None:
        self._free = at_once
        self._waiting: dict[str, deque[asyncio.Future[None]]] = {}  # the next caller first

    @asynccontextmanager
    async def turn(self, who: str) -> AsyncIterator[None]:
        await self._take(who)
        try:
            yield
        finally:
            self._pass_on()

    async def _take(self, who: str) -> None:
        if self._free and not self._waiting:
            self._free -= 1
            return
        mine = asyncio.get_running_loop().create_future()
        self._waiting.setdefault(who, deque()).append(mine)
        try:
            await mine
        except asyncio.CancelledError:
            if mine.done() and not mine.cancelled():  # it was given the turn at that moment
                self._pass_on()
            raise

    def _pass_on(self) -> None:
        """To the caller who had one the longest ago."""
        while self._waiting:
            who = next(iter(self._waiting))
            own = self._waiting.pop(who)
            one = own.popleft()
            if own:
                self._waiting[who] = own  # behind all others
            if not one.done():
                one.set_result(None)
                return
        self._free += 1
