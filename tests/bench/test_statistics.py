"""The statistics of rounds."""

from __future__ import annotations

import math
from collections.abc import Callable

import pytest

from bench.statistics import interleaved, interleaved_slices, mean, median, p95, spread


def test_the_95th_percentile_is_a_number_that_was_measured() -> None:
    assert p95([float(number) for number in range(1, 101)]) == 95
    assert p95([float(number) for number in range(1, 21)]) == 19
    assert p95([7.0]) == 7


def test_order_does_not_matter() -> None:
    assert p95([3.0, 1.0, 2.0]) == 3
    assert median([3.0, 1.0, 2.0]) == 2
    assert mean([3.0, 1.0, 2.0]) == 2


@pytest.mark.parametrize(
    ("rounds", "times"), [([2.0, 2.0], 1), ([1.0, 2.5], 2.5), ([0.0, 1.0], math.inf)]
)
def test_the_spread_says_how_many_times_the_largest_is_the_smallest(
    rounds: list[float], times: float
) -> None:
    assert spread(rounds) == times


def recorder(played: list[str], name: str, figures: list[float]) -> Callable[[], float]:
    def side() -> float:
        played.append(name)
        return figures.pop(0)

    return side


def test_sides_alternate() -> None:
    played: list[str] = []
    sides = {
        "ours": recorder(played, "ours", [1.0, 2.0]),
        "theirs": recorder(played, "theirs", [3.0, 4.0]),
    }

    found = interleaved(2, sides, print_progress=lambda text: None)

    assert played == ["ours", "theirs", "ours", "theirs"]
    assert found == {"ours": [1, 2], "theirs": [3, 4]}


def test_a_round_of_slices_is_their_mean_or_what_was_asked_for() -> None:
    figures = [1.0, 2.0, 9.0]

    of_means = interleaved(
        1, {"ours": recorder([], "ours", list(figures))}, print_progress=lambda text: None, slices=3
    )
    of_medians = interleaved(
        1,
        {"ours": recorder([], "ours", list(figures))},
        print_progress=lambda text: None,
        slices=3,
        of_slices=median,
    )

    assert of_means == {"ours": [4]}
    assert of_medians == {"ours": [2]}


def test_interleaved_slices_alternate_rounds_too() -> None:
    played: list[str] = []
    sides = {
        "ours": recorder(played, "ours", [1.0, 2.0, 3.0, 4.0]),
        "theirs": recorder(played, "theirs", [5.0, 6.0, 7.0, 8.0]),
    }

    found = interleaved_slices(2, sides, slices=2, of_slices=max)

    assert played == ["ours", "theirs"] * 4
    assert found == {"ours": [3, 4], "theirs": [7, 8]}


def test_each_round_is_printed() -> None:
    printed: list[str] = []

    interleaved(2, {"ours": lambda: 1.5}, print_progress=printed.append)

    assert printed == ["round 1 of 2: ours 1.50", "round 2 of 2: ours 1.50"]
