"""Refusals take turns: who floods the farm's API gets no more than some of them a second from this process, so
that the event loop has time for everybody else. Whoever is let through waits for none of it."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable

STATUSES = frozenset({401, 403, 429})
PER_SECOND = 100
PER_SECOND_OF_ONE = 5
MOST_SECONDS = 4.0  # that one is held back: less than clients wait for an answer
MAX_REMEMBERED = 10_000


class RefusalPace:
    """Of all that are refused, and more slowly of each: of its secret, or of its address."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._next = 0.0
        self._next_of: dict[str, float] = {}

    async def wait(self, who: str) -> None:
        """Until the next refusal may be sent to `who`."""
        now = self._clock()
        of_all = _turn(self._next, now)
        own = _turn(self._next_of.get(who, 0.0), now)
        self._next = of_all + 1 / PER_SECOND
        if len(self._next_of) >= MAX_REMEMBERED:
            self._next_of = {one: at for one, at in self._next_of.items() if at > now}
        if len(self._next_of) < MAX_REMEMBERED:
            self._next_of[who] = own + 1 / PER_SECOND_OF_ONE
        if (mine := max(of_all, own)) > now:
            await asyncio.sleep(mine - now)


def _turn(free_from: float, now: float) -> float:
    return min(max(free_from, now), now + MOST_SECONDS)
