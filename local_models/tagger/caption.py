"""One sentence from tags and from what can be said of a picture without knowing what it shows: colours,
light, texture. The picture itself chooses the wording, so it never changes.
"""

from __future__ import annotations

import random
import re
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
    "at the upper left", "along the top", "at the upper right", "on the left", "in the middle",
    "on the right", "at the lower left", "along the bottom", "at the lower right",
)  # fmt: skip
TABLE = np.array(list(COLOURS.values()), np.float32)
NAMES = tuple(COLOURS)
MIN_SHARE = 0.06
USUAL_FLOOR = 0.03  # so that a rare name does not outweigh all others
WEIGHTS = np.array([0.9, 1.1, 0.8], np.float32)
SURE = 0.35  # a label this likely is named, unless the painter's pictures often seem to show it
SURE_UNUSUAL = 2.0
CLEAR = 3.0  # deviations above which a picture is about things
PLURAL = re.compile(r"[^s]s$")
VOWELS = "aeiouAEIOU"
OPENINGS = (
    "{first} {between} {second}", "{first} {between} {second}", "{first} {between} {second}",
    "there is {first} where {second} should be", "what looks like {first} turns into {second}",
    "{first} dreams of {second}", "{first}, or perhaps {second}", "{first} made out of {second}",
    "somewhere between {first} and {second}", "{first} remembers {second}",
    "{first} keeps {second} company", "{first} hides behind {second}",
)  # fmt: skip
BETWEEN = (
    "beside", "above", "under", "in front of", "in the shadow of", "next to", "inside", "on top of",
    "far from", "leaning on", "facing", "at the edge of", "reflected in", "wrapped around",
)  # fmt: skip
TONES = (
    "in {colours}", "all in {colours}", "painted in {colours}", "bathed in {colours}",
    "in shades of {colours}", "dissolving into {colours}", "against {colours}", "lit in {colours}",
)  # fmt: skip
LIGHTS = (
    "light gathers {light}", "the brightest spot is {light}", "something glows {light}",
    "a soft light rests {light}", "darkness waits {dark}", "the shadows are deepest {dark}",
    "the light comes from somewhere {light}", "it grows dark {dark}",
)  # fmt: skip
MOTIF = (
    "{scene} {tone}; {light}.", "{scene}, {hour}, {tone}.", "{scene} {hour}: {light}.",
    "{scene}, {mood}, {hour}; {light}.", "{hour}, {scene}, {tone}.", "{scene}, with {colours} around it.",
    "{hour}: {first}, {mood}, and {second} behind it, {tone}.",
)  # fmt: skip
PALETTE = (
    "{colours}, {mood}, and somewhere in it {first}; {light}.", "{scene} {tone}, {mood}; {light}.",
    "{colours}, {mood}, {hour}, as if {first} had passed by {second}.",
    "a picture in {colours}, {mood}: {scene}.", "{hour}, everything is {main}, except {first} and {second}.",
    "mostly {main}; {light}, and one can make out {first} {hour}.", "{scene}, {hour}, {tone}.",
    "{colours} run into one another until {first} becomes {second}.",
)  # fmt: skip
SMOOTH = ("hazy", "silent", "soft", "dreamlike", "slow", "smooth as silk", "out of focus", "calm")
BUSY = ("restless", "crowded", "rough", "full of detail", "busy", "scratched", "tangled", "sharp")
DARK = ("at night", "late in the evening", "in a dark room", "before dawn", "under a heavy sky")
BRIGHT = ("at noon", "in full daylight", "on a clear morning", "in a white room", "in bright sun")
BETWEEN_TIMES = ("at dusk", "in the afternoon", "in half light", "on a grey day", "in late summer")


@dataclass(frozen=True, slots=True)
class Tag:
    name: str
    chance: float  # 0 .. 1
    unusual: float  # deviations above what the painter's pictures have on the average


@dataclass(frozen=True, slots=True)
class Appearance:
    colours: tuple[str, ...]  # the commonest first, at most three
    light: str  # where it is brightest
    dark: str  # where it is darkest
    brightness: float  # 0 .. 1
    texture: float  # 0 smooth .. about 1 busy


def describe_appearance(image: Image.Image, usual: NDArray[np.float32]) -> Appearance:
    """`usual`: the share of each colour that a picture has on the average."""
    small = shrunk(image)
    grey = (small @ np.array([0.299, 0.587, 0.114], np.float32)) / 255
    thirds = grey.reshape(3, 16, 3, 16).mean(axis=(1, 3))
    edges = np.abs(np.diff(grey, axis=0)).mean() + np.abs(np.diff(grey, axis=1)).mean()
    return Appearance(
        colours=_colours(colour_shares(small), usual),
        light=PLACES[thirds.argmax()],
        dark=PLACES[thirds.argmin()],
        brightness=float(grey.mean()),
        texture=float(min(1.0, edges * 8)),
    )


def shrunk(image: Image.Image) -> NDArray[np.float32]:
    return np.asarray(image.resize((48, 48), Image.Resampling.BOX), np.float32)


def colour_shares(small: NDArray[np.float32]) -> NDArray[np.float32]:
    """How much of the picture each name of COLOURS has; strong colours count more than greys."""
    points = small.reshape(-1, 3)
    away = (((points[:, None] - TABLE) * WEIGHTS) ** 2).sum(axis=2)
    strength = 0.35 + (points.max(axis=1) - points.min(axis=1)) / 255
    shares = np.bincount(away.argmin(axis=1), strength, len(NAMES))
    out: NDArray[np.float32] = (shares / shares.sum()).astype(np.float32)
    return out


def _colours(shares: NDArray[np.float32], usual: NDArray[np.float32]) -> tuple[str, ...]:
    """The three whose share is most above the usual one, of those that are to be seen; the largest first."""
    unusual = np.argsort(-shares / (usual + USUAL_FLOOR), kind="stable")
    seen = [i for i in unusual if shares[i] >= MIN_SHARE][:3] or [shares.argmax()]
    return tuple(NAMES[i] for i in sorted(seen, key=lambda i: -shares[i]))


def caption(tags: list[Tag], appearance: Appearance, seed: int) -> str:
    """`tags`: at least three, the most telling first. Things lead where they are clear, else the palette."""
    chance = random.Random(seed)  # noqa: S311 (a choice of words)
    first, second = (noun(tag.name) for tag in _two(tags, chance))
    scene = chance.choice(OPENINGS).format(
        first=first, second=second, between=chance.choice(BETWEEN)
    )
    colours = _listed(appearance.colours)
    parts = {
        "scene": scene,
        "first": first,
        "second": second,
        "colours": colours,
        "main": appearance.colours[0],
        "tone": chance.choice(TONES).format(colours=colours),
        "light": chance.choice(LIGHTS).format(light=appearance.light, dark=appearance.dark),
        "mood": chance.choice(SMOOTH if appearance.texture < 0.3 else BUSY),
        "hour": chance.choice(_hours(appearance)),
    }
    clear = tags[0].unusual > CLEAR
    text = chance.choice(MOTIF if clear else PALETTE).format(**parts)
    return text[0].upper() + text[1:]


def noun(name: str) -> str:
    """A tag with its article: "a bubble", "an umbrella", "binoculars"."""
    bare = re.sub(r"^an? |\s*\(.*?\)| / .*", "", name).strip()
    if PLURAL.search(bare) and not bare.endswith(("us", "is", "as")):
        return bare
    vowel = bare.startswith("hour") or (bare[0] in VOWELS and not bare.startswith(("uni", "Eu")))
    return f"{'an' if vowel else 'a'} {bare}"


def _two(tags: list[Tag], chance: random.Random) -> list[Tag]:
    """The surest tag and one of the next; where nothing is sure, any two of the first."""
    sure = max(tags, key=lambda tag: tag.chance)
    if sure.chance >= SURE and sure.unusual >= SURE_UNUSUAL:
        return [sure, chance.choice([tag for tag in tags if tag is not sure][:2])]
    return chance.sample(tags[:3], 2)


def _hours(appearance: Appearance) -> tuple[str, ...]:
    if appearance.brightness < 0.3:
        return DARK
    return BRIGHT if appearance.brightness > 0.6 else BETWEEN_TIMES


def _listed(names: tuple[str, ...]) -> str:
    if len(names) == 1:
        return names[0]
    return f"{', '.join(names[:-1])} and {names[-1]}"
