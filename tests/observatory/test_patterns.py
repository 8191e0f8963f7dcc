"""Freezing, going flat, cycles and lost words: found in noisy instances, and not in runs that wander."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest

from observatory.patterns import cycle_of, flat_at, frozen_at, lost_words, things_of
from observatory.vectors import Vectors
from tests.observatory.simulated import SimulatedNetwork, Truth, as_vectors

INSTANCES = 200
WORDS = [f"word{letter}{other}" for letter in "abcdefghij" for other in "klmnopqrst"]
Random = np.random.Generator


def count(instance: Callable[[Random], bool]) -> int:
    """Of so many instances, each with a seed of its own."""
    return sum(instance(np.random.default_rng(seed)) for seed in range(INSTANCES))


def sentence(random: Random) -> str:
    return " ".join(random.choice(WORDS, 8))


def wandering(random: Random, texts: int = 40) -> Vectors:
    network = SimulatedNetwork(Truth.draw_truth(random), random)
    return network.runs(prompts=1, twins=1, texts=texts)[0].texts[0]


def test_a_frozen_run_is_found_where_it_froze() -> None:
    def found(random: Random) -> bool:
        before = int(random.integers(3, 25))
        texts = [sentence(random) for _ in range(before)]
        same = sentence(random).capitalize()
        repeats = [same + ("." if random.random() < 0.5 else " ") for _ in range(12)]
        if random.random() < 0.5:  # one text in between is another
            repeats[int(random.integers(4, 8))] = sentence(random)
        at = frozen_at(texts + repeats)
        return at is not None and abs(at - before) <= 1

    assert count(found) >= 0.95 * INSTANCES


def test_a_run_that_wanders_is_not_frozen() -> None:
    def found(random: Random) -> bool:
        texts = [sentence(random) for _ in range(40)]
        for at in random.integers(1, 40, 4):  # here and there a text comes twice
            texts[at] = texts[at - 1]
        return frozen_at(texts) is not None

    assert count(found) < 0.02 * INSTANCES


def sizes(random: Random, pictures: int) -> list[int]:
    return [int(size) for size in 200_000 * np.exp(random.normal(0, 0.25, pictures))]


def test_a_run_that_goes_flat_is_found() -> None:
    def found(random: Random) -> bool:
        before = int(random.integers(8, 20))
        flat = [int(size) for size in 30_000 * np.exp(random.normal(0, 0.25, 8))]
        if random.random() < 0.5:
            flat[int(random.integers(2, 5))] = 200_000
        at = flat_at(sizes(random, before) + flat)
        return at is not None and abs(at - before) <= 1

    assert count(found) >= 0.95 * INSTANCES


def test_a_run_of_pictures_of_all_sizes_is_not_flat() -> None:
    assert count(lambda random: flat_at(sizes(random, 40)) is not None) < 0.02 * INSTANCES


@pytest.mark.parametrize("period", [2, 3, 5])
def test_a_cycle_is_found_with_its_period(period: int) -> None:
    def found(random: Random) -> bool:
        before, noise = int(random.integers(5, 20)), random.uniform(0.05, 0.3)
        stations = random.standard_normal((period, 128)) / 128**0.5
        places = stations[np.arange(period * 5) % period]
        rounds = places + noise * random.standard_normal(places.shape) / 128**0.5
        rounds = rounds / np.linalg.norm(rounds, axis=1, keepdims=True)
        free = random.standard_normal((before, 128))
        free = free / np.linalg.norm(free, axis=1, keepdims=True)
        cycle = cycle_of(as_vectors(np.concatenate([free, rounds])))
        return cycle is not None and cycle.period == period and abs(cycle.since - before) <= 2

    assert count(found) >= 0.95 * INSTANCES


def test_a_run_that_wanders_goes_round_in_no_cycle() -> None:
    assert count(lambda random: cycle_of(wandering(random)) is not None) < 0.02 * INSTANCES


def test_a_frozen_run_is_no_cycle() -> None:
    vectors = as_vectors(np.tile(np.eye(8)[0], (30, 1)))

    assert cycle_of(vectors) is None


def texts_with(random: Random, word: str, rate: float, texts: int) -> list[str]:
    return [
        f"{sentence(random)} {word if random.random() < rate else ''}".strip() for _ in range(texts)
    ]


def test_a_lost_word_is_found_where_it_went() -> None:
    def found(random: Random) -> bool:
        before = int(random.integers(4, 15))
        texts = texts_with(random, "Camels", 0.9, before)
        texts[-1] += " camel"
        texts += [sentence(random) for _ in range(8)]
        return [(one.word, one.position) for one in lost_words("a camel", texts)] == [
            ("camel", before)
        ]

    assert count(found) >= 0.95 * INSTANCES


def test_a_word_that_comes_and_goes_is_not_lost() -> None:
    def found(random: Random) -> bool:
        return bool(lost_words("a camel", texts_with(random, "camel", 0.6, 40)))

    assert count(found) < 0.02 * INSTANCES


def test_a_word_that_the_first_text_lacks_is_lost_there() -> None:
    texts = ["a giraffe", "a giraffe at noon", "the giraffe sleeps"]

    assert [(one.word, one.position) for one in lost_words("a camel", texts)] == [("camel", 0)]


@pytest.mark.parametrize(
    "prompt",
    [
        *("un phare amoureux d'un bateau", "la cuisine de ma grand-mère, exactement comme avant"),
        *("sono venuto soltanto per le olive", "nadie sabe quién invitó al hombre con el perro"),
        *(
            "ein roter Ballon über der Stadt",
            "眠っている街の上の赤い風船",
            "красный шар над городом",
        ),
    ],
)
def test_no_word_of_another_language_is_lost(prompt: str) -> None:
    assert lost_words(prompt, ["a picture of a ship"] * 8) == []


@pytest.mark.parametrize(
    "prompt",
    [
        *("a lighthouse that has fallen in love with a ship", "camel", "El Niño and the camel"),
        *("two camels waiting for a lift", "the camel of the Café de Paris", "no camels"),
    ],
)
def test_words_of_english_are(prompt: str) -> None:
    assert lost_words(prompt, ["a picture of a giraffe"] * 8)


def test_the_things_of_a_prompt_are_words_that_name_something() -> None:
    assert things_of("A red balloon slowly drifts over the sleeping city") == [
        "balloon",
        "drifts",
        "city",
    ]


@pytest.mark.parametrize("given", [[], ["one"], ["one", "two", "three"]])
def test_a_run_that_has_hardly_begun_is_nothing_yet(given: list[str]) -> None:
    assert frozen_at(given) is None
    assert flat_at([len(text) for text in given]) is None
    assert cycle_of(as_vectors(np.eye(8)[: len(given)])) is None
