"""The word synthesizer: a tune for some words, always the same for the same words.

Vowels choose the notes of a scale, consonants where they leap, the length of a word how long it
rings, a comma or full stop a rest. Scale, tempo and timbre follow the whole text. Over a slow chord
in the same scale, with a little room around it, anything sounds meant.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from .embedding import Vector, embed, project, words_of
from .protocol import HostReply, HostRequest, UnusableInput
from .sound_files import wav

Array = NDArray[np.float32]
RATE = 22_050
SECONDS = 8.0
MAX_WORDS = 60
SCALES = {
    "bright": (0, 2, 4, 7, 9),  # major pentatonic
    "open": (0, 2, 4, 6, 7, 9, 11),  # lydian
    "grave": (0, 2, 3, 5, 7, 8, 10),  # natural minor
    "dark": (0, 3, 5, 7, 10),  # minor pentatonic
    "strange": (0, 2, 3, 7, 8),  # hirajoshi
}
GLAD = frozenset(
    ("happy", "joy", "sun", "sunny", "light", "bright", "dance", "spring", "laugh", "gold", "child",
     "children", "morning", "love", "party", "play", "festival", "summer", "sweet", "smile")
)  # fmt: skip
SAD = frozenset(
    ("sad", "dark", "night", "death", "dead", "alone", "lonely", "loneliness", "rain", "grey", "cold",
     "lost", "winter", "empty", "grave", "tears", "cry", "shadow", "fog", "last", "slow", "grief")
)  # fmt: skip
QUICK = frozenset(
    ("run", "fast", "storm", "fire", "panic", "race", "dance", "wild", "electric", "war")
)
VOWELS = {"a": 0, "e": 2, "i": 4, "o": 1, "u": 3, "y": 5}
SYLLABLE = re.compile(r"[^aeiouy\W]*[aeiouy]+|\w+")


@dataclass(frozen=True, slots=True)
class Note:
    start: float  # in beats
    beats: float
    degree: int
    force: float


@dataclass(frozen=True, slots=True)
class Character:
    """What the whole text decides."""

    scale: tuple[int, ...]
    root: float  # MIDI number
    beat: float  # seconds
    ratio: float  # of the modulator: bell, reed, string
    bite: float  # how much of it
    swing: float


def play(request: HostRequest) -> HostReply:
    """A mono WAV of the request's words."""
    if not request.text.strip():
        raise UnusableInput("There are no words to play.")
    length = min(20.0, max(3.0, request.parameter("seconds", SECONDS)))
    sound = tune(request.text, length)
    return HostReply(data=wav(sound, RATE), content_type="audio/wav")


def tune(text: str, seconds: float = SECONDS) -> Array:
    """Samples at RATE, between -1 and 1."""
    words = words_of(text)[:MAX_WORDS]
    vector = embed(text)
    character = character_of(vector, words)
    notes = melody(text, words)
    dry = np.zeros(int(RATE * seconds), np.float32)
    _add_melody(dry, notes, character, seconds)
    _add_chord(dry, character, vector)
    wet = _roomy(dry)
    return _mastered(wet)


def character_of(vector: Vector, words: list[str]) -> Character:
    tone = np.tanh(project(vector, "sound", 6))
    glad = sum(word in GLAD for word in words) - sum(word in SAD for word in words)
    mood = float(tone[0]) + 0.9 * glad
    ladder = ("strange", "dark", "grave", "open", "bright")
    name = ladder[int(np.clip((mood + 1.25) / 2.5 * 5, 0, 4))]
    quick = float(tone[1]) + 0.8 * sum(word in QUICK for word in words) + 0.25 * glad
    return Character(
        scale=SCALES[name],
        root=48.0 + round(float(tone[2]) * 5 + 2 * np.clip(glad, -2, 2)),
        beat=0.34 * 2.0 ** (-0.55 * float(np.clip(quick, -1.3, 1.6))),
        ratio=(1.0, 2.0, 3.5, 1.41, 5.0)[int((tone[3] + 1) / 2 * 4.99)],
        bite=1.2 + 1.1 * float(tone[4]),
        swing=0.12 * float(tone[5] + 1),
    )


def melody(text: str, words: list[str]) -> list[Note]:
    """One note per syllable; it wanders, but never far."""
    notes: list[Note] = []
    at, degree = 0.0, 4
    rests = _rests(text, len(words))
    for place, word in enumerate(words):
        syllables = SYLLABLE.findall(word) or [word]
        for nth, syllable in enumerate(syllables[:5]):
            degree = _next(degree, syllable)
            last = nth == len(syllables) - 1
            beats = (1.0 if len(syllable) < 4 else 1.5) + (0.5 if last and len(word) > 5 else 0.0)
            notes.append(Note(at, beats, degree, 1.0 if nth == 0 else 0.72))
            at += beats
        at += rests[place]
    return notes


def _next(degree: int, syllable: str) -> int:
    vowel = next((VOWELS[sign] for sign in syllable if sign in VOWELS), ord(syllable[-1]) % 6)
    leap = (ord(syllable[0]) * 7 + len(syllable)) % 5 - 2
    wanted = vowel + leap + (4 if syllable[0] in "lmnrvw" else 2)
    return int(np.clip(round((degree + 2 * wanted) / 3), -1, 11))


def _rests(text: str, count: int) -> list[float]:
    """Beats of silence after each word, from the punctuation that follows it."""
    marks = re.findall(r"\w+(?:['\u2019]\w+)?([^\w]*)", text)[:count]
    found = [
        2.0 if re.search(r"[.!?\u2026\n]", m) else 1.0 if re.search(r"[,;:]", m) else 0.0
        for m in marks
    ]
    return found + [0.0] * (count - len(found))


def _add_melody(sound: Array, notes: list[Note], character: Character, seconds: float) -> None:
    """Repeated until the time is full, each time a little softer and a third higher or lower."""
    span = notes[-1].start + notes[-1].beats + 2.0
    turn, begin = 0, 0.35
    while begin < seconds - 1.0 and turn < 40:
        lift = (0, 2, 0, -2)[turn % 4]
        for note in notes:
            start = (
                begin + (note.start + (character.swing if note.start % 2 else 0)) * character.beat
            )
            if start < seconds - 0.9:
                _strike(sound, start, note, character, lift, 0.9**turn)
        begin += span * character.beat
        turn += 1


def _strike(
    sound: Array, start: float, note: Note, character: Character, lift: int, level: float
) -> None:
    """One struck, frequency-modulated note; the modulator fades first, as in a bell."""
    pitch = _hertz(character, note.degree + lift)
    first = int(start * RATE)
    length = min(len(sound) - first, int((note.beats * character.beat + 0.9) * RATE))
    if length <= 0:
        return
    t = np.arange(length, dtype=np.float32) / RATE
    ring = np.exp(-t / np.float32(0.28 + 0.35 * note.beats * character.beat))
    modulator = character.bite * np.exp(-t * 5) * np.sin(2 * np.pi * pitch * character.ratio * t)
    tone = np.sin(2 * np.pi * pitch * t + modulator) + 0.25 * np.sin(np.pi * pitch * t)
    edge = np.minimum(1.0, t * 140) * np.minimum(1.0, (length / RATE - t) * 30)
    sound[first : first + length] += 0.32 * level * note.force * tone * ring * edge


def _add_chord(sound: Array, character: Character, vector: Vector) -> None:
    """A slow pad: three notes of the scale, two voices each, breathing."""
    t = np.arange(len(sound), dtype=np.float32) / RATE
    drift = project(vector, "chord", 6)
    for nth, degree in enumerate((-len(character.scale), 0, 2)):
        pitch = _hertz(character, degree)
        breath = 0.6 + 0.4 * np.sin(2 * np.pi * (0.11 + 0.03 * nth) * t + drift[nth])
        voice = np.sin(2 * np.pi * pitch * t + drift[nth + 3])
        voice += np.sin(2 * np.pi * pitch * 1.004 * t) + 0.3 * np.sin(4 * np.pi * pitch * t)
        sound += 0.05 * voice * breath


def _hertz(character: Character, degree: int) -> float:
    octave, step = divmod(degree, len(character.scale))
    return float(440.0 * 2.0 ** ((character.root + 12 * octave + character.scale[step] - 69) / 12))


def _roomy(dry: Array) -> Array:
    """A small hall: convolution with noise that dies away, the same noise every time."""
    length = int(1.3 * RATE)
    noise = np.random.RandomState(7).standard_normal(length).astype(np.float32)
    softened = np.convolve(noise, np.hanning(9) / 4.0, mode="same")
    tail = softened * np.exp(-np.arange(length) / (0.33 * RATE))
    size = 1 << (len(dry) + length).bit_length()
    wet = np.fft.irfft(np.fft.rfft(dry, size) * np.fft.rfft(tail, size))[: len(dry)]
    peak = float(np.abs(wet).max()) or 1.0
    mixed: Array = (dry + 0.35 * float(np.abs(dry).max()) / peak * wet).astype(np.float32)
    return mixed


def _mastered(sound: Array) -> Array:
    """Even level, soft peaks, no click at either end."""
    level = float(np.sqrt(np.mean(sound**2))) or 1.0
    soft = np.tanh(sound * (0.16 / level) * 1.2) / 1.2
    fade = np.ones(len(soft), np.float32)
    edge = int(0.03 * RATE)
    fade[:edge] = np.linspace(0, 1, edge)
    fade[-RATE:] = np.linspace(1, 0, RATE) ** 1.5
    out: Array = np.clip(soft * fade, -1, 1).astype(np.float32)
    return out
