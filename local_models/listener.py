"""The listener: measures a sound (tempo, register, brightness, density, mode, course) and describes a
scene that sounds so, in words that a painter or a writer can use.
"""

from __future__ import annotations

import hashlib
import random
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from .protocol import HostReply, HostRequest
from .sound_files import decoded

Array = NDArray[np.float32]
RATE = 22_050
WINDOW = 2048
HOP = 512
MIN_SAMPLES = WINDOW + 24 * HOP  # samples; what is shorter is followed by silence
FRAMES_PER_SECOND = RATE / HOP
MAJOR_KEY = np.array([6.35, 2.23, 3.48, 2.33, 4.38, 4.09, 2.52, 5.19, 2.39, 3.66, 2.29, 2.88])
MINOR_KEY = np.array([6.33, 2.68, 3.52, 5.38, 2.60, 3.53, 2.54, 4.75, 3.98, 2.69, 3.34, 3.17])
MAX_SECONDS = 60
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
DETAILS_BRIGHT = (
    "white and glittering",
    "in hard bright light",
    "every edge sharp",
    "silver and blue",
)
DETAILS_DARK = (
    "all in brown and black",
    "lit by one lamp",
    "under a violet sky",
    "in blue darkness",
)
DETAILS_PLAIN = (
    "in soft gold light",
    "green and grey",
    "late in the day",
    "in the colours of old paper",
)
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
SENTENCES = (
    "{a} {pace}, {height} {sound} {mood}: {scene}, {detail}.",
    "{scene}, {detail}, and {a} {pace} {sound} {course}.",
    "{a} {height} {sound} {course}, {like} {scene}, {detail}.",
    "{scene}; {a} {pace} {sound} {mood}, {detail}.",
    "{a} {pace}, {height} {sound} {course}: {scene}.",
    "{detail}, {scene}: {a} {height}, {pace} {sound} {mood}.",
)
SILENCE = (
    "Almost nothing: a white room with the door ajar.", "Silence, like snow on an empty square.",
    "A held breath in a dark theatre.", "Nothing moves; somewhere a clock has stopped.",
)  # fmt: skip


def describe_sound(request: HostRequest) -> HostReply:
    """Always the same sentence for the same sound."""
    sound = decoded(Path(request.path), rate=RATE, max_seconds=MAX_SECONDS)
    text = describe_scene(analyse_sound(sound), _seed(sound))
    return HostReply(text=text)


def _seed(sound: Array) -> int:
    coarse = (sound[:: RATE // 400] * 64).astype(np.int8)
    return int.from_bytes(hashlib.blake2b(coarse.tobytes(), digest_size=8).digest(), "big")


@dataclass(frozen=True, slots=True)
class SoundAnalysis:
    loudness: float  # root mean square, 0 .. 1
    tempo: float  # beats per minute; 0 where there is no pulse
    density: float  # onsets per second
    register: float  # MIDI number in the middle of what sounds
    brightness: float  # spectral centroid in Hz
    noise: float  # 0 tonal .. 1 hiss
    major: float  # below 0 minor, above 0 major
    swell: float  # below 0 it fades, above 0 it grows


def analyse_sound(sound: Array) -> SoundAnalysis:
    """Works on anything, silence and single clicks included."""
    padded = np.pad(sound, (0, max(0, MIN_SAMPLES - len(sound))))
    spectrum = _spectrum(padded)
    energy = (spectrum**2).sum(axis=1)
    flux = _flux(spectrum)
    hertz = np.fft.rfftfreq(WINDOW, 1 / RATE)
    mean = spectrum.mean(axis=0) + 1e-9
    third = max(1, len(energy) // 3)
    return SoundAnalysis(
        loudness=float(np.sqrt(np.mean(sound**2))) if len(sound) else 0.0,
        tempo=_tempo(flux),
        density=_onsets(flux) / max(0.5, len(padded) / RATE),
        register=_register(mean, hertz),
        brightness=float((mean * hertz).sum() / mean.sum()),
        noise=float(np.exp(np.log(mean[5:700]).mean()) / mean[5:700].mean()),
        major=_mode(mean, hertz),
        swell=float(np.log10((energy[-third:].mean() + 1e-9) / (energy[:third].mean() + 1e-9))),
    )


def _spectrum(sound: Array) -> Array:
    frames = np.lib.stride_tricks.sliding_window_view(sound, WINDOW)[::HOP]
    shaped = np.abs(np.fft.rfft(frames * np.hanning(WINDOW).astype(np.float32), axis=1))
    return shaped.astype(np.float32)


def _flux(spectrum: Array) -> Array:
    """How much rises from frame to frame, with the slow part taken out."""
    rise = np.maximum(np.diff(np.log1p(spectrum), axis=0), 0).sum(axis=1)
    slow = np.convolve(rise, np.ones(21) / 21, mode="same")
    flux: Array = np.maximum(rise - slow, 0).astype(np.float32)
    return flux


def _onsets(flux: Array) -> int:
    if len(flux) < 3 or flux.max() < 1.0:
        return 0
    middle = flux[1:-1]
    peaks = (middle > flux[:-2]) & (middle >= flux[2:]) & (middle > 0.18 * flux.max())
    return int(peaks.sum())


def _tempo(flux: Array) -> float:
    """Where the flux is most like itself; slower answers must be clearly better."""
    if len(flux) < 64 or flux.max() < 1.0:
        return 0.0
    centred = flux - flux.mean()
    alike = np.correlate(centred, centred, mode="full")[len(flux) - 1 :]
    shortest = int(FRAMES_PER_SECOND * 60 / 200)
    longest = min(len(alike) - 1, int(FRAMES_PER_SECOND * 60 / 45))
    lags = np.arange(shortest, longest)
    weighed = alike[lags] * np.exp(-0.5 * (np.log2(lags / (FRAMES_PER_SECOND * 0.55)) / 0.9) ** 2)
    best = int(lags[weighed.argmax()])
    return FRAMES_PER_SECOND * 60 / best if alike[best] > 0.08 * alike[0] else 0.0


def _register(mean: Array, hertz: NDArray[np.floating]) -> float:
    """The middle of the loudest partials, as a note."""
    audible = (hertz > 50) & (hertz < 4000)
    power = mean[audible] ** 2
    reached = np.cumsum(power) / power.sum()
    middle = float(hertz[audible][int(np.searchsorted(reached, 0.5))])
    return float(69 + 12 * np.log2(middle / 440))


def _mode(mean: Array, hertz: NDArray[np.floating]) -> float:
    """The best major key's likeness less the best minor key's."""
    audible = (hertz > 100) & (hertz < 2500)
    notes = np.round(69 + 12 * np.log2(hertz[audible] / 440)).astype(int) % 12
    chroma = np.bincount(notes, mean[audible] ** 2, 12)
    if chroma.std() == 0:
        return 0.0
    best = [
        max(float(np.corrcoef(np.roll(profile, turn), chroma)[0, 1]) for turn in range(12))
        for profile in (MAJOR_KEY, MINOR_KEY)
    ]
    return best[0] - best[1]


def describe_scene(sound: SoundAnalysis, seed: int) -> str:
    """One sentence; `seed` chooses among wordings that are all true."""
    chance = random.Random(seed)  # noqa: S311 (a choice of words)
    if sound.loudness < 0.002:
        return chance.choice(SILENCE)
    text = chance.choice(SENTENCES)
    parts = {name: chance.choice(words) for name, words in _wordings(sound).items()}
    first = parts["height"] if "{a} {height}" in text else parts["pace"]
    text = text.format(a="an" if first[0] in "aeiou" else "a", **parts)
    return text[0].upper() + text[1:]


def _wordings(sound: SoundAnalysis) -> dict[str, tuple[str, ...]]:
    """What may stand for each part of a sentence."""
    noisy = sound.noise > 0.4
    undecided = noisy or abs(sound.major) < 0.02
    height = ("low", "middle", "high")[_band(sound.register, 52, 66)]
    tint = _band(sound.brightness, 500, 1500)
    return {
        "pace": _pace(sound),
        "height": {"low": LOW, "middle": MIDDLE, "high": HIGH}[height],
        "sound": SOUNDS_NOISY if noisy else (SOUNDS_DARK, SOUNDS_PLAIN, SOUNDS_BRIGHT)[tint],
        "mood": NEITHER if undecided else MAJOR if sound.major > 0 else MINOR,
        "course": (FADES, STAYS, GROWS)[_band(sound.swell, -0.5, 0.25)],
        "like": LIKE,
        "scene": NOISE_SCENES if noisy else SCENES[height, "glad" if sound.major > 0 else "sad"],
        "detail": (DETAILS_DARK, DETAILS_PLAIN, DETAILS_BRIGHT)[tint],
    }


def _band(value: float, low: float, high: float) -> int:
    """0 below `low`, 2 above `high`, 1 between them."""
    return 0 if value < low else 2 if value > high else 1


def _pace(sound: SoundAnalysis) -> tuple[str, ...]:
    if sound.density < 0.6:
        return FREE
    if sound.density > 4.2 or (sound.tempo > 150 and sound.density > 2.8):
        return FAST
    return SLOW if sound.density < 2.2 or 0 < sound.tempo < 75 else STEADY
