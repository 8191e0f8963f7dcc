"""The picture of a sound that Whisper looks at: 80 bands of 10 ms each, over 30 seconds."""

from __future__ import annotations

import numpy as np

from local_models.sound_files import Sound

RATE = 16_000
SECONDS = 30
WINDOW, HOP, BANDS = 400, 160, 80
TOP = 8.0  # decades below the loudest point that still count
LINEAR_STEP, LOG_START = 200 / 3, 1000.0  # hertz of a mel up to there
LOG_STEP = np.log(6.4) / 27


def mel_picture(sound: Sound) -> Sound:
    """BANDS rows of 3000, whatever the length of the sound."""
    whole = np.zeros(SECONDS * RATE, np.float32)
    whole[: len(sound)] = sound[: len(whole)]
    padded = np.pad(whole, WINDOW // 2, mode="reflect")
    frames = np.lib.stride_tricks.sliding_window_view(padded, WINDOW)[::HOP][:-1]
    window = np.hanning(WINDOW + 1)[:-1].astype(np.float32)
    power = np.abs(np.fft.rfft(frames * window, axis=1)) ** 2
    bands = np.log10(np.maximum(power @ _filters().T, 1e-10))
    bands = np.maximum(bands, bands.max() - TOP)
    picture: Sound = ((bands + 4) / 4).T.astype(np.float32)
    return np.ascontiguousarray(picture)


def _filters() -> Sound:
    """Triangles of equal area, evenly spaced on Slaney's scale of pitch."""
    hertz = np.fft.rfftfreq(WINDOW, 1 / RATE)
    edges = _hertz(np.linspace(0, _mel(RATE / 2), BANDS + 2, dtype=np.float32))
    rising = (hertz - edges[:-2, None]) / np.diff(edges)[:-1, None]
    falling = (edges[2:, None] - hertz) / np.diff(edges)[1:, None]
    triangles = np.maximum(0, np.minimum(rising, falling))
    scaled: Sound = triangles * (2 / (edges[2:] - edges[:-2]))[:, None]
    return scaled


def _mel(hertz: float) -> float:
    if hertz < LOG_START:
        return hertz / LINEAR_STEP
    return float(LOG_START / LINEAR_STEP + np.log(hertz / LOG_START) / LOG_STEP)


def _hertz(mel: Sound) -> Sound:
    start = LOG_START / LINEAR_STEP
    linear, logarithmic = mel * LINEAR_STEP, LOG_START * np.exp(LOG_STEP * (mel - start))
    found: Sound = np.where(mel < start, linear, logarithmic)
    return found
