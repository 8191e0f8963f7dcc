"""Figures: the drawings of the words that have one, on a fine thread with a knot for every other word.

Both follow the order of the words. Things that fly are drawn above, others stand on the ground where
the picture has one.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageChops, ImageDraw, ImageFilter

from local_models.embedding import FAINT

from .colour import DARKER, HUES, LIGHTER
from .glyphs import AIRBORNE, GLYPHS, Glyph, drawn_word

Array = NDArray[np.float32]
Point = tuple[float, float]
FINE = 3  # drawn so much larger and made smaller: smooth edges
MAX_KNOTS = 12
MAX_FIGURES = 5
MARGIN = 1.25  # half the side of a figure's square, in halves of its drawing
CLOSED = 0.1  # a stroke whose ends are nearer than this is a shape


@dataclass(frozen=True, slots=True)
class Figure:
    """Where a drawing is, in heights of the canvas from its upper left corner."""

    glyph: Glyph
    x: float
    y: float
    half: float
    hue: float | None  # the ramp its words ask for, as in HUES
    pale: bool | None  # whether its words ask for light or dark


def figures_of(words: list[str], wide: float, horizon: float | None) -> tuple[list[Figure], Array]:
    """The figures of some words on a canvas `wide` heights wide, and the points of the thread."""
    named = [word for word in words if word not in FAINT][:MAX_KNOTS] or words[:MAX_KNOTS]
    knots = [_knot(word, place, len(named)) for place, word in enumerate(named)]
    drawn: dict[int, str] = {}  # one figure for each drawing
    for place, word in enumerate(named):
        form = drawn_word(word)
        if form and all(GLYPHS[form] is not GLYPHS[other] for other in drawn.values()):
            drawn[place] = form
    drawn = dict(list(drawn.items())[:MAX_FIGURES])
    half = 0.32 / max(1, len(drawn)) ** 0.55
    figures = []
    for nth, (place, form) in enumerate(drawn.items()):
        x, height = knots[place]
        x = wide * (0.3 * x + 0.7 * (nth + 0.5) / len(drawn))
        y = 0.1 + half + (0.25 if form in AIRBORNE else 0.8 - 2 * half) * (height - 0.2) / 0.6
        if horizon is not None and form not in AIRBORNE:
            y = horizon + 0.15 * height - 0.75 * half
        before = named[place - 1] if place else ""
        pale = True if before in LIGHTER else False if before in DARKER else None
        figures.append(Figure(GLYPHS[form], x, y, half, HUES.get(before), pale))
    return figures, _thread(knots)


def thread_mask(thread: Array, columns: int, rows: int) -> Array:
    """The thread as a mask, 0 .. 1."""
    image = Image.new("L", (columns * FINE, rows * FINE))
    points = [(x * columns * FINE, y * rows * FINE) for x, y in thread.tolist()]
    ImageDraw.Draw(image).line(points, fill=85, width=FINE, joint="curve")
    return _mask(image.reduce(FINE))


def figure_masks(figure: Figure, rows: int) -> tuple[Array, Array, Array]:
    """Its shapes, its lines and the soft surroundings of both, in a square around it, each 0 .. 1."""
    half = figure.half * rows * FINE
    side = round(2 * half * MARGIN / FINE) * FINE
    shapes = Image.new("1", (side, side))
    lines, outlines = Image.new("L", (side, side)), Image.new("L", (side, side))
    pen, fine_pen = ImageDraw.Draw(lines), ImageDraw.Draw(outlines)
    for stroke in figure.glyph:
        points = [(side / 2 + half * x, side / 2 + half * y) for x, y in stroke]
        (x, y), (to_x, to_y) = stroke[0], stroke[-1]
        if abs(x - to_x) + abs(y - to_y) < CLOSED:
            shape = Image.new("1", (side, side))
            ImageDraw.Draw(shape).polygon(points, fill=1)
            shapes = ImageChops.logical_xor(shapes, shape)
            fine_pen.line([*points, points[0]], fill=255, width=round(half * 0.035), joint="curve")
        else:
            pen.line(points, fill=255, width=round(half * 0.09), joint="curve")
    both = ImageChops.difference(shapes.convert("L"), lines).reduce(FINE)
    soft = both.filter(ImageFilter.GaussianBlur(figure.half * rows * 0.09))
    return _mask(both), _mask(outlines.reduce(FINE)), _mask(soft)


def _mask(image: Image.Image) -> Array:
    return np.asarray(image, np.float32) / np.float32(255)


def _knot(word: str, place: int, count: int) -> Point:
    """From left to right in the order of the words; how high is the word's own."""
    digest = hashlib.blake2b(word.encode(), digest_size=4, person=b"knot").digest()
    sideways = (digest[0] / 255 - 0.5) * 0.6 / max(1, count)
    return 0.1 + 0.8 * (place + 0.5) / count + sideways, 0.2 + 0.6 * (digest[1] / 255)


def _thread(knots: list[Point], steps: int = 24) -> Array:
    """A smooth line through all the knots, a little beyond the first and the last."""
    ends = np.array([(-0.05, knots[0][1]), *knots, (1.05, knots[-1][1])])
    ease = (1 - np.cos(np.pi * np.linspace(0, 1, steps)))[:, None] / 2
    along = np.linspace(0, 1, steps)[:, None]
    pieces = [
        np.hstack([a[:1] + (b - a)[:1] * along, a[1:] + (b - a)[1:] * ease])
        for a, b in pairwise(ends)
    ]
    out: Array = np.concatenate(pieces).astype(np.float32)
    return out
