"""One sentence from tags and look. The picture itself chooses the wording, so it never changes."""

from __future__ import annotations

import random
import re

from .look import Look

SURE = 0.35
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
SMOOTH = ("hazy", "silent", "soft", "dreamlike", "slow", "smooth as silk", "out of focus", "calm")
BUSY = ("restless", "crowded", "rough", "full of detail", "busy", "scratched", "tangled", "sharp")
DARK = ("at night", "late in the evening", "in a dark room", "before dawn", "under a heavy sky")
BRIGHT = ("at noon", "in full daylight", "on a clear morning", "in a white room", "in bright sun")
BETWEEN_TIMES = ("at dusk", "in the afternoon", "in half light", "on a grey day", "in late summer")


def caption(tags: list[tuple[str, float]], look: Look, seed: int) -> str:
    """`tags` by falling certainty, at least three of them."""
    chance = random.Random(seed)  # noqa: S311 (a choice of words)
    first, second = (noun(name) for name, _ in _two(tags, chance))
    opening = chance.choice(OPENINGS)
    scene = opening.format(first=first, second=second, between=chance.choice(BETWEEN))
    tone = chance.choice(TONES).format(colours=_listed(look.colours))
    light = chance.choice(LIGHTS).format(light=look.light, dark=look.dark)
    mood = chance.choice(SMOOTH if look.texture < 0.3 else BUSY)
    hour = chance.choice(_hours(look))
    ends = [
        f"{scene} {tone}; {light}.",
        f"{scene}, {hour}, {tone}.",
        f"{scene} {hour}: {light}, {tone}.",
    ]
    ends += [f"{scene} {tone}, {mood}; {light}.", f"{scene} {tone}, {mood}, {hour}."]
    text = chance.choice(ends)
    return text[0].upper() + text[1:]


def noun(name: str) -> str:
    """A tag with its article: "a bubble", "an umbrella", "binoculars"."""
    bare = re.sub(r"\s*\(.*?\)", "", name).strip()
    if PLURAL.search(bare) and not bare.endswith(("us", "is", "as")):
        return bare
    vowel = bare.startswith("hour") or (bare[0] in VOWELS and not bare.startswith(("uni", "Eu")))
    return f"{'an' if vowel else 'a'} {bare}"


def _two(tags: list[tuple[str, float]], chance: random.Random) -> list[tuple[str, float]]:
    """The surest tag and one of the next; where nothing is sure, any two of the first six."""
    if tags[0][1] >= SURE:
        return [tags[0], chance.choice(tags[1:3])]
    return chance.sample(tags[:6], 2)


def _hours(look: Look) -> tuple[str, ...]:
    if look.brightness < 0.3:
        return DARK
    return BRIGHT if look.brightness > 0.6 else BETWEEN_TIMES


def _listed(names: tuple[str, ...]) -> str:
    if len(names) == 1:
        return names[0]
    return f"{', '.join(names[:-1])} and {names[-1]}"
