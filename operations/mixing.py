"""Several sounds laid along one film, each from its own second on."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from fractions import Fraction
from pathlib import Path
from typing import Any

import av
import numpy as np

from .sounds import LAYOUT, SOUND_RATE, TICK, decoded_sound

CHANNELS = 2
PIECE = SOUND_RATE  # samples that are handed on at once
FULL_SCALE = 32_768.0


def mixed_sounds(
    sounds: Sequence[Path],
    offsets: Sequence[float],
    samples: int,
    draft: Path,
    alive: Callable[[], None],
) -> Iterator[Any]:
    """Frames of 32 bits (`flt`), together exactly `samples` long. What is before 0 or behind the end is
    left out. The sum stands in the file `draft` meanwhile, so that an hour of it needs no memory."""
    draft.touch()
    with draft.open("r+b") as stream:
        stream.truncate(max(1, samples) * CHANNELS * 4)
    total = np.memmap(draft, np.float32, "r+", shape=(max(1, samples), CHANNELS))
    for path, offset in zip(sounds, offsets, strict=True):
        position = round(Fraction(offset) * SOUND_RATE)
        for frame in decoded_sound(path):
            alive()
            pixels = frame.to_ndarray().reshape(-1, CHANNELS)
            skipped = max(0, -position)
            here = pixels[skipped : max(skipped, samples - position)]
            begin = position + skipped
            total[begin : begin + len(here)] += here / FULL_SCALE
            position += len(pixels)
            if position >= samples:
                break
    yield from _frames(total, samples)
    del total
    draft.unlink()


def _frames(total: Any, samples: int) -> Iterator[Any]:
    for at in range(0, samples, PIECE):
        piece = np.clip(total[at : min(samples, at + PIECE)], -1, 1)
        frame = av.AudioFrame.from_ndarray(
            np.ascontiguousarray(piece.reshape(1, -1)), format="flt", layout=LAYOUT
        )
        frame.sample_rate, frame.pts, frame.time_base = SOUND_RATE, at, TICK
        yield frame
