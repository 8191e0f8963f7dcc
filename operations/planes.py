"""The pictures that go from one operation to the next: planes of 8 bits, with halved colour (yuv420p).

PyAV's own arrays of such frames refuse odd sizes, so the planes are read and written one by one.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

import av
import numpy as np
import numpy.typing as npt
from av.video.reformatter import ColorRange, Colorspace

Plane = npt.NDArray[np.uint8]
FORMAT = "yuv420p"
BT709 = 1  # primaries and transfer, in FFmpeg's numbers


def planes_of(frame: Any) -> list[Plane]:
    """Views of its three planes; the frame must live for as long as they are used."""
    return [
        np.frombuffer(plane, np.uint8).reshape(-1, plane.line_size)[: plane.height, : plane.width]
        for plane in frame.planes
    ]


def frame_of(planes: Sequence[Plane]) -> Any:
    """A frame of its own with these planes."""
    height, width = planes[0].shape
    frame = described(av.VideoFrame(width, height, FORMAT))
    for view, pixels in zip(planes_of(frame), planes, strict=True):
        view[:] = pixels
    return frame


def described(frame: Any) -> Any:
    """The frame, saying what its colours are: BT.709 of the range that television has."""
    frame.colorspace, frame.color_range = Colorspace.ITU709, ColorRange.MPEG
    frame.color_primaries, frame.color_trc = BT709, BT709
    return frame


def padded(planes: Sequence[Plane], width: int, height: int) -> list[Plane]:
    """The picture on a larger canvas: its right and lower edges go on."""
    sizes = [(height, width), *[((height + 1) // 2, (width + 1) // 2)] * 2]
    return [
        np.pad(plane, ((0, high - plane.shape[0]), (0, wide - plane.shape[1])), "edge")
        for plane, (high, wide) in zip(planes, sizes, strict=True)
    ]


def cropped(planes: Iterable[Plane], width: int, height: int) -> list[Plane]:
    luma, *colours = planes
    halves = (height + 1) // 2, (width + 1) // 2
    return [luma[:height, :width], *(plane[: halves[0], : halves[1]] for plane in colours)]


def blended(first: Sequence[Plane], second: Sequence[Plane], share: float) -> list[Plane]:
    """`share` of the second picture, from 0 to 1, over the first one."""
    weight = round(share * 256)
    return [
        ((a.astype(np.uint16) * (256 - weight) + b.astype(np.uint16) * weight + 128) >> 8).astype(
            np.uint8
        )
        for a, b in zip(first, second, strict=True)
    ]


def from_rgb(pixels: npt.NDArray[np.uint8]) -> list[Plane]:
    """An image of red, green and blue in the colours of these pictures."""
    frame = av.VideoFrame.from_ndarray(np.ascontiguousarray(pixels), format="rgb24")
    turned = frame.reformat(
        format=FORMAT,
        dst_colorspace=Colorspace.ITU709,
        dst_color_range=ColorRange.MPEG,
        interpolation="BILINEAR",
    )
    return [plane.copy() for plane in planes_of(turned)]
