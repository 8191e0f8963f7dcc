"""Statistics of rounds, and the order in which rounds are measured."""

from __future__ import annotations

import math
import statistics
from collections.abc import Callable, Mapping, Sequence


def mean(numbers: Sequence[float]) -> float:
    return statistics.fmean(numbers)


def median(numbers: Sequence[float]) -> float:
    return float(statistics.median(numbers))


def p95(numbers: Sequence[float]) -> float:
    """The smallest of the numbers that 95 in 100 do not exceed."""
    ordered = sorted(numbers)
    return ordered[math.ceil(0.95 * len(ordered)) - 1]


def spread(rounds: Sequence[float]) -> float:
    """How many times larger the largest round is than the smallest."""
    smallest = min(rounds)
    return max(rounds) / smallest if smallest > 0 else math.inf


def interleaved(
    rounds: int,
    sides: Mapping[str, Callable[[], float]],
    *,
    print_progress: Callable[[str], None],
    slices: int = 1,
    of_slices: Callable[[Sequence[float]], float] = mean,
) -> dict[str, list[float]]:
    """Alternates the sides (A B A B), so that a disturbance meets all. A round is the mean (or
    `of_slices`) of `slices` measurements of each side."""
    found: dict[str, list[float]] = {name: [] for name in sides}
    for number in range(1, rounds + 1):
        measured = [{name: measure() for name, measure in sides.items()} for _ in range(slices)]
        for name, figures in found.items():
            figures.append(of_slices([turn[name] for turn in measured]))
        figures_text = ", ".join(f"{name} {figures[-1]:.2f}" for name, figures in found.items())
        print_progress(f"round {number} of {rounds}: {figures_text}")
    return found


def interleaved_slices(
    rounds: int,
    sides: Mapping[str, Callable[[], float]],
    *,
    slices: int,
    of_slices: Callable[[Sequence[float]], float] = median,
) -> dict[str, list[float]]:
    """As `interleaved`, for measurements of milliseconds: the rounds alternate too, a slice each,
    so that a disturbance of a second or a minute meets all rounds."""
    measured: list[dict[str, list[float]]] = [{name: [] for name in sides} for _ in range(rounds)]
    for _ in range(slices):
        for one in measured:
            for name, measure in sides.items():
                one[name].append(measure())
    return {name: [of_slices(one[name]) for one in measured] for name in sides}
