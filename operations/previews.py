"""The newest picture that is being made, for who wants to look on: a small JPEG, written again and again.

One process makes one thing, and says once where its picture is to be; without that nothing is written.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any

EVERY_SECONDS = 2.0
MAX_WIDTH = 480
QUALITY = 80


class NewestPicture:
    """`offer` takes each picture, and writes one now and then."""

    def __init__(self, path: Path, clock: Callable[[], float] = time.monotonic) -> None:
        self._path = path
        self._clock = clock
        self._next = 0.0

    def offer(self, frame: Any) -> None:
        if self._clock() < self._next:
            return
        self._next = self._clock() + EVERY_SECONDS
        width = min(frame.width, MAX_WIDTH)
        height = max(1, round(frame.height * width / frame.width))
        image = frame.reformat(width, height, format="rgb24", threads=1).to_image()
        draft = self._path.with_suffix(".draft")
        with suppress(OSError):  # nobody looks on, then
            image.save(draft, "JPEG", quality=QUALITY)
            draft.replace(self._path)


_wanted: list[NewestPicture] = []


def write_to(path: Path) -> None:
    """From now on, of what this process makes."""
    _wanted[:] = [NewestPicture(path)]


def offer(frame: Any) -> None:
    for one in _wanted:
        one.offer(frame)
