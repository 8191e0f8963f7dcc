"""How long work on one file may take."""

from __future__ import annotations

import time

from . import sentences
from .errors import TooLarge

DECODING_SECONDS = 240.0
CONVERTING_SECONDS = 900.0  # encoding half an hour of large pictures takes longer than decoding it


class Deadline:
    """Counts from when it is made. `work` is what the sentence of the error says it was to do."""

    def __init__(self, seconds: float, work: str) -> None:
        self._until = time.monotonic() + seconds
        self._work = work

    def check(self) -> None:
        """Raises TooLarge once the time is over."""
        if time.monotonic() > self._until:
            raise TooLarge(sentences.TOO_LONG_TO[self._work])
