"""Refusals take turns: who floods the farm's API gets no more than some of them a second from this process, so
that the event loop has time for everybody else. Whoever is let through waits for none of it."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable

STATUSES = frozenset({401, 403, 429})
PER_SECOND = 100
MOST_SECONDS = 10.0  # that one is held back


class RefusalPace:
    """Of all that are refused, whoever they are: by their secrets nobody who guesses is the same twice."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._next = 0.0

    async def wait(self) -> None:
        """Until the next refusal may be sent."""
        now = self._clock()
        mine = min(max(self._next, now), now + MOST_SECONDS)
        self._next = mine + 1 / PER_SECOND
        if mine > now:
            await asyncio.sleep(mine - now)
