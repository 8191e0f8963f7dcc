"""Marks: a fine thread through the picture with a knot for every word, in the order of the words.

Words for which there is a drawing have it at their knot. All of it is thin, so that it is seen from
near and leaves the picture to the colours from afar.
"""

from __future__ import annotations

import hashlib

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFilter

from platforms.local.embedding import FAINT

from .glyphs import Glyph, glyph_of

Array = NDArray[np.float32]
Point = tuple[float, float]
FINE = 3  # drawn so much larger and made smaller: smooth edges
MOST_KNOTS = 12
GLYPH = 0.085  # half a drawing, in heights of the canvas
THREAD, KNOT, DRAWN = 85, 235, 200  # brightness of each, of 255


def marks_of(words: list[str], columns: int, rows: int) -> tuple[Array, Array]:
    """Two masks, 0 .. 1: the sharp lines, and the soft light around them."""
    told = [word for word in words if word not in FAINT][:MOST_KNOTS] or words[:MOST_KNOTS]
    knots = [_knot(word, place, len(told)) for place, word in enumerate(told)]
    image = Image.new("L", (columns * FINE, rows * FINE))
    pen = ImageDraw.Draw(image)
    size = rows * FINE
    thread = [(x * columns * FINE, y * size) for x, y in _curve(knots)]
    if len(thread) > 1:
        pen.line(thread, fill=THREAD, width=FINE, joint="curve")
    half = size * GLYPH * min(1.0, 8 / len(told))
    ties = [
        (glyph_of(word), x * columns * FINE, y * size)
        for word, (x, y) in zip(told, knots, strict=True)
    ]
    for glyph, x, y in ties:
        _clear(pen, glyph, x, y, half)
    for glyph, x, y in ties:
        _tie(pen, glyph, x, y, half)
    sharp = image.reduce(FINE)
    soft = image.reduce(FINE * 4).filter(ImageFilter.GaussianBlur(rows / 140))
    soft = soft.resize((columns, rows), Image.Resampling.BICUBIC)
    return _mask(sharp), _mask(soft)


def _mask(image: Image.Image) -> Array:
    return np.asarray(image, np.float32) / np.float32(255)


def _knot(word: str, place: int, count: int) -> Point:
    """From left to right in the order of the words; how high is the word's own."""
    drawn = hashlib.blake2b(word.encode(), digest_size=4, person=b"knot").digest()
    sideways = (drawn[0] / 255 - 0.5) * 0.6 / max(1, count)
    height = 0.2 + 0.6 * (drawn[1] / 255)
    return 0.1 + 0.8 * (place + 0.5) / count + sideways, height


def _clear(pen: ImageDraw.ImageDraw, glyph: Glyph | None, x: float, y: float, half: float) -> None:
    """Take the thread away where a drawing will be."""
    if glyph:
        r = half * 1.25
        pen.ellipse((x - r, y - r, x + r, y + r), fill=0)


def _tie(pen: ImageDraw.ImageDraw, glyph: Glyph | None, x: float, y: float, half: float) -> None:
    if glyph is None:
        r = half * 0.05
        pen.ellipse((x - r, y - r, x + r, y + r), fill=KNOT)
        return
    for stroke in glyph:
        points = [(x + half * 0.8 * across, y + half * 0.8 * down) for across, down in stroke]
        pen.line(points, fill=DRAWN, width=round(FINE * 1.6), joint="curve")


def _curve(knots: list[Point], steps: int = 24) -> list[Point]:
    """A smooth line through all the knots, a little beyond the first and the last."""
    if not knots:
        return []
    first, last = knots[0], knots[-1]
    ends = [(-0.05, first[1]), *knots, (1.05, last[1])]
    points = np.array([ends[0], *ends, ends[-1]])
    t = np.linspace(0, 1, steps, endpoint=False)[:, None]
    pieces = []
    for a, b, c, d in zip(points, points[1:], points[2:], points[3:], strict=False):
        pieces.append(
            0.5 * (2 * b + (c - a) * t + (2 * a - 5 * b + 4 * c - d) * t**2
                   + (3 * b - a - 3 * c + d) * t**3)
        )  # fmt: skip
    return [(float(x), float(y)) for x, y in np.concatenate(pieces)]
