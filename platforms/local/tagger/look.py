"""What can be said of a picture without knowing what it shows: colours, light, texture."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from PIL import Image

# Names and their colours, as a painter would use them. sRGB.
COLOURS: dict[str, tuple[int, int, int]] = {
    "black": (12, 12, 14), "charcoal": (48, 50, 54), "grey": (125, 126, 128), "silver": (190, 192, 195),
    "white": (246, 246, 244), "cream": (240, 228, 200), "sand": (214, 186, 140), "ochre": (196, 140, 50),
    "gold": (226, 180, 40), "lemon yellow": (246, 232, 90), "orange": (236, 124, 34), "rust": (164, 72, 34),
    "brown": (96, 62, 38), "crimson": (178, 24, 44), "scarlet": (226, 52, 40), "salmon": (238, 140, 120),
    "pink": (240, 170, 190), "rose": (206, 84, 120), "magenta": (196, 36, 150), "plum": (94, 34, 84),
    "violet": (128, 74, 190), "lavender": (182, 164, 226), "indigo": (54, 40, 130), "navy": (18, 28, 72),
    "cobalt blue": (36, 80, 190), "sky blue": (120, 182, 236), "ice blue": (200, 226, 240),
    "teal": (18, 110, 118), "turquoise": (54, 190, 186), "emerald": (20, 140, 86), "moss green": (98, 116, 48),
    "forest green": (24, 70, 42), "olive": (116, 104, 40), "lime": (170, 214, 60), "mint": (170, 226, 196),
    "maroon": (84, 20, 32),
}  # fmt: skip
PLACES = (
    ("at the upper left", "along the top", "at the upper right"),
    ("on the left", "in the middle", "on the right"),
    ("at the lower left", "along the bottom", "at the lower right"),
)
TABLE = np.array(list(COLOURS.values()), np.float32)
NAMES = tuple(COLOURS)
WEIGHTS = np.array([0.9, 1.1, 0.8], np.float32)


@dataclass(frozen=True, slots=True)
class Look:
    colours: tuple[str, ...]  # the commonest first, at most three
    light: str  # where it is brightest
    dark: str  # where it is darkest
    brightness: float  # 0 .. 1
    contrast: float
    texture: float  # 0 smooth .. about 1 busy


def look_at(image: Image.Image) -> Look:
    small = np.asarray(image.resize((48, 48), Image.Resampling.BOX), np.float32)
    grey = (small @ np.array([0.299, 0.587, 0.114], np.float32)) / 255
    thirds = grey.reshape(3, 16, 3, 16).mean(axis=(1, 3))
    edges = np.abs(np.diff(grey, axis=0)).mean() + np.abs(np.diff(grey, axis=1)).mean()
    return Look(
        colours=_colours(small),
        light=_place(int(thirds.argmax())),
        dark=_place(int(thirds.argmin())),
        brightness=float(grey.mean()),
        contrast=float(grey.std()) * 2,
        texture=float(min(1.0, edges * 8)),
    )


def _place(index: int) -> str:
    return PLACES[index // 3][index % 3]


def _colours(small: NDArray[np.float32]) -> tuple[str, ...]:
    """The names most points lie nearest to; strong colours count more than greys."""
    points = small.reshape(-1, 3)
    away = (((points[:, None] - TABLE) * WEIGHTS) ** 2).sum(axis=2)
    strength = 0.35 + (points.max(axis=1) - points.min(axis=1)) / 255
    shares = np.bincount(away.argmin(axis=1), strength, len(NAMES))
    order = np.argsort(-shares, kind="stable")[:3]
    least = 0.08 * shares.sum()
    return tuple(NAMES[i] for i in order if shares[i] >= least) or (NAMES[order[0]],)
