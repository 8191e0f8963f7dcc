"""How long to wait before a call is tried again."""

from __future__ import annotations

import random


class Backoff:
    """Exponential, with full jitter above a floor: a farm does not come back in one moment.

    `first` and `most` are seconds; a wait that the server names is kept to, and lengthened by up to a
    tenth.
    """

    def __init__(self, first: float, most: float) -> None:
        self._first = first
        self._most = most
        self._failures = 0

    def next_wait(self, asked: float | None = None) -> float:
        self._failures += 1
        ceiling = min(self._most, self._first * 2 ** min(self._failures - 1, 30))
        if asked is not None:
            return asked * random.uniform(1.0, 1.1)  # noqa: S311 (jitter is no secret)
        return random.uniform(ceiling / 4, ceiling)  # noqa: S311

    def succeeded(self) -> None:
        self._failures = 0
