"""The three numbers of simulated networks whose numbers are known, 200 at a time."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import pytest

from observatory.numbers import Estimate, Numbers, numbers_of_network, numbers_of_run
from tests.observatory.simulated import Truth
from tests.observatory.test_numbers import NAMES, simulated

NETWORKS = 200
ROUNDS = 5


def recovered(
    pairs: Iterator[tuple[Truth, Numbers]], names: Sequence[str] = NAMES
) -> dict[str, int]:
    """How often the truth lies within the stated interval."""
    counts = dict.fromkeys(names, 0)
    for truth, found in pairs:
        for name in names:
            one: Estimate = getattr(found, name)
            assert one.low is not None
            assert one.high is not None
            counts[name] += one.low <= getattr(truth, name) <= one.high
    return counts


@pytest.mark.parametrize(
    ("prompts", "twins", "texts", "slots"), [(5, 2, 40, 1), (3, 2, 30, 1), (5, 2, 40, 3)]
)
def test_the_numbers_of_networks_lie_within_their_intervals(
    prompts: int, twins: int, texts: int, slots: int
) -> None:
    def each() -> Iterator[tuple[Truth, Numbers]]:
        for seed in range(NETWORKS):
            truth, network = simulated(seed)
            runs = network.runs(prompts=prompts, twins=twins, texts=texts, slots=slots)
            yield truth, numbers_of_network(runs)

    counts = recovered(each())

    assert min(counts.values()) >= 170, counts


def test_the_numbers_of_runs_lie_within_their_intervals() -> None:
    def each() -> Iterator[tuple[Truth, Numbers]]:
        for seed in range(NETWORKS):
            truth, network = simulated(1_000 + seed)
            me, *others = network.runs(prompts=5, twins=2, texts=40)
            twins = [one.texts for one in others if one.prompt == me.prompt]
            strangers = [one.texts for one in others if one.prompt != me.prompt]
            yield truth, numbers_of_run(me.texts, twins, strangers)

    counts = recovered(each())

    assert min(counts.values()) >= 170, counts


@pytest.mark.parametrize("texts", [12, 14, 20, 40])
def test_noise_and_kept_of_single_runs_lie_within_their_intervals(texts: int) -> None:
    """From as few texts as there are numbers of, in one round as in the next."""

    def each(first: int) -> Iterator[tuple[Truth, Numbers]]:
        for seed in range(first, first + NETWORKS):
            truth, network = simulated(seed)
            (run,) = network.runs(prompts=1, twins=1, texts=texts)
            yield truth, numbers_of_run(run.texts, [], [])

    for number in range(ROUNDS):
        counts = recovered(each(10_000 + number * NETWORKS), ("noise", "kept"))

        assert min(counts.values()) >= 170, (number, counts)
