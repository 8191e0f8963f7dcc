"""Sound as numbers, from files of any kind and to WAV."""

from __future__ import annotations

import io
import wave
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from .protocol import UnusableInput

Sound = NDArray[np.float32]


def decoded(path: Path, *, rate: int, max_seconds: float) -> Sound:
    """The beginning of the first audio track, mono. Raises UnusableInput."""
    import av

    parts: list[Sound] = []
    most = int(max_seconds * rate)
    try:
        with av.open(str(path)) as container:
            if not container.streams.audio:
                raise UnusableInput("The file has no sound in it.")
            resampler = av.AudioResampler(format="flt", layout="mono", rate=rate)
            held = 0
            for frame in container.decode(audio=0):
                for piece in resampler.resample(frame):
                    parts.append(piece.to_ndarray().reshape(-1).astype(np.float32))
                    held += len(parts[-1])
                if held > most:
                    break
    except (av.FFmpegError, OSError, ValueError):
        raise UnusableInput("The file is not a sound that can be read.") from None
    if not parts:
        raise UnusableInput("The file has no sound in it.")
    return np.concatenate(parts)[:most]


def wav(sound: Sound, rate: int) -> bytes:
    """A mono file of 16 bits; the samples are from -1 to 1."""
    file = io.BytesIO()
    with wave.open(file, "wb") as out:
        out.setnchannels(1)
        out.setsampwidth(2)
        out.setframerate(rate)
        out.writeframes((sound.clip(-1, 1) * 32_000).astype("<i2").tobytes())
    return file.getvalue()
