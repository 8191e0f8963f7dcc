"""Which frame is due: by the clock on the wall, so that a slow machine skips frames and is never behind."""

from __future__ import annotations

import math
import time
from collections.abc import Callable

FPS = 30
SEGMENT_SECONDS = 2
SEGMENT_FRAMES = FPS * SEGMENT_SECONDS
EPOCH = 1_767_225_600.0  # 2026-01-01 00:00 UTC: frame 0 of every channel
MAX_LATE_FRAMES = 8  # a machine that is as late as this catches up; later, it skips
MAX_REFILL_SECONDS = 12.0  # of what a dead encoder left out, so much is made up for
REFILL_STEP = (
    6  # of that only each sixth frame is made: a player does not wait, and sees it hardly ever
)
MAX_REFILL_FRAMES = 10 * FPS  # that become due meanwhile; a machine that needs longer skips


def frame_at(unix_time: float) -> int:
    return math.floor((unix_time - EPOCH) * FPS)


def nearest_frame(unix_time: float) -> int:
    """The frame that begins at this time, which was rounded."""
    return round((unix_time - EPOCH) * FPS)


def time_of(frame: int) -> float:
    return EPOCH + frame / FPS


class FrameClock:
    """Frame numbers in order. `late_frames`: those that were skipped.

    It begins with `first`, which may lie in the past: what is missing since then is made as fast as the
    machine can, at a few frames a second and with the first frame of each segment.
    """

    def __init__(self, first: int, now: Callable[[], float]) -> None:
        self.late_frames = 0
        self._now = now
        self._next = first
        self._is_refilling = True
        self._refilled_at = frame_at(now()) + MAX_REFILL_FRAMES  # nothing is skipped before

    def next_frame(self) -> int | None:
        """The frame to make now; None: it is too early."""
        due = frame_at(self._now())
        if self._next > due:
            self._is_refilling = False
            return None
        late = due - self._next
        self._is_refilling &= self._next < self._refilled_at
        if not self._is_refilling and late > MAX_LATE_FRAMES:
            self.late_frames += late
            self._next = due
        frame = self._next
        self._next = self._following(frame, due)
        return frame

    def _following(self, frame: int, due: int) -> int:
        if not self._is_refilling:
            return frame + 1
        next_segment = (frame // SEGMENT_FRAMES + 1) * SEGMENT_FRAMES
        return max(frame + 1, min(frame + REFILL_STEP, next_segment, due))

    def seconds_to_wait(self) -> float:
        return max(0.0, time_of(self._next) - self._now())


def steady_now() -> Callable[[], float]:
    """Unix time that never jumps: a clock that is set while the encoder runs changes nothing."""
    began, monotonic = time.time(), time.monotonic()
    return lambda: began + time.monotonic() - monotonic


def first_frame(newest_end: float | None, now: float) -> int:
    """Where a new encoder begins, when the newest segment ends at `newest_end`: right there, or, where
    nothing is kept or that is long ago, a few segments ago, so that a player finds something to play."""
    oldest = now - (MAX_REFILL_SECONDS if newest_end is not None else 3 * SEGMENT_SECONDS)
    if newest_end is None or not oldest <= newest_end <= now:
        return frame_at(now - 3 * SEGMENT_SECONDS)
    return nearest_frame(newest_end)
