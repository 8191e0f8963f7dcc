"""How the parts of one picture come to lie where those of another one are, however unlike the two are.

The pictures are looked at from coarse to fine: in each size, the displacement that was found before is made
better by what is left of the difference (Lucas and Kanade), and smoothed. Where nothing corresponds that gives a
gentle displacement, so that a picture melts into the other instead of tearing.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
from PIL import Image

from .planes import Plane

Field = npt.NDArray[np.float32]

LONGER_SIDE = 192  # of the largest size that is looked at: finer displacements tear unlike pictures
SHORTEST_SIDE = 12  # of the smallest one
ROUNDS = 6  # in each size
AROUND = 3  # pixels on each side that move together
SMOOTH = 3
STIFFNESS = 20.0  # of places where there is little to see
MAX_STEP = 2.0  # pixels in one round
ROWS = (
    64  # that are displaced at once: they fit into the cache of a processor, whole pictures do not
)


class Growing:
    """Two pictures, and those that lie between them."""

    def __init__(self, first: Sequence[Plane], second: Sequence[Plane]) -> None:
        self._first, self._second = first, second
        small = _looked_at(first[0]), _looked_at(second[0])
        there, back = displacement(*small), displacement(small[1], small[0])
        self._moves = [
            (_spread(there, plane.shape), _spread(back, plane.shape)) for plane in first[:2]
        ]

    def at(self, moment: float) -> list[Plane]:
        """From 0 (the first one) to 1 (the second one)."""
        moves = [self._moves[0], self._moves[1], self._moves[1]]
        return [
            _between(*pair, moment, *both)
            for pair, both in zip(zip(self._first, self._second, strict=True), moves, strict=True)
        ]


def displacement(first: Field, second: Field) -> tuple[Field, Field]:
    """Across and down, for each pixel of the first one: where it is in the second one."""
    sizes = [first.shape]
    while min(sizes[-1]) > SHORTEST_SIDE:
        sizes.append(((sizes[-1][0] + 1) // 2, (sizes[-1][1] + 1) // 2))
    across = down = np.zeros(sizes[-1], np.float32)
    for height, width in reversed(sizes):
        a, b = _resized(first, height, width), _resized(second, height, width)
        across, down = _spread((across, down), (height, width))
        for _ in range(ROUNDS):
            across, down = _improved(a, b, across, down)
    return across, down


def _improved(a: Field, b: Field, across: Field, down: Field) -> tuple[Field, Field]:
    height, width = a.shape
    columns, rows = np.arange(width, dtype=np.float32), np.arange(height, dtype=np.float32)
    moved = _sampled(b, columns + across, rows[:, None] + down)
    slope_down, slope_across = np.gradient((a + moved) / 2)
    left = moved - a
    xx = _averaged(slope_across * slope_across, AROUND) + STIFFNESS
    yy = _averaged(slope_down * slope_down, AROUND) + STIFFNESS
    xy = _averaged(slope_across * slope_down, AROUND)
    xt, yt = _averaged(slope_across * left, AROUND), _averaged(slope_down * left, AROUND)
    size = xx * yy - xy * xy
    step_across = np.clip((yy * xt - xy * yt) / size, -MAX_STEP, MAX_STEP)
    step_down = np.clip((xx * yt - xy * xt) / size, -MAX_STEP, MAX_STEP)
    return _averaged(across - step_across, SMOOTH), _averaged(down - step_down, SMOOTH)


def _averaged(field: Any, around: int) -> Field:
    """Over a square around each pixel."""
    for axis in (0, 1):
        sides = [(0, 0), (0, 0)]
        sides[axis] = (around + 1, around)
        sums = np.cumsum(np.pad(field, sides, "edge"), axis, dtype=np.float64)
        wide, count = 2 * around + 1, field.shape[axis]
        upper, lower = (
            np.take(sums, range(wide, wide + count), axis),
            np.take(sums, range(count), axis),
        )
        field = (upper - lower) / wide
    averaged: Field = field.astype(np.float32)
    return averaged


def _looked_at(plane: Plane) -> Field:
    height, width = plane.shape
    shrink = min(1.0, LONGER_SIDE / max(height, width))
    return _resized(plane, max(2, round(height * shrink)), max(2, round(width * shrink)))


def _resized(field: npt.NDArray[Any], height: int, width: int) -> Field:
    image = Image.fromarray(field.astype(np.float32))
    return np.asarray(image.resize((width, height), Image.Resampling.BILINEAR))


def _spread(move: tuple[Field, Field], shape: tuple[int, ...]) -> tuple[Field, Field]:
    """The same displacement of a picture of another size."""
    height, width = shape
    across, down = move
    return (
        _resized(across, height, width) * np.float32(width / across.shape[1]),
        _resized(down, height, width) * np.float32(height / down.shape[0]),
    )


def _between(
    first: Plane,
    second: Plane,
    moment: float,
    there: tuple[Field, Field],
    back: tuple[Field, Field],
) -> Plane:
    height, width = first.shape
    made = np.empty(first.shape, np.uint8)
    columns = np.arange(width, dtype=np.float32)
    behind, ahead = np.float32(moment), np.float32(1 - moment)
    for begin in range(0, height, ROWS):
        part = slice(begin, min(height, begin + ROWS))
        rows = np.arange(part.start, part.stop, dtype=np.float32)[:, None]
        a = _sampled(first, columns - behind * there[0][part], rows - behind * there[1][part])
        b = _sampled(second, columns - ahead * back[0][part], rows - ahead * back[1][part])
        made[part] = (a * ahead + b * behind + np.float32(0.5)).astype(np.uint8)
    return made


def _sampled(plane: npt.NDArray[Any], across: Field, down: Field) -> Field:
    """The values at these places, of which the edges go on; `across` and `down` are used up."""
    height, width = plane.shape
    np.clip(across, 0, max(0, width - 1.001), out=across)
    np.clip(down, 0, max(0, height - 1.001), out=down)
    column, row = across.astype(np.int32), down.astype(np.int32)
    across -= column
    down -= row
    place, flat = row * width + column, plane.ravel()
    right, below = int(width > 1), width if height > 1 else 0
    above = flat.take(place).astype(np.float32)
    above += (flat.take(place + right) - above) * across
    place += below
    under = flat.take(place).astype(np.float32)
    under += (flat.take(place + right) - under) * across
    sampled: Field = above + (under - above) * down
    return sampled
