"""Small drawings for things that prompts are often about, as strokes in a unit square.

x to the right, y down, both about -1 .. 1. A stroke is a row of points; one that ends where it begins
is a filled shape, and a shape inside a shape is a hole in it.
"""

from __future__ import annotations

from collections.abc import Callable
from math import cos, pi, sin

Stroke = list[tuple[float, float]]
Glyph = list[Stroke]


def curve(point: Callable[[float], tuple[float, float]], steps: int) -> Stroke:
    """The points of a curve, whose parameter goes from 0 to 1."""
    return [point(i / steps) for i in range(steps + 1)]


def arc(x: float, y: float, r: float, start: float = 0.0, end: float = 1.0) -> Stroke:
    """Part of a circle; turns are counted clockwise from the right, 1.0 is all the way round."""
    return ellipse(x, y, r, r, start, end)


def ellipse(
    x: float, y: float, wide: float, high: float, start: float = 0.0, end: float = 1.0
) -> Stroke:
    def point(t: float) -> tuple[float, float]:
        angle = 2 * pi * (start + (end - start) * t)
        return x + wide * cos(angle), y + high * sin(angle)

    return curve(point, max(6, int(40 * abs(end - start))))


def wave(y: float, high: float = 0.16, count: float = 2.5) -> Stroke:
    return curve(lambda t: (2 * t - 1, y + high * sin(pi * count * (2 * t - 1))), 40)


def box(left: float, top: float, right: float, bottom: float) -> Stroke:
    return [(left, bottom), (left, top), (right, top), (right, bottom), (left, bottom)]


def rays(x: float, y: float, inner: float, outer: float, count: int) -> Glyph:
    turns = [2 * pi * i / count for i in range(count)]
    return [[(x + r * cos(a), y + r * sin(a)) for r in (inner, outer)] for a in turns]


def star(outer: float, inner: float, points: int) -> Stroke:
    radii = [outer if i % 2 == 0 else inner for i in range(2 * points + 1)]
    return [(r * sin(pi * i / points), -r * cos(pi * i / points)) for i, r in enumerate(radii)]


def flame(wide: float, top: float, bottom: float) -> Stroke:
    def side(power: float, narrowing: float, sign: float) -> Callable[[float], tuple[float, float]]:
        return lambda t: (
            sign * wide * sin(pi * t) ** power * (1 - narrowing * t),
            bottom + (top - bottom) * t,
        )

    return [*curve(side(0.8, 0.5, -1), 14), *reversed(curve(side(1.3, 0.3, 1), 14))]


def heart(t: float) -> tuple[float, float]:
    a = 2 * pi * t
    return 0.85 * sin(a) ** 3, -(13 * cos(a) - 5 * cos(2 * a) - 2 * cos(3 * a) - cos(4 * a)) / 17


SKY: dict[str, Glyph] = {
    "moon moonlight lunar night crescent midnight": [
        [*arc(0, 0, 0.9, 0.12, 0.88), *reversed(arc(0.47, 0, 0.64, 0.2, 0.8))],
    ],
    "sun sunny sunrise sunset dawn noon morning summer sunlight": [
        arc(0, 0, 0.5), *rays(0, 0, 0.68, 0.95, 12),
    ],
    "star starlight astronomer galaxy constellation cosmic space astronaut universe": [
        star(0.95, 0.4, 5),
    ],
    "balloon parachute airship": [
        arc(0, -0.3, 0.65), [(-0.1, 0.46), (0, 0.32), (0.1, 0.46), (-0.1, 0.46)],
        curve(lambda t: (0.12 * sin(6 * t), 0.46 + 0.54 * t), 12),
    ],
    "kite": [[(0, -0.9), (0.55, -0.1), (0, 0.6), (-0.55, -0.1), (0, -0.9)],
                  curve(lambda t: (0.2 * sin(7 * t), 0.6 + 0.5 * t), 12)],
    "bird pigeon crow crane gull swallow wing angel feather eagle owl duck": [
        [*ellipse(-0.45, 0.1, 0.5, 0.45, 0.52, 1.0), *ellipse(0.45, 0.1, 0.5, 0.45, 0.5, 0.98),
         (0.5, -0.05), (0, 0.55), (-0.5, -0.05), (-0.94, 0.05)],
    ],
    "cloud sky fog mist smoke steam": [
        [*arc(-0.45, 0.15, 0.38, 0.25, 0.72), *arc(0.0, -0.12, 0.42, 0.58, 0.95),
         *arc(0.5, 0.18, 0.35, 0.72, 1.25), (-0.45, 0.53)],
    ],
    "rain rainy raining tear drizzle storm": [
        [(x, y), (x - 0.14, y + 0.42)]
        for x, y in ((-0.6, -0.7), (0.0, -0.8), (0.6, -0.6), (-0.3, -0.05), (0.35, 0.0), (0.9, 0.1),
                     (-0.75, 0.35), (0.0, 0.5))
    ],
    "snow snowy snowing winter ice frozen frost cold icy": [
        *rays(0, 0, 0.0, 0.9, 6),
        *([(0.55 * cos(a), 0.55 * sin(a)),
           (0.55 * cos(a) + 0.28 * cos(a + side), 0.55 * sin(a) + 0.28 * sin(a + side))]
          for a in (pi * turn / 3 for turn in range(6)) for side in (-0.5, 0.5)),
    ],
    "electric lightning thunder neon power energy panic": [
        [(0.2, -1), (-0.4, 0.1), (0.1, 0.1), (-0.2, 1), (0.5, -0.2), (0, -0.2), (0.2, -1)],
    ],
    "butterfly moth dragonfly bee fly": [
        *(ellipse(side * 0.45, y, 0.42, high) for side in (-1, 1) for y, high in ((-0.3, 0.42), (0.4, 0.3))),
        ellipse(0, 0.05, 0.08, 0.7), [(-0.3, -0.95), (0, -0.6), (0.3, -0.95)],
    ],
}  # fmt: skip
OTHERS: dict[str, Glyph] = {
    "city town skyline street tokyo paris london tower building": [
        [(-0.95, 0.8), (-0.95, 0.1), (-0.6, 0.1), (-0.6, -0.5), (-0.3, -0.5), (-0.3, -0.1), (0, -0.1),
         (0, -0.9), (0.3, -0.9), (0.3, -0.3), (0.62, -0.3), (0.62, 0.15), (0.95, 0.15), (0.95, 0.8),
         (-0.95, 0.8)],
        *(box(x, y, x + 0.09, y + 0.12) for x, y in ((-0.5, -0.3), (-0.5, 0.1), (0.08, -0.65),
          (0.08, -0.2), (0.4, 0.0), (-0.8, 0.35), (0.72, 0.4))),
    ],
    "tree forest woods cedar oak branch jungle orchard leaf": [
        box(-0.1, 0.3, 0.1, 0.95),
        [*arc(-0.42, -0.08, 0.38, 0.25, 0.7), *arc(0, -0.52, 0.42, 0.5, 1.0),
         *arc(0.42, -0.08, 0.38, 0.8, 1.25), (-0.42, 0.3)],
    ],
    "pine fir christmas": [
        [(0, -1), (0.4, -0.35), (0.2, -0.35), (0.6, 0.3), (0.1, 0.3), (0.1, 0.9), (-0.1, 0.9), (-0.1, 0.3),
         (-0.6, 0.3), (-0.2, -0.35), (-0.4, -0.35), (0, -1)],
    ],
    "mountain hill peak alps volcano cliff valley": [
        [(-1, 0.8), (-0.3, -0.7), (0.1, 0.1), (0.4, -0.3), (1, 0.8), (-1, 0.8)],
        [(-0.52, -0.22), (-0.3, -0.7), (-0.08, -0.25), (-0.2, -0.1), (-0.33, -0.28), (-0.52, -0.22)],
    ],
    "sea ocean water wave river lake tide flood underwater swimming": [
        wave(-0.4), wave(0.0), wave(0.4),
    ],
    "boat ship sail sailor sailing harbour harbor ferry": [
        [(-0.9, 0.35), (-0.6, 0.75), (0.6, 0.75), (0.9, 0.35), (-0.9, 0.35)],
        [(0.05, 0.2), (0.05, -0.9), (0.65, 0.2), (0.05, 0.2)],
        [(-0.08, 0.2), (-0.08, -0.6), (-0.5, 0.2), (-0.08, 0.2)],
    ],
    "fish whale shark dolphin goldfish jellyfish octopus eel": [
        ellipse(-0.15, 0, 0.75, 0.42), [(0.5, 0), (1, -0.42), (0.9, 0), (1, 0.42), (0.5, 0)],
        arc(-0.55, -0.1, 0.07),
    ],
    "eye see look looking watching vision mirror ghost": [
        curve(lambda t: (cos(2 * pi * t), 0.55 * sin(2 * pi * t) * abs(sin(2 * pi * t)) ** 0.3), 60),
        arc(0, 0, 0.36), arc(0, 0, 0.16),
    ],
    "flower rose garden bloom blossom petal spring tulip lotus daisy": [
        *(arc(0.36 * cos(a), 0.36 * sin(a) - 0.3, 0.2) for a in (2 * pi * i / 6 for i in range(6))),
        arc(0, -0.3, 0.13), [(0, 0.2), (0.05, 0.6), (0, 1.0)], ellipse(0.25, 0.65, 0.22, 0.09),
    ],
    "house home kitchen room village cottage hut library barn": [
        [(-0.65, 0.8), (-0.65, -0.1), (0, -0.8), (0.65, -0.1), (0.65, 0.8), (-0.65, 0.8)],
        box(-0.15, 0.25, 0.15, 0.8), box(-0.5, 0.05, -0.28, 0.28), box(0.28, 0.05, 0.5, 0.28),
    ],
    "door window gate": [box(-0.5, -0.9, 0.5, 0.9), box(-0.38, -0.78, -0.05, 0.0),
                         box(0.05, -0.78, 0.38, 0.0), arc(0.36, 0.2, 0.06)],
    "fire flame burning burn torch lava": [flame(0.6, -0.9, 0.9), flame(0.25, 0.0, 0.8)],
    "candle lamp lantern light lighter match matchstick": [
        box(-0.2, -0.1, 0.2, 0.95), [(0, -0.1), (0, -0.25)], flame(0.2, -0.95, -0.25),
    ],
    "lighthouse beacon": [
        [(-0.4, 0.95), (-0.22, -0.45), (0.22, -0.45), (0.4, 0.95), (-0.4, 0.95)],
        box(-0.16, -0.75, 0.16, -0.52), [(-0.25, -0.75), (0, -1), (0.25, -0.75), (-0.25, -0.75)],
        [(0.25, -0.62), (1.0, -0.85)], [(0.25, -0.6), (1.0, -0.4)],
    ],
    "clock time hour watch watchmaker late minute": [
        arc(0, 0, 0.9), arc(0, 0, 0.74), [(0, -0.55), (0, 0), (0.38, 0.2)], *rays(0, 0, 0.6, 0.7, 12),
    ],
    "robot machine computer code television radio": [
        box(-0.5, -0.6, 0.5, 0.15), arc(-0.2, -0.28, 0.12), arc(0.2, -0.28, 0.12), box(-0.25, -0.05, 0.25, 0.04),
        box(-0.6, 0.25, 0.6, 0.9), [(0, -0.6), (0, -0.85)], arc(0, -0.92, 0.08),
    ],
    "dream dreaming sleep sleeping shell snail memory forget": [
        curve(lambda t: (0.85 * t * cos(6 * pi * t), 0.85 * t * sin(6 * pi * t)), 90),
    ],
    "love heart lover kiss valentine": [curve(heart, 48)],
    "letter envelope mail post": [
        box(-0.9, -0.55, 0.9, 0.55), [(-0.85, -0.5), (0, 0.15), (0.85, -0.5)],
    ],
    "cathedral church temple castle palace ruin king queen": [
        [(-0.7, 0.9), (-0.7, -0.4), (-0.45, -0.9), (-0.2, -0.4), (-0.2, 0.0), (0.2, 0.0), (0.2, -0.4),
         (0.45, -0.9), (0.7, -0.4), (0.7, 0.9), (-0.7, 0.9)],
        [(-0.18, 0.9), (-0.18, 0.5), *arc(0, 0.5, 0.18, 0.5, 1.0), (0.18, 0.9), (-0.18, 0.9)],
    ],
    "bridge viaduct": [
        [(-1.1, 0.6), (-1.1, -0.3), (1.1, -0.3), (1.1, 0.6), *arc(0.55, 0.6, 0.42, 1.0, 0.5),
         *arc(-0.55, 0.6, 0.42, 1.0, 0.5), (-1.1, 0.6)],
    ],
    "man woman person child children girl boy grandmother people mother father dancer somebody stranger": [
        arc(0, -0.62, 0.27),
        [(-0.42, 0.3), (-0.34, -0.28), (0.34, -0.28), (0.42, 0.3), (0.24, 0.3), (0.22, 0.95), (0.04, 0.95),
         (0, 0.4), (-0.04, 0.95), (-0.22, 0.95), (-0.24, 0.3), (-0.42, 0.3)],
    ],
    "train railway bus tram station truck": [
        [(-0.95, 0.45), (-0.95, -0.35), (0.7, -0.35), (0.95, 0.1), (0.95, 0.45), (-0.95, 0.45)],
        *(box(x, -0.18, x + 0.3, 0.1) for x in (-0.8, -0.35, 0.1)),
        arc(-0.5, 0.6, 0.15), arc(0.5, 0.6, 0.15),
    ],
    "car taxi cab limousine": [
        [(-0.95, 0.3), (-0.9, 0.0), (-0.5, -0.05), (-0.3, -0.4), (0.35, -0.4), (0.6, -0.05), (0.95, 0.05),
         (0.95, 0.3), (-0.95, 0.3)],
        [(-0.25, -0.05), (-0.15, -0.28), (0.25, -0.28), (0.38, -0.05), (-0.25, -0.05)],
        arc(-0.5, 0.5, 0.19), arc(0.52, 0.5, 0.19),
    ],
    "cat fox tiger lion wolf kitten leopard lynx": [
        [(-0.7, -0.9), (-0.25, -0.5), (0.25, -0.5), (0.7, -0.9), (0.75, 0.05), *arc(0, 0.05, 0.75, 0.0, 0.5),
         (-0.7, -0.9)],
        ellipse(-0.3, -0.05, 0.13, 0.17), ellipse(0.3, -0.05, 0.13, 0.17),
        [(-0.1, 0.28), (0.1, 0.28), (0, 0.42), (-0.1, 0.28)],
    ],
    "dog bear puppy terrier hound monkey panda mouse": [
        arc(0, 0.1, 0.72), arc(-0.66, -0.68, 0.28), arc(0.66, -0.68, 0.28), arc(-0.28, -0.08, 0.1),
        arc(0.28, -0.08, 0.1), ellipse(0, 0.25, 0.16, 0.11),
    ],
    "horse zebra deer cow sheep elephant camel donkey": [
        [(-0.75, 0.9), (-0.75, -0.1), (-0.6, -0.3), (0.4, -0.3), (0.6, -0.8), (0.95, -0.55), (0.75, -0.4),
         (0.6, 0.1), (0.6, 0.9), (0.42, 0.9), (0.4, 0.25), (-0.5, 0.25), (-0.57, 0.9), (-0.75, 0.9)],
    ],
    "snake mamba worm python lizard": [
        curve(lambda t: (1.8 * t - 0.9, 0.35 * sin(9 * t)), 40), ellipse(0.92, 0.2, 0.14, 0.09),
    ],
    "spider web harvestman tarantula cobweb": [
        arc(0, 0.15, 0.36), arc(0, -0.41, 0.2),
        *([(0.25 * s, y), (0.7 * s, y - 0.3), (0.95 * s, y + 0.25)] for s in (-1, 1) for y in (-0.2, 0.05, 0.3)),
    ],
    "umbrella parasol": [
        [*arc(0, 0, 0.9, 0.5, 1.0), *arc(0.6, 0, 0.3, 1.0, 0.5), *arc(0, 0, 0.3, 1.0, 0.5),
         *arc(-0.6, 0, 0.3, 1.0, 0.5)],
        [(0, -0.2), (0, 0.75), (0.1, 0.88), (0.22, 0.75)],
    ],
    "bottle wine vase jar perfume": [
        [(-0.13, -0.95), (0.13, -0.95), (0.13, -0.4), (0.38, -0.1), (0.38, 0.95), (-0.38, 0.95), (-0.38, -0.1),
         (-0.13, -0.4), (-0.13, -0.95)],
        box(-0.26, 0.15, 0.26, 0.6),
    ],
    "cup coffee tea teapot bowl soup mug breakfast": [
        [(-0.65, -0.2), (0.5, -0.2), (0.35, 0.7), (-0.5, 0.7), (-0.65, -0.2)], arc(0.5, 0.15, 0.22, -0.25, 0.25),
        *([(x, -0.35), (x + 0.08, -0.5), (x, -0.65), (x + 0.08, -0.8)] for x in (-0.3, 0.1)),
    ],
    "book notebook page paper newspaper story": [
        [(0, -0.45), (-0.9, -0.6), (-0.9, 0.5), (0, 0.65), (0.9, 0.5), (0.9, -0.6), (0, -0.45)],
        [(0, -0.4), (0, 0.6)],
    ],
    "key lock secret": [arc(-0.55, 0, 0.36), arc(-0.55, 0, 0.16),
                        [(-0.2, -0.07), (0.9, -0.07), (0.9, 0.35), (0.72, 0.35), (0.72, 0.07), (0.5, 0.07),
                         (0.5, 0.28), (0.35, 0.28), (0.35, 0.07), (-0.2, 0.07), (-0.2, -0.07)]],
    "chair table desk throne bench stool": [
        box(-0.5, -0.95, -0.34, 0.95), box(-0.34, 0.05, 0.5, 0.2), box(0.34, 0.2, 0.5, 0.95),
        box(-0.34, -0.8, 0.2, -0.6),
    ],
    "hat bonnet sombrero bowler cap": [
        ellipse(0, 0.45, 0.95, 0.2), [(-0.5, 0.27), (-0.42, -0.5), (0.42, -0.5), (0.5, 0.27), (-0.5, 0.27)],
    ],
    "apple fruit orange lemon pear strawberry": [
        [*arc(-0.3, 0.15, 0.5, 0.25, 0.85), *arc(0.3, 0.15, 0.5, 0.65, 1.25), (-0.3, 0.65)],
        ellipse(0.25, -0.65, 0.25, 0.1), [(0, -0.3), (0.05, -0.7)],
    ],
    "music song melody piano violin guitar singing trumpet": [
        ellipse(-0.45, 0.65, 0.27, 0.2), ellipse(0.5, 0.5, 0.27, 0.2),
        [(-0.22, 0.65), (-0.22, -0.65), (0.74, -0.8), (0.74, 0.5), (0.66, 0.5), (0.66, -0.45), (-0.14, -0.3),
         (-0.14, 0.65), (-0.22, 0.65)],
    ],
    "mushroom fungus toadstool": [
        [*ellipse(0, 0, 0.85, 0.8, 0.5, 1.0), (-0.85, 0)], box(-0.2, 0.05, 0.2, 0.85), arc(-0.3, -0.35, 0.13),
        arc(0.25, -0.42, 0.16),
    ],
    "bell church-bell doorbell": [
        [(-0.75, 0.6), (-0.5, 0.3), *ellipse(0, -0.2, 0.45, 0.7, 0.5, 1.0), (0.5, 0.3), (0.75, 0.6), (-0.75, 0.6)],
        arc(0, 0.75, 0.13),
    ],
    "ladder stairs steps fence cage": [
        box(-0.45, -0.95, -0.33, 0.95), box(0.33, -0.95, 0.45, 0.95),
        *(box(-0.33, y, 0.33, y + 0.1) for y in (-0.7, -0.25, 0.2, 0.65)),
    ],
    "shoe boot sandal clog": [
        [(-0.7, -0.7), (-0.1, -0.7), (-0.05, 0.0), (0.85, 0.25), (0.9, 0.6), (-0.7, 0.6), (-0.7, -0.7)],
    ],
}  # fmt: skip
GLYPHS = {word: glyph for words, glyph in {**SKY, **OTHERS}.items() for word in words.split()}
AIRBORNE = frozenset(word for words in SKY for word in words.split())


def drawn_word(word: str) -> str | None:
    """The word that has a drawing and that this one is, or is a form of."""
    forms = (word, word.removesuffix("'s"), word.removesuffix("s"), word.removesuffix("es"))
    return next((form for form in forms if form in GLYPHS), None)
