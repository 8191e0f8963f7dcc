"""How long work on one file may take."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar

from . import sentences
from .errors import TooLarge

DECODING_SECONDS = 240.0
CONVERTING_SECONDS = 900.0  # encoding half an hour of large pictures takes longer than decoding it
_factor: ContextVar[float] = ContextVar("factor of deadlines", default=1.0)


@contextmanager
def extended_deadlines(factor: float) -> Iterator[None]:
    """Within the block deadlines of this thread are so many times as long: for a process that waits for
    all others."""
    token = _factor.set(factor)
    try:
        yield
    finally:
        _factor.reset(token)


class Deadline:
    """Counts from when it is made. `work` is what the sentence of the error says it was to do."""

    def __init__(self, seconds: float, work: str) -> None:
        self._until = time.monotonic() + seconds * _factor.get()
        self._work = work

    def check(self) -> None:
        """Raises TooLarge once the time is over."""
        if time.monotonic() > self._until:
            raise TooLarge(sentences.TOO_LONG_TO[self._work])
