"""Small line drawings for things that prompts are often about, as strokes in a unit square.

x to the right, y down, both about -1 .. 1. A stroke is a row of points.
"""

from __future__ import annotations

from collections.abc import Callable
from math import cos, pi, sin

Stroke = list[tuple[float, float]]
Glyph = list[Stroke]


def arc(x: float, y: float, r: float, start: float = 0.0, end: float = 1.0) -> Stroke:
    """Part of a circle; turns are counted clockwise from the right, 1.0 is all the way round."""
    steps = max(6, int(40 * abs(end - start)))
    angles = [2 * pi * (start + (end - start) * i / steps) for i in range(steps + 1)]
    return [(x + r * cos(angle), y + r * sin(angle)) for angle in angles]


def wave(y: float, high: float = 0.16, count: float = 2.5) -> Stroke:
    return [(i / 20 - 1, y + high * sin(pi * count * (i / 20 - 1))) for i in range(41)]


def rays(x: float, y: float, inner: float, outer: float, count: int) -> Glyph:
    turns = [2 * pi * i / count for i in range(count)]
    return [
        [(x + inner * cos(a), y + inner * sin(a)), (x + outer * cos(a), y + outer * sin(a))]
        for a in turns
    ]


def _moon() -> Glyph:
    return [arc(0, 0, 0.8, 0.12, 0.88), arc(0.42, 0, 0.57, 0.2, 0.8)]


def _sun() -> Glyph:
    return [arc(0, 0, 0.5), *rays(0, 0, 0.68, 0.95, 12)]


def _star() -> Glyph:
    points = [(0.9 if i % 2 == 0 else 0.3, 2 * pi * i / 10 - pi / 2) for i in range(11)]
    return [[(r * cos(a), r * sin(a)) for r, a in points]]


def _balloon() -> Glyph:
    string = [(0.12 * sin(6 * i / 12), 0.42 + 0.58 * i / 12) for i in range(13)]
    return [arc(0, -0.3, 0.62), [(-0.08, 0.42), (0, 0.32), (0.08, 0.42)], string]


def _city() -> Glyph:
    tops = ((-0.95, 0.1), (-0.6, -0.5), (-0.3, -0.1), (0.0, -0.9), (0.3, -0.3), (0.62, 0.15))
    line: Stroke = [(-0.95, 0.8)]
    for place, (x, y) in enumerate(tops):
        following = tops[place + 1][0] if place + 1 < len(tops) else 0.95
        line += [(x, y), (following, y)]
    return [[*line, (0.95, 0.8)], [(0.15, -0.9), (0.15, -1.15)]]


def _tree() -> Glyph:
    crown = [arc(0, -0.3, 0.6, 0.3, 1.2)]
    return [[(0, 1), (0, -0.3)], [(0, 0.15), (0.3, -0.2)], [(0, 0.35), (-0.26, 0.02)], *crown]


def _mountain() -> Glyph:
    return [
        [(-1, 0.7), (-0.3, -0.6), (0.1, 0.1), (0.4, -0.3), (1, 0.7)],
        [(-0.5, -0.22), (-0.3, -0.05), (-0.12, -0.28)],
    ]


def _sea() -> Glyph:
    return [wave(-0.4), wave(0.0), wave(0.4)]


def _boat() -> Glyph:
    return [
        [(-0.9, 0.35), (-0.6, 0.75), (0.6, 0.75), (0.9, 0.35), (-0.9, 0.35)],
        [(0, 0.35), (0, -0.9), (0.65, 0.15), (0, 0.15)],
    ]


def _fish() -> Glyph:
    body = [(0.75 * cos(a) - 0.1, 0.4 * sin(a)) for a in (2 * pi * i / 30 for i in range(31))]
    return [body, [(0.62, 0), (1, -0.35), (1, 0.35), (0.62, 0)], arc(-0.5, -0.08, 0.05)]


def _bird() -> Glyph:
    return [
        [*arc(-0.45, 0.15, 0.5, 0.55, 0.96), *arc(0.45, 0.15, 0.5, 0.54, 0.95)],
    ]


def _eye() -> Glyph:
    lid = [(i / 15 - 1, -0.5 * cos(pi / 2 * (i / 15 - 1))) for i in range(31)]
    return [lid, [(x, -y) for x, y in lid], arc(0, 0, 0.34), arc(0, 0, 0.12)]


def _flower() -> Glyph:
    rose = [
        (0.7 * abs(cos(2.5 * t)) * cos(t), 0.7 * abs(cos(2.5 * t)) * sin(t) - 0.2)
        for t in (2 * pi * i / 90 for i in range(91))
    ]
    return [rose, [(0, -0.1), (0.05, 0.5), (0, 1.0)]]


def _house() -> Glyph:
    return [
        [(-0.65, 0.8), (-0.65, -0.1), (0, -0.8), (0.65, -0.1), (0.65, 0.8), (-0.65, 0.8)],
        [(-0.15, 0.8), (-0.15, 0.25), (0.2, 0.25), (0.2, 0.8)],
    ]


def _cloud() -> Glyph:
    return [
        [*arc(-0.45, 0.15, 0.38, 0.25, 0.72), *arc(0.0, -0.12, 0.42, 0.58, 0.95),
         *arc(0.5, 0.18, 0.35, 0.72, 1.25), (-0.45, 0.53)],
    ]  # fmt: skip


def _rain() -> Glyph:
    return [
        [(x, y), (x - 0.14, y + 0.42)]
        for x, y in ((-0.6, -0.7), (0.0, -0.8), (0.6, -0.6), (-0.3, -0.05), (0.35, 0.0), (0.9, 0.1),
                     (-0.75, 0.35), (0.0, 0.5))
    ]  # fmt: skip


def _snow() -> Glyph:
    arms: Glyph = rays(0, 0, 0.0, 0.9, 6)
    for turn in range(6):
        a = 2 * pi * turn / 6
        for side in (-0.5, 0.5):
            x, y = 0.55 * cos(a), 0.55 * sin(a)
            arms.append([(x, y), (x + 0.28 * cos(a + side), y + 0.28 * sin(a + side))])
    return arms


def _fire() -> Glyph:
    left = [(-0.55 * sin(pi * t) ** 0.8 * (1 - 0.5 * t), 0.9 - 1.8 * t) for t in _unit(14)]
    right = [(0.55 * sin(pi * t) ** 1.3 * (1 - 0.3 * t), 0.9 - 1.8 * t) for t in _unit(14)]
    return [[*left, *reversed(right)], [(x * 0.4, 0.4 + y * 0.45) for x, y in left]]


def _clock() -> Glyph:
    return [arc(0, 0, 0.85), [(0, -0.55), (0, 0), (0.38, 0.2)], *rays(0, 0, 0.72, 0.85, 12)]


def _bolt() -> Glyph:
    return [[(0.2, -1), (-0.4, 0.1), (0.1, 0.1), (-0.2, 1), (0.5, -0.2), (0, -0.2), (0.2, -1)]]


def _spiral() -> Glyph:
    return [[(0.85 * t * cos(6 * pi * t), 0.85 * t * sin(6 * pi * t)) for t in _unit(90)]]


def _heart() -> Glyph:
    return [
        [
            (sin(t) ** 3 * 0.85, -(13 * cos(t) - 5 * cos(2 * t) - 2 * cos(3 * t) - cos(4 * t)) / 17)
            for t in (2 * pi * u for u in _unit(48))
        ]
    ]


def _arch() -> Glyph:
    return [
        [(-0.7, 0.9), (-0.7, 0.0), *arc(0, 0, 0.7, 0.5, 1.0), (0.7, 0.9)],
        [(-0.35, 0.9), (-0.35, 0.15), *arc(0, 0.15, 0.35, 0.5, 1.0), (0.35, 0.9)],
        [(-0.9, 0.9), (0.9, 0.9)],
    ]


def _bridge() -> Glyph:
    return [arc(0, 0.9, 0.95, 0.5, 1.0), [(-1.1, -0.1), (1.1, -0.1)], [(-0.5, 0.1), (-0.5, -0.1)],
            [(0.5, 0.1), (0.5, -0.1)], [(0, -0.05), (0, -0.1)]]  # fmt: skip


def _person() -> Glyph:
    return [arc(0, -0.55, 0.28), arc(0, 0.75, 0.72, 0.5, 1.0)]


def _train() -> Glyph:
    box = [(-0.95, 0.4), (-0.95, -0.3), (0.7, -0.3), (0.95, 0.1), (0.95, 0.4), (-0.95, 0.4)]
    windows = [[(x, -0.12), (x + 0.3, -0.12), (x + 0.3, 0.1), (x, 0.1), (x, -0.12)] for x in
               (-0.75, -0.3, 0.15)]  # fmt: skip
    return [box, *windows, arc(-0.5, 0.55, 0.14), arc(0.5, 0.55, 0.14), [(-1.1, 0.7), (1.1, 0.7)]]


def _unit(steps: int) -> list[float]:
    return [i / steps for i in range(steps + 1)]


DRAWINGS: dict[Callable[[], Glyph], str] = {
    _moon: "moon moonlight lunar night crescent midnight",
    _sun: "sun sunny sunrise sunset dawn noon morning summer sunlight",
    _star: "star stars starlight astronomer galaxy constellation cosmic space astronaut universe",
    _balloon: "balloon balloons kite",
    _city: "city cities town skyline street streets tokyo paris london tower building",
    _tree: "tree trees forest woods cedar oak pine branch jungle orchard",
    _mountain: "mountain mountains hill hills peak alps volcano",
    _sea: "sea ocean water wave waves river lake tide flood underwater swimming",
    _boat: "boat boats ship ships sail sailor sailing harbour harbor",
    _fish: "fish whale whales shark dolphin goldfish jellyfish octopus",
    _bird: "bird birds pigeon pigeons crow crows crane cranes gull swallow wing wings angel angels",
    _eye: "eye eyes see sees look looks looking watch watches vision mirror ghost ghosts",
    _flower: "flower flowers rose roses garden bloom blossom petals spring tulip lotus",
    _house: "house home houses kitchen room village cottage hut library door window",
    _cloud: "cloud clouds sky fog mist smoke steam",
    _rain: "rain rains rainy raining tears drizzle storm",
    _snow: "snow snowy snowing winter ice frozen frost cold icy",
    _fire: "fire flame flames burning burns candle lava torch lantern lamp",
    _clock: "clock clocks time hour hours watchmaker late minute",
    _bolt: "electric lightning thunder machine robot robots neon power energy panic code",
    _spiral: "dream dreams dreaming sleep sleeping sleeps shell snail memory forget forgets",
    _heart: "love heart hearts lover lovers letter kiss",
    _arch: "cathedral church temple castle palace gate ruin ruins king queen",
    _bridge: "bridge bridges viaduct",
    _person: "man woman child children girl boy grandmother people mother father dancer",
    _train: "train trains railway bus tram station",
}
GLYPHS = {word: drawing for drawing, words in DRAWINGS.items() for word in words.split()}


def glyph_of(word: str) -> Glyph | None:
    """The drawing for a word, or for the word it is a form of; None where there is none."""
    drawing = GLYPHS.get(word) or GLYPHS.get(word.removesuffix("'s"))
    return drawing() if drawing else None
