"""Between the planes of a picture (BT.709, of the range that television has) and the red, green and blue that a
network takes, in numbers that are not rounded on the way."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from operations.planes import Plane

Signal = npt.NDArray[np.float32]  # three planes, from 0 to 1
RED, BLUE = 0.2126, 0.0722  # shares of the brightness
GREEN = 1 - RED - BLUE
BLACK, GREY = 16, 128
LUMA, CHROMA = 219, 224  # how many steps the range has


def to_rgb(planes: Sequence[Plane]) -> Signal:
    """Of a picture whose sides are even."""
    luma = (planes[0].astype(np.float32) - BLACK) / LUMA
    blue_less, red_less = (
        np.repeat(np.repeat((plane.astype(np.float32) - GREY) / CHROMA, 2, 0), 2, 1)
        for plane in planes[1:]
    )
    red = luma + 2 * (1 - RED) * red_less
    blue = luma + 2 * (1 - BLUE) * blue_less
    green = (luma - RED * red - BLUE * blue) / GREEN
    return np.stack([red, green, blue])


def from_rgb(signal: Signal) -> list[Plane]:
    """Its inverse: a picture comes back as it was, whatever colours it has."""
    red, green, blue = signal
    luma = RED * red + GREEN * green + BLUE * blue
    return [
        _rounded(luma * LUMA + BLACK),
        _rounded(_halved(blue - luma) / (2 * (1 - BLUE)) * CHROMA + GREY),
        _rounded(_halved(red - luma) / (2 * (1 - RED)) * CHROMA + GREY),
    ]


def _halved(plane: Signal) -> Signal:
    height, width = plane.shape
    mean: Signal = plane.reshape(height // 2, 2, width // 2, 2).mean(axis=(1, 3))
    return mean


def _rounded(plane: Signal) -> Plane:
    return plane.round().clip(0, 255).astype(np.uint8)
