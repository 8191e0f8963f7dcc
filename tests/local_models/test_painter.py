"""The prompt painter: the same words, the same picture; near words, near pictures."""

from __future__ import annotations

import io
import random
import subprocess
import sys
from functools import cache

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image

from local_models.painter.glyphs import GLYPHS, drawn_word
from local_models.painter.painting import paint, picture_of
from local_models.protocol import HostRequest, UnusableInput

from .conftest import CHECKOUT

ADJECTIVES = ("red", "blue", "golden", "old", "lonely", "frozen", "black", "paper", "rusty", "tiny")
NOUNS = ("balloon", "city", "whale", "robot", "fox", "piano", "train", "garden", "clock", "tiger")
VERBS = ("drifts", "dreams", "waits", "burns", "listens", "melts", "grows", "dances")
PLACES = ("over the sea", "under a bridge", "in the fog", "at midnight", "inside a mirror")
PAIRS = 60


def picture(request: HostRequest) -> NDArray[np.uint8]:
    reply = paint(request)
    assert reply.content_type == "image/webp"
    return np.asarray(Image.open(io.BytesIO(reply.data)).convert("RGB"))


@cache
def seen_from_afar(prompt: str) -> NDArray[np.float64]:
    whole = Image.fromarray(picture_of(prompt, size=(320, 180)))
    return np.asarray(whole.resize((64, 36), Image.Resampling.BOX), np.float64)


def apart(one: str, other: str) -> float:
    return float(np.sqrt(np.mean((seen_from_afar(one) - seen_from_afar(other)) ** 2)))


def words_of_a_prompt(chance: random.Random) -> list[str]:
    first, second = chance.sample(NOUNS, 2)
    return [
        chance.choice(ADJECTIVES), first, chance.choice(VERBS), chance.choice(PLACES),
        "with", "a", chance.choice(ADJECTIVES), second,
    ]  # fmt: skip


def edited(words: list[str], chance: random.Random) -> list[str]:
    """One word is another of its kind: a colour, a thing, what it does."""
    place, kind = chance.choice(((0, ADJECTIVES), (1, NOUNS), (2, VERBS), (7, NOUNS)))
    other = chance.choice([word for word in kind if word not in words])
    return [*words[:place], other, *words[place + 1 :]]


def test_the_same_words_give_the_same_picture() -> None:
    one, other = (paint(HostRequest("local:painter", text="a fox", key=key)) for key in ("a", "b"))

    assert one.data == other.data


def test_another_process_gives_the_same_picture() -> None:
    script = (
        "import hashlib; from local_models.painter.painting import picture_of;"
        "print(hashlib.sha256(picture_of('a fox in the fog').tobytes()).hexdigest())"
    )
    command = [sys.executable, "-c", script]

    first, second = (
        subprocess.run(command, cwd=CHECKOUT, capture_output=True, check=True).stdout
        for _ in range(2)
    )

    assert first == second


def test_a_prompt_with_one_word_changed_looks_more_alike_than_an_unrelated_one() -> None:
    chance = random.Random(20)
    prompts = [words_of_a_prompt(chance) for _ in range(PAIRS)]

    nearer = sum(
        apart(" ".join(words), " ".join(edited(words, chance)))
        < apart(" ".join(words), " ".join(prompts[place - 1]))
        for place, words in enumerate(prompts)
    )

    assert nearer >= 0.9 * PAIRS


def test_capitals_and_spaces_make_no_difference() -> None:
    assert np.array_equal(picture_of("A red  Fox"), picture_of("a RED fox"))


def test_the_order_of_words_makes_a_difference() -> None:
    assert not np.array_equal(picture_of("dog bites man"), picture_of("man bites dog"))


def test_the_picture_is_wide_and_uses_dark_and_light() -> None:
    found = picture(HostRequest("local:painter", text="a cathedral of glass"))

    height, width, _ = found.shape
    assert width * 9 == height * 16
    assert width >= 960
    assert found.std() > 30
    assert np.percentile(found, 2) < 30
    assert np.percentile(found, 98) > 180


@pytest.mark.parametrize(
    "prompt",
    ["雨が降る", "🔥🔥🔥", "?!", "ß", "the of and", "word " * 400, "\u200b"],
    ids=["japanese", "emoji", "marks", "one letter", "little words", "long", "invisible"],
)
def test_any_words_give_a_picture(prompt: str) -> None:
    assert picture_of(prompt).std() > 10


def test_no_words_are_refused() -> None:
    with pytest.raises(UnusableInput):
        paint(HostRequest("local:painter", text="  \n"))


def test_a_seed_gives_another_picture_that_is_the_same_every_time() -> None:
    plain, first, second = (
        picture(HostRequest("local:painter", text="a fox", parameters=parameters, key=key))
        for key, parameters in (("a", {}), ("b", {"seed": 7}), ("c", {"seed": 7}))
    )

    assert np.array_equal(first, second)
    assert not np.array_equal(plain, first)


def test_noise_gives_another_picture_at_every_step() -> None:
    first, second = (
        picture(HostRequest("local:painter", text="a fox", parameters={"noise": 0.5}, key=key))
        for key in ("a", "b")
    )

    assert not np.array_equal(first, second)


@pytest.mark.parametrize("word", sorted(GLYPHS))
def test_every_drawing_fits_its_square(word: str) -> None:
    glyph = GLYPHS[word]

    assert drawn_word(f"{word}s") in (word, f"{word}s")
    assert glyph
    assert all(abs(x) <= 1.2 and abs(y) <= 1.2 for stroke in glyph for x, y in stroke)
    assert all(len(stroke) > 1 for stroke in glyph)
