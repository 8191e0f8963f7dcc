"""Pictures twice as large by waifu2x (its weights for photographs), in ncnn with one thread.

It makes the brightness, as a picture without colour; the colours, which have half the size anyhow, are enlarged by
Lanczos. A picture goes through it in tiles with a margin, so that memory does not grow with its size.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np

from operations import sentences
from operations.contract import Parameters
from operations.planes import Plane, frame_of, planes_of
from operations.weights import is_installed, weight_path

PACKAGES, WEIGHTS = ("ncnn",), ("waifu2x-layers", "waifu2x-numbers")
TILE = 128
MARGIN = 7  # of the input: as much as its seven layers look around a point
FACTOR = 2
INPUT, OUTPUT = "Input1", "Eltwise4"
CHANNELS = 3


def waifu2x_missing(_: Parameters) -> str:
    return "" if is_installed(PACKAGES, WEIGHTS) else sentences.NO_WEIGHTS_LARGER


class Waifu2x:
    def __init__(self) -> None:
        import ncnn

        self._ncnn, self._net = ncnn, ncnn.Net()
        self._net.opt.num_threads = 1
        self._net.opt.use_vulkan_compute = False
        layers, numbers = (str(weight_path(name)) for name in WEIGHTS)
        if self._net.load_param(layers) or self._net.load_model(numbers):
            raise ValueError("the weights of waifu2x cannot be read")

    def doubled(self, frame: Any) -> Any:
        """The frame in twice its size."""
        larger = frame.reformat(
            FACTOR * frame.width, FACTOR * frame.height, interpolation="LANCZOS", threads=1
        )
        colours = planes_of(larger)[1:]
        return frame_of([self.doubled_plane(planes_of(frame)[0]), *colours])

    def doubled_plane(self, plane: Plane) -> Plane:
        height, width = plane.shape
        edged = np.pad(plane, MARGIN, "edge")
        larger = np.empty((FACTOR * height, FACTOR * width), np.uint8)
        for top, left in _corners(height, width):
            bottom, right = min(top + TILE, height), min(left + TILE, width)
            tile = edged[top : bottom + 2 * MARGIN, left : right + 2 * MARGIN]
            place = np.s_[FACTOR * top : FACTOR * bottom, FACTOR * left : FACTOR * right]
            larger[place] = self._enlarged(tile)
        return larger

    def _enlarged(self, tile: Plane) -> Plane:
        # A Mat does not keep the array alive that it was made of: the array has to have a name until the
        # Mat has been copied, or the result is any numbers whatever, without an error.
        signal = np.repeat((tile / np.float32(255))[None], CHANNELS, 0)
        given = self._ncnn.Mat(signal).clone()
        extractor = self._net.create_extractor()
        if extractor.input(INPUT, given):
            raise ValueError("the weights of waifu2x have another input")
        status, made = extractor.extract(OUTPUT)
        if status:
            raise ValueError(f"waifu2x failed with status {status}")
        numbers = np.array(made).mean(axis=0).clip(0, 1)
        rounded: Plane = (numbers * 255).round().astype(np.uint8)
        return rounded


def _corners(height: int, width: int) -> Iterator[tuple[int, int]]:
    for top in range(0, height, TILE):
        for left in range(0, width, TILE):
            yield top, left
