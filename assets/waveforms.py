"""A sound's own picture: how loud it is from its beginning to its end, as bars."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from PIL import Image

SIZE = (960, 540)
BARS = 96
GROUND = (6, 32, 24)
QUIET, LOUD = (16, 110, 82), (167, 243, 208)
MAX_HEIGHT = 0.38  # of the picture, to each side of its middle


def loudness(frame: Any) -> float:
    """The largest deviation from the mean of a decoded frame's samples, in the frame's own unit."""
    samples = _samples(frame).astype("float32")
    return float(abs(samples - samples.mean()).max()) if samples.size else 0.0


def _samples(frame: Any) -> Any:
    if not frame.format.name.startswith("s64"):
        return frame.to_ndarray()
    import numpy as np

    # What PyAV makes no array of. A plane may be longer than what is in it.
    count = frame.samples * (1 if frame.format.is_planar else frame.layout.nb_channels)
    return np.stack([np.frombuffer(plane, "int64", count) for plane in frame.planes])


def waveform(loudnesses: Sequence[float]) -> Image.Image:
    """The picture of a sound whose frames are as loud as that; silence is a line."""
    import numpy as np
    from PIL import Image, ImageDraw

    image = Image.new("RGB", SIZE, GROUND)
    pen = ImageDraw.Draw(image)
    wide, high = SIZE
    values = np.nan_to_num(np.array(loudnesses or [0.0]), posinf=0.0)
    starts = np.linspace(0, len(values), BARS, endpoint=False).astype(int)
    ends = np.maximum(np.append(starts[1:], len(values)), starts + 1)
    bars = [values[start:end].max() for start, end in zip(starts, ends, strict=True)]
    scale = max(bars) or 1.0
    step = wide / (BARS + 8)
    for place, bar in enumerate(bars):
        share = (bar / scale) ** 0.7
        half = max(2.0, MAX_HEIGHT * high * share)
        x = step * (place + 4)
        colour = tuple(round(a + (b - a) * share) for a, b in zip(QUIET, LOUD, strict=True))
        box = (x + 0.2 * step, high / 2 - half, x + 0.8 * step, high / 2 + half)
        pen.rounded_rectangle(box, radius=0.25 * step, fill=colour)
    return image
