"""From measurements to a scene in words that a painter or a writer can use."""

from __future__ import annotations

import random

from .hearing import Heard

SLOW = ("slow", "unhurried", "drifting", "heavy-footed", "patient", "sleepwalking")
STEADY = ("steady", "walking", "swaying", "rocking", "even", "measured")
FAST = ("quick", "restless", "hurrying", "dancing", "breathless", "skipping")
FREE = ("floating", "timeless", "hovering", "weightless", "still")
LOW = ("deep", "low", "buried", "earthen", "cavernous")
MIDDLE = ("warm", "rounded", "near", "human", "mellow")
HIGH = ("high", "thin", "silvery", "airy", "small")
SOUNDS_DARK = ("hum", "drone", "murmur", "tolling", "undertow")
SOUNDS_PLAIN = ("tune", "melody", "song", "refrain", "lullaby")
SOUNDS_BRIGHT = ("chime", "glitter", "ringing", "music box", "peal")
SOUNDS_NOISY = ("hiss", "rush", "static", "roar", "rustle")
MINOR = ("in a minor key", "full of longing", "as if something were lost", "with a shadow over it")
MAJOR = ("in a major key", "full of light", "as if something had been found", "with an open face")
NEITHER = ("in no certain key", "that never decides", "neither glad nor sad", "with a secret in it")
GROWS = ("coming closer", "that swells", "rising like a tide", "growing brighter")
FADES = ("fading away", "that sinks into silence", "leaving through a side door", "going under")
STAYS = ("going round and round", "that stays where it is", "without beginning or end")
LIKE = ("like", "as of", "it could be", "I see", "it sounds like", "one thinks of")
# Who and where, by register and mood.
SCENES = {
    ("low", "sad"): (
        "a whale under the ice", "an empty station after the last train", "a mine at midnight",
        "monks in a flooded crypt", "a lighthouse in winter", "freighters waiting in fog",
        "an elephant crossing a dry river", "a cellar where cellos are kept", "black water under a pier",
    ),
    ("low", "glad"): (
        "bears dancing in a clearing", "a big red tractor at harvest", "a baker's oven at dawn",
        "drums behind a green hill", "a steamboat on a brown river", "a herd coming home at sunset",
        "an old engine that starts at last", "bees in a hollow oak", "giants asleep in the sun",
    ),
    ("middle", "sad"): (
        "an old woman at a rainy window", "a letter that is never posted", "a carousel in November",
        "a piano in an abandoned school", "footprints in grey snow", "a dog waiting at a gate",
        "lamps going out one by one", "a rowing boat on a dark lake", "a garden under dust sheets",
    ),
    ("middle", "glad"): (
        "a market square in the morning", "children on a wooden bridge", "washing on a line in the wind",
        "a kitchen full of oranges", "a bicycle going downhill", "a wedding in an orchard",
        "paper boats in a gutter", "neighbours singing over a fence", "a yellow tram in spring",
    ),
    ("high", "sad"): (
        "a kite lost over the sea", "icicles dripping in a chapel", "stars above a deserted road",
        "a moth at a street lamp", "a broken chandelier", "swallows leaving", "frost on a telephone wire",
        "a glass bird in a locked case", "the moon on a hospital roof",
    ),
    ("high", "glad"): (
        "sunlight on a fountain", "a jar of fireflies", "hummingbirds in a glasshouse", "bells over snow",
        "a shop that sells clocks", "dew on a spider's web", "a mountain stream over white stones",
        "soap bubbles above a city", "goldfinches in a thistle field",
    ),
}  # fmt: skip
NOISE_SCENES = (
    "rain on a tin roof", "surf at night", "a crowd behind a wall", "an untuned radio in a kitchen",
    "wind in dry grass", "a waterfall seen from far off", "a stadium after the match", "steam from a grating",
)  # fmt: skip
SILENCE = (
    "Almost nothing: a white room with the door ajar.", "Silence, like snow on an empty square.",
    "A held breath in a dark theatre.", "Nothing moves; somewhere a clock has stopped.",
)  # fmt: skip


def imagined(heard: Heard, seed: int) -> str:
    """One sentence; `seed` chooses among wordings that are all true."""
    chance = random.Random(seed)  # noqa: S311 (a choice of words)
    if heard.loudness < 0.002:
        return chance.choice(SILENCE)
    parts = {
        "pace": chance.choice(_pace(heard)),
        "height": chance.choice({"low": LOW, "middle": MIDDLE, "high": HIGH}[_height(heard)]),
        "sound": chance.choice(_sound(heard)),
        "mood": chance.choice(_mood(heard)),
        "course": chance.choice(_course(heard)),
        "like": chance.choice(LIKE),
        "scene": chance.choice(_scenes(heard)),
        "detail": chance.choice(_details(heard)),
    }
    text = chance.choice(
        (
            "{a} {pace}, {height} {sound} {mood}: {scene}, {detail}.",
            "{scene}, {detail}, and {a} {pace} {sound} {course}.",
            "{a} {height} {sound} {course}, {like} {scene}, {detail}.",
            "{scene}; {a} {pace} {sound} {mood}, {detail}.",
            "{a} {pace}, {height} {sound} {course}: {scene}.",
            "{detail}, {scene}: {a} {height}, {pace} {sound} {mood}.",
        )
    )
    first = parts["height"] if "{a} {height}" in text else parts["pace"]
    text = text.format(a="an" if first[0] in "aeiou" else "a", **parts)
    return text[0].upper() + text[1:]


def _pace(heard: Heard) -> tuple[str, ...]:
    if heard.density < 0.6:
        return FREE
    if heard.density > 4.2 or (heard.tempo > 150 and heard.density > 2.8):
        return FAST
    return SLOW if heard.density < 2.2 or 0 < heard.tempo < 75 else STEADY


def _height(heard: Heard) -> str:
    if heard.register < 52:
        return "low"
    return "high" if heard.register > 66 else "middle"


def _sound(heard: Heard) -> tuple[str, ...]:
    if heard.noise > 0.4:
        return SOUNDS_NOISY
    if heard.brightness < 500:
        return SOUNDS_DARK
    return SOUNDS_BRIGHT if heard.brightness > 1500 else SOUNDS_PLAIN


def _mood(heard: Heard) -> tuple[str, ...]:
    if abs(heard.major) < 0.02 or heard.noise > 0.4:
        return NEITHER
    return MAJOR if heard.major > 0 else MINOR


def _course(heard: Heard) -> tuple[str, ...]:
    if heard.swell > 0.25:
        return GROWS
    return FADES if heard.swell < -0.5 else STAYS


def _scenes(heard: Heard) -> tuple[str, ...]:
    if heard.noise > 0.4:
        return NOISE_SCENES
    return SCENES[_height(heard), "glad" if heard.major > 0 else "sad"]


def _details(heard: Heard) -> tuple[str, ...]:
    if heard.brightness > 1500:
        return (
            "white and glittering",
            "in hard bright light",
            "every edge sharp",
            "silver and blue",
        )
    if heard.brightness < 500:
        return (
            "all in brown and black",
            "lit by one lamp",
            "under a violet sky",
            "in blue darkness",
        )
    return (
        "in soft gold light",
        "green and grey",
        "late in the day",
        "in the colours of old paper",
    )
