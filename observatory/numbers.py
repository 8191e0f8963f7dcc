"""Noise, kept and memory: three numbers that say how a run, or a network, goes on from its words.

D(k) is the mean cosine distance of two texts of one run that are k texts apart. A step adds chance (noise),
which the next one does not inherit, and a change that stays (kept): so D(1) = noise + kept and
D(2) = noise + 2 kept, which gives noise = 2 D(1) - D(2) and kept = D(1) - noise. *Twins* are runs from the same
prompt, *strangers* runs from others; memory = (stranger - twin) / (stranger - noise), the part of what the
prompt decides among all that could differ.

Arrays of vectors have a row of length one for each text, in order. Pure: numpy alone.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.floating]
MIN_TEXTS = 12
MIN_SHARED = 6  # texts that two runs have in common by age
MIN_STRANGERS = 3
MIN_ROOM = 0.02  # between strangers and noise; with less, prompts are too alike to tell
BLOCK = 4  # neighbouring texts are not independent; blocks of this many nearly are
# Student's t for a two-sided 90 % interval, by degrees of freedom; beyond the last, 1.645 and a little.
STUDENT = (
    6.314, 2.920, 2.353, 2.132, 2.015, 1.943, 1.895, 1.860, 1.833, 1.812,
    1.796, 1.782, 1.771, 1.761, 1.753, 1.746, 1.740, 1.734, 1.729, 1.725,
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Estimate:
    """A number with its 90 % interval; or None, and `reason` (a key of `REASONS`) says what is missing."""

    value: float | None
    low: float | None = None
    high: float | None = None
    reason: str = ""

    @classmethod
    def around(cls, value: float, error: float, freedom: int) -> Estimate:
        reach = student(freedom) * error
        return cls(value, value - reach, value + reach)


@dataclass(frozen=True, slots=True)
class Numbers:
    noise: Estimate
    kept: Estimate
    memory: Estimate


@dataclass(frozen=True, slots=True)
class RunVectors:
    """The texts of one run, and the words it began with, folded: runs with the same are twins."""

    prompt: str
    vectors: Array


def student(freedom: int) -> float:
    if freedom <= len(STUDENT):
        return STUDENT[max(1, freedom) - 1]
    return 1.645 + 1.6 / freedom


def distances(vectors: Array, apart: int) -> Array:
    """Cosine distances of all pairs that are this many texts apart."""
    found: Array = 1 - np.einsum("ij,ij->i", vectors[:-apart], vectors[apart:])
    return found


def mean_distance(vectors: Array, apart: int) -> float:
    """D(k)."""
    return float(distances(vectors, apart).mean())


def late(vectors: Array) -> Array:
    """Without the first quarter, in which a run leaves its prompt faster than later."""
    return vectors[len(vectors) // 4 :]


def local_terms(vectors: Array) -> tuple[Array, Array]:
    """For each three texts in a row: what they say of the noise, and of what a step keeps."""
    one, two = distances(vectors, 1), distances(vectors, 2)
    beside = one[:-1] + one[1:]
    return beside - two, two - beside / 2


# One run


def numbers_of_run(run: Array, twins: Sequence[Array], strangers: Sequence[Array]) -> Numbers:
    noise, kept = _noise_and_kept(run)
    return Numbers(noise, kept, _memory_of_run(run, noise, twins, strangers))


def _noise_and_kept(run: Array) -> tuple[Estimate, Estimate]:
    if len(run) < MIN_TEXTS:
        missing = Estimate(None, reason="few_texts")
        return missing, missing
    noise, kept = (_blocked(terms) for terms in local_terms(late(run)))
    return noise, kept


def _blocked(terms: Array) -> Estimate:
    """The mean, its interval from the means of blocks; at least three, however short."""
    count = max(3, len(terms) // BLOCK)
    means = np.array([part.mean() for part in np.array_split(terms, count)])
    error = float(means.std(ddof=1)) / count**0.5
    return Estimate.around(float(terms.mean()), error, count - 1)


def pair_distance(first: Array, second: Array) -> float | None:
    """Of two runs: the mean over texts of the same age, in the later half of what both have."""
    shared = min(len(first), len(second))
    if shared < MIN_SHARED:
        return None
    start = shared // 2
    pairs = np.einsum("ij,ij->i", first[start:shared], second[start:shared])
    return float(1 - pairs.mean())


def _memory_of_run(
    run: Array, noise: Estimate, twins: Sequence[Array], strangers: Sequence[Array]
) -> Estimate:
    of_twins = [far for other in twins if (far := pair_distance(run, other)) is not None]
    of_strangers = [far for other in strangers if (far := pair_distance(run, other)) is not None]
    if noise.value is None or noise.high is None:
        return Estimate(None, reason=noise.reason)
    if not of_twins:
        return Estimate(None, reason="no_twin")
    if len(of_strangers) < MIN_STRANGERS:
        return Estimate(None, reason="few_strangers")
    twin, stranger = float(np.mean(of_twins)), float(np.mean(of_strangers))
    room = stranger - noise.value
    if room < MIN_ROOM:
        return Estimate(None, reason="too_alike")
    spread = float(np.std(of_strangers, ddof=1))
    of_each = float(np.std(of_twins, ddof=1)) if len(of_twins) > 2 else spread
    noise_error = (noise.high - noise.value) / student(len(run) // BLOCK)
    error = np.linalg.norm(
        [
            of_each / len(of_twins) ** 0.5 / room,
            spread / len(of_strangers) ** 0.5 * (twin - noise.value) / room**2,
            noise_error * (stranger - twin) / room**2,
        ]
    )
    freedom = max(2, len(of_twins) - 1 if len(of_twins) > 2 else len(of_strangers) - 1)
    return Estimate.around((stranger - twin) / room, float(error), freedom)


# A network


def numbers_of_network(runs: Sequence[RunVectors]) -> Numbers:
    """From all its runs; each interval by leaving out one run, or one prompt, after the other."""
    long = [run for run in runs if len(run.vectors) >= MIN_TEXTS]
    if not long:
        missing = Estimate(None, reason="few_texts")
        return Numbers(missing, missing, missing)
    if len(long) == 1:
        noise, kept = _noise_and_kept(long[0].vectors)
        return Numbers(noise, kept, Estimate(None, reason="no_twin"))
    table = _Table.from_runs(long)
    everything = np.ones(len(long), bool)
    noise, kept = (
        _left_out(function, everything, list(np.eye(len(long), dtype=bool)))
        for function in (table.noise, table.kept)
    )
    return Numbers(noise, kept, _memory_of_network(table, noise))


@dataclass(frozen=True, slots=True)
class _Table:
    """What the numbers are made of, by run, so that leaving one out costs nothing.

    `twins` and `strangers`: of each pair of runs the distance, NaN where the pair is of the other kind."""

    prompts: list[str]
    noises: Array  # sums of the terms, and how many there are
    kepts: Array
    counts: Array
    twins: Array
    strangers: Array

    @classmethod
    def from_runs(cls, runs: Sequence[RunVectors]) -> _Table:
        terms = [local_terms(late(run.vectors)) for run in runs]
        size = len(runs)
        twins, strangers = np.full((2, size, size), np.nan)
        for first in range(size):
            for second in range(first):
                alike = runs[first].prompt == runs[second].prompt
                far = pair_distance(runs[first].vectors, runs[second].vectors)
                (twins if alike else strangers)[first, second] = np.nan if far is None else far
        return cls(
            [run.prompt for run in runs],
            np.array([noise.sum() for noise, _ in terms]),
            np.array([kept.sum() for _, kept in terms]),
            np.array([len(noise) for noise, _ in terms]),
            twins,
            strangers,
        )

    def noise(self, chosen: NDArray[np.bool_]) -> float:
        return float(self.noises[chosen].sum() / self.counts[chosen].sum())

    def kept(self, chosen: NDArray[np.bool_]) -> float:
        return float(self.kepts[chosen].sum() / self.counts[chosen].sum())

    def memory(self, chosen: NDArray[np.bool_]) -> float:
        """NaN without twins or strangers, or where these are hardly farther than the noise."""
        twin, stranger = (_mean_of(pairs, chosen) for pairs in (self.twins, self.strangers))
        room = stranger - self.noise(chosen)
        return (stranger - twin) / room if room >= MIN_ROOM else float("nan")


def _mean_of(pairs: Array, chosen: NDArray[np.bool_]) -> float:
    kept = pairs[np.ix_(chosen, chosen)]
    kept = kept[~np.isnan(kept)]
    return float(kept.mean()) if len(kept) else float("nan")


def _memory_of_network(table: _Table, noise: Estimate) -> Estimate:
    everything = np.ones(len(table.prompts), bool)
    with_twin = [
        prompt for prompt in dict.fromkeys(table.prompts) if table.prompts.count(prompt) > 1
    ]
    if np.isnan(table.twins).all():
        return Estimate(None, reason="no_twin")
    if np.count_nonzero(~np.isnan(table.strangers)) < MIN_STRANGERS:
        return Estimate(None, reason="few_strangers")
    if np.isnan(table.memory(everything)):
        return Estimate(None, reason="too_alike")
    prompts = np.array(table.prompts)
    by_prompt = [prompts == prompt for prompt in dict.fromkeys(table.prompts)]
    by_run = list(np.eye(len(prompts), dtype=bool))
    units = by_prompt if len(with_twin) >= 4 else by_run
    found = _left_out(table.memory, everything, units)
    return found if found.low is not None else Estimate(None, reason="few_strangers")


def _left_out(
    function: Callable[[NDArray[np.bool_]], float],
    everything: NDArray[np.bool_],
    units: list[NDArray[np.bool_]],
) -> Estimate:
    """The function of everything, its interval from what each unit changes by being left out."""
    value = function(everything)
    without = np.array([function(everything & ~unit) for unit in units])
    without = without[~np.isnan(without)]
    count = len(without)
    if count < 2:
        return Estimate(value)
    error = float(((count - 1) / count * ((without - without.mean()) ** 2).sum()) ** 0.5)
    return Estimate.around(value, error, count - 1)
