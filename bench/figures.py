"""The few figures that rows are made of."""

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
    least = min(rounds)
    return max(rounds) / least if least > 0 else math.inf


def interleaved(
    rounds: int,
    sides: Mapping[str, Callable[[], float]],
    *,
    tell: Callable[[str], None],
    slices: int = 1,
    of_slices: Callable[[Sequence[float]], float] = mean,
) -> dict[str, list[float]]:
    """A B A B ...: what disturbs one side disturbs the others too. A round is the mean (or what
    `of_slices` makes) of so many turns of each side."""
    found: dict[str, list[float]] = {name: [] for name in sides}
    for number in range(1, rounds + 1):
        turns = [{name: measure() for name, measure in sides.items()} for _ in range(slices)]
        for name, figures in found.items():
            figures.append(of_slices([turn[name] for turn in turns]))
        told = ", ".join(f"{name} {figures[-1]:.2f}" for name, figures in found.items())
        tell(f"round {number} of {rounds}: {told}")
    return found


def scattered(
    rounds: int,
    sides: Mapping[str, Callable[[], float]],
    *,
    slices: int,
    of_slices: Callable[[Sequence[float]], float] = median,
) -> dict[str, list[float]]:
    """As `interleaved`, for turns of milliseconds: the rounds take turns as well, a slice each, so
    that what disturbs the machine for a second or a minute meets all of them alike."""
    turns: list[dict[str, list[float]]] = [{name: [] for name in sides} for _ in range(rounds)]
    for _ in range(slices):
        for one in turns:
            for name, measure in sides.items():
                one[name].append(measure())
    return {name: [of_slices(one[name]) for one in turns] for name in sides}
