"""The listener: a sentence about what a sound is like."""

from __future__ import annotations

import hashlib
import time
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from .hearing import RATE, hear
from .imagining import imagined
from .protocol import Reply, Request, Unusable

Array = NDArray[np.float32]
LONGEST_SECONDS = 60


def listen(request: Request) -> Reply:
    """Always the same sentence for the same sound."""
    begun = time.perf_counter()
    sound = decoded(Path(request.path))
    text = imagined(hear(sound), _seed(sound))
    return Reply(text=text, seconds=time.perf_counter() - begun)


def decoded(path: Path) -> Array:
    """The first minute of the first audio track, mono at RATE."""
    import av

    parts: list[Array] = []
    try:
        with av.open(str(path)) as container:
            if not container.streams.audio:
                raise Unusable("The file has no sound in it.")
            resampler = av.AudioResampler(format="flt", layout="mono", rate=RATE)
            held = 0
            for frame in container.decode(audio=0):
                for piece in resampler.resample(frame):
                    parts.append(piece.to_ndarray().reshape(-1).astype(np.float32))
                    held += len(parts[-1])
                if held > LONGEST_SECONDS * RATE:
                    break
    except (av.FFmpegError, OSError, ValueError):
        raise Unusable("The file is not a sound that can be read.") from None
    if not parts:
        raise Unusable("The file has no sound in it.")
    return np.concatenate(parts)[: LONGEST_SECONDS * RATE]


def _seed(sound: Array) -> int:
    coarse = (sound[:: RATE // 400] * 64).astype(np.int8)
    return int.from_bytes(hashlib.blake2b(coarse.tobytes(), digest_size=8).digest(), "big")
