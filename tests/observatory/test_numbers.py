"""The three numbers, against simulated networks whose numbers are known."""

from __future__ import annotations

from statistics import fmean, variance

import numpy as np
import pytest

from observatory.numbers import (
    Estimate,
    mean_distance,
    numbers_of_network,
    numbers_of_run,
)
from tests.observatory.simulated import SimulatedNetwork, Truth

NAMES = ("noise", "kept", "memory")


def simulated(seed: int, **size: int) -> tuple[Truth, SimulatedNetwork]:
    random = np.random.default_rng(seed)
    truth = Truth.draw_truth(random)
    return truth, SimulatedNetwork(truth, random)


def test_intervals_say_something() -> None:
    """They hold the truth because the numbers are close, not because they hold everything."""
    truth, network = simulated(7)

    found = numbers_of_network(network.runs(prompts=6, twins=2, texts=60))

    for name in NAMES:
        one: Estimate = getattr(found, name)
        assert (one.high or 0) - (one.low or 0) < 0.5 * getattr(truth, name)


@pytest.mark.parametrize("name", ["noise", "kept"])
def test_the_error_of_a_few_texts_is_not_understated(name: str) -> None:
    """Terms that follow each other have a distance in common; as if they had none, it would be a tenth too small."""
    truth = Truth(common=0.3, prompt=0.3, walk=0.1, chance=0.3, forgets=0.1)
    found: list[Estimate] = []
    for seed in range(1_000):
        network = SimulatedNetwork(truth, np.random.default_rng(seed))
        (run,) = network.runs(prompts=1, twins=1, texts=12)
        found.append(getattr(numbers_of_run(run.texts, [], []), name))

    stated = fmean(one.error**2 for one in found)

    assert stated / variance(one.value for one in found if one.value is not None) > 0.93


def test_the_distance_of_a_text_to_itself_is_nothing() -> None:
    vectors = [(1.0, 0.0, 0.0, 0.0)] * 5

    assert mean_distance(vectors, 1) == 0


def test_a_run_of_few_texts_has_no_numbers_but_a_reason() -> None:
    _, network = simulated(1)
    run = network.runs(prompts=1, twins=1, texts=5)[0].texts

    found = numbers_of_run(run, [], [])

    assert [getattr(found, name) for name in NAMES] == [Estimate(None, reason="few_texts")] * 3


def test_memory_needs_a_twin_and_strangers() -> None:
    _, network = simulated(1)
    runs = [one.texts for one in network.runs(prompts=5, twins=1, texts=30)]

    assert numbers_of_run(runs[0], [], runs[1:]).memory.reason == "no_twin"
    assert numbers_of_run(runs[0], runs[1:2], runs[2:4]).memory.reason == "few_strangers"


def test_without_room_between_strangers_and_noise_there_is_no_memory() -> None:
    truth = Truth(common=0.7, prompt=0.0, walk=0.0, chance=0.3, forgets=0.1)
    network = SimulatedNetwork(truth, np.random.default_rng(1))

    found = numbers_of_network(network.runs(prompts=5, twins=2, texts=40))

    assert found.memory == Estimate(None, reason="too_alike")
    assert found.noise.value == pytest.approx(0.3, abs=0.03)


def test_two_slots_that_write_are_not_taken_for_chance() -> None:
    """What tells a caption from a story is the same in every lap."""
    truth, network = simulated(3)
    run = network.runs(prompts=1, twins=1, texts=60, slots=2)[0].texts

    found = numbers_of_run(run, [], [])

    for name in ("noise", "kept"):
        one: Estimate = getattr(found, name)
        assert one.value == pytest.approx(getattr(truth, name), rel=0.3)
