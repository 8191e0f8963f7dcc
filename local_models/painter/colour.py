"""Palettes: twelve ramps from the ground to the light, in a circle, each passing into the next.

Where in the circle a picture lies follows the whole prompt smoothly; colour words pull it towards
themselves. Mixing is done in OKLab, where halfway between two colours looks halfway.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache

import numpy as np
from numpy.typing import NDArray

from local_models.embedding import Vector, project

Array = NDArray[np.float32]
STEPS = 256  # along a ramp
TURNS = 144  # round the circle
RAMPS = (
    "0c0407 35070f 7a1018 c22724 ee6a34 f9b868 fff1d6",  # ember
    "0b080f 33141d 743020 c4601f f09a3a f9cf7f fff4de",  # copper
    "080a12 1d2036 544337 a87c2c e2b440 f4dc8c fff9e4",  # gold on navy
    "060b0b 0f2a29 2c5539 698d3b b6c34c e8e48c fcfbe2",  # citron and moss
    "030d0b 052b27 0a5846 1f9268 6cc88c bae8b6 f4fce9",  # emerald
    "030c10 052b38 085666 178f9b 5ac6c0 b0e8da f2fcf5",  # lagoon
    "040a14 0a2442 124f7c 2a8aba 70c1e0 bae3f0 f5fcfe",  # ice
    "050818 0d1a4c 1b3a98 376cda 7aaaf4 bed7fa f6f9ff",  # cobalt
    "070516 1a1148 3c2494 6849d6 9d88f2 cec3fa f7f3ff",  # indigo
    "0c0516 2f0d4a 661c86 a53ab6 dc7ccf f5bee4 fef1f8",  # orchid
    "0f050f 3e0a36 861655 cd386e f37d88 fbc0b0 fff2e6",  # rose
    "0e0409 3d081f 82123a c93048 f36f5c fbb78d fff0e0",  # garnet
)
# Where a colour word lies in the circle, in ramps.
HUES: dict[str, float] = {
    **dict.fromkeys(("red", "scarlet", "fire", "flame", "burning", "lava", "blood"), 0.0),
    **dict.fromkeys(("orange", "rust", "rusty", "copper", "autumn", "amber", "desert"), 1.0),
    **dict.fromkeys(("gold", "golden", "yellow", "honey", "wheat", "sun", "brass", "brown"), 2.0),
    **dict.fromkeys(("lime", "moss", "olive", "meadow", "grass", "lemon", "citron"), 3.0),
    **dict.fromkeys(("green", "emerald", "forest", "leaf", "jungle", "fern", "garden"), 4.0),
    **dict.fromkeys(("teal", "turquoise", "mint", "jade", "lagoon", "aqua", "underwater"), 5.0),
    **dict.fromkeys(("cyan", "ice", "icy", "glacier", "frozen", "snow", "rain", "silver"), 6.0),
    **dict.fromkeys(("blue", "azure", "navy", "sea", "ocean", "sky", "cobalt", "electric"), 7.0),
    **dict.fromkeys(("indigo", "midnight", "sapphire", "lavender", "lilac", "dusk"), 8.0),
    **dict.fromkeys(("purple", "violet", "plum", "amethyst", "orchid"), 9.0),
    **dict.fromkeys(("pink", "magenta", "rose", "rosy", "neon", "fuchsia", "flamingo"), 10.0),
    **dict.fromkeys(("crimson", "ruby", "cherry", "wine", "coral", "salmon", "love"), 11.0),
}
DARKER = frozenset(
    ("black", "dark", "night", "midnight", "shadow", "shadows", "coal", "ink", "cave", "abyss")
)
LIGHTER = frozenset(
    ("white", "bright", "snow", "dawn", "morning", "light", "day", "noon", "cloud", "pale")
)
GREYER = frozenset(
    ("black", "white", "grey", "gray", "ink", "ash", "stone", "concrete", "fog", "steel", "dust")
)
BRIGHTNESS = np.array([0.2126, 0.7152, 0.0722], np.float32)


@dataclass(frozen=True, slots=True)
class Palette:
    place: float  # in the circle, 0 .. 1
    spread: float  # how far the hue wanders over the canvas, in circles
    accent: float  # place of what glows
    key: float  # below 0 dark, above 0 bright
    colour: float  # 1 full, 0 grey


def palette_of(vector: Vector, words: list[str]) -> Palette:
    wish = project(vector, "place in the circle", 2)
    asked = [_direction(HUES[word]) for word in words if word in HUES]
    if asked:
        wish = (0.7 * wish + 1.3 * np.mean(asked, axis=0)).astype(np.float32)
    tone = np.tanh(project(vector, "tone", 3))
    key = 0.7 * float(tone[0]) + 0.4 * _count(words, LIGHTER) - 0.4 * _count(words, DARKER)
    place = float(np.arctan2(wish[1], wish[0]) / (2 * np.pi)) % 1.0
    accent = place + 0.3 + 0.2 * float(tone[1])
    return Palette(
        place=place,
        spread=0.16 + 0.06 * float(tone[2]),
        accent=accent,
        key=float(np.clip(key, -1.1, 1.1)),
        colour=0.55 ** _count(words, GREYER),
    )


def coloured(palette: Palette, turn: Array, place: Array) -> Array:
    """Linear light for every point: `turn` is an offset in the circle, `place` 0 .. 1 on the ramp."""
    row = np.rint((palette.place + turn) * TURNS).astype(np.int32) % TURNS
    column = np.rint(np.clip(place, 0, 1) * (STEPS - 1)).astype(np.int32)
    found: Array = _muted(wheel(), palette).reshape(-1, 3)[row * STEPS + column]
    return found


def glow_of(palette: Palette) -> Array:
    """The colour of what shines in the picture."""
    return ramp_colour(palette, None, 0.8)


def ramp_colour(palette: Palette, ramp: float | None, place: float) -> Array:
    """A colour of a ramp of HUES, or of the palette's accent where there is none."""
    turn = palette.accent if ramp is None else ramp / len(RAMPS)
    colour = wheel()[int(turn * TURNS) % TURNS, int(place * (STEPS - 1))]
    return _muted(colour, palette) if ramp is None else colour


def _muted(colours: Array, palette: Palette) -> Array:
    grey = (colours @ BRIGHTNESS)[..., None]
    out: Array = (grey + palette.colour * (colours - grey)).astype(np.float32)
    return out


@cache
def wheel() -> Array:
    """TURNS x STEPS x 3 in linear light; the same for every picture."""
    stops = np.array([[_hex(stop) for stop in ramp.split()] for ramp in RAMPS], np.float64)
    lab = _to_lab(stops**2.2)
    turns = np.arange(TURNS) * len(RAMPS) / TURNS
    low = turns.astype(int) % len(RAMPS)
    part = (turns % 1)[:, None, None]
    rows = lab[low] * (1 - part) + lab[(low + 1) % len(RAMPS)] * part
    at = np.linspace(0, stops.shape[1] - 1, STEPS)
    out = np.empty((TURNS, STEPS, 3))
    for row in range(TURNS):
        for axis in range(3):
            out[row, :, axis] = _smooth(
                np.interp(at, np.arange(stops.shape[1]), rows[row, :, axis])
            )
    return _from_lab(out).astype(np.float32)


def _smooth(values: NDArray[np.float64]) -> NDArray[np.float64]:
    """Without the corners that straight pieces leave, which the eye reads as edges."""
    kernel = np.hanning(43)
    padded = np.pad(values, 21, mode="reflect", reflect_type="odd")
    return np.convolve(padded, kernel / kernel.sum(), mode="valid")


def _count(words: list[str], wanted: frozenset[str]) -> int:
    return min(2, sum(word in wanted for word in words))


def _direction(ramp: float) -> Vector:
    angle = 2 * np.pi * ramp / len(RAMPS)
    return np.array([np.cos(angle), np.sin(angle)], np.float32)


def _hex(stop: str) -> tuple[float, ...]:
    return tuple(int(stop[i : i + 2], 16) / 255 for i in (0, 2, 4))


TO_CONES = np.array(
    [
        [0.4122214708, 0.5363325363, 0.0514459929],
        [0.2119034982, 0.6806995451, 0.1073969566],
        [0.0883024619, 0.2817188376, 0.6299787005],
    ]
)
TO_OPPONENTS = np.array(
    [
        [0.2104542553, 0.7936177850, -0.0040720468],
        [1.9779984951, -2.4285922050, 0.4505937099],
        [0.0259040371, 0.7827717662, -0.8086757660],
    ]
)


def _to_lab(linear: NDArray[np.float64]) -> NDArray[np.float64]:
    """Linear sRGB to OKLab."""
    lab: NDArray[np.float64] = np.cbrt(linear @ TO_CONES.T) @ TO_OPPONENTS.T
    return lab


def _from_lab(lab: NDArray[np.float64]) -> NDArray[np.float64]:
    """OKLab to linear sRGB, cut to what a screen can show."""
    cones = (lab @ np.linalg.inv(TO_OPPONENTS).T) ** 3
    return np.clip(cones @ np.linalg.inv(TO_CONES).T, 0.0, 1.0)
