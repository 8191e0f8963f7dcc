"""Noise, kept and memory: three numbers that say how a run, or a network, goes on from its words.

D(k) is the mean cosine distance of two texts of one run that one slot has written k laps apart: texts of two slots
differ by who wrote them, too, which is neither chance nor change. A lap adds chance (noise), which the next one does
not inherit, and a change that stays (kept): so D(1) = noise + kept and D(2) = noise + 2 kept, which gives
noise = 2 D(1) - D(2) and kept = D(1) - noise. *Twins* are runs from the same prompt, *strangers* runs from others;
memory = (stranger - twin) / (stranger - noise), the part of what the prompt decides among all that could differ.

Vectors have length one, one for each text, in order. Pure, and without numpy: see `vectors`.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations, pairwise
from math import cos, hypot, isnan, nan, pi
from statistics import fmean, stdev

from .vectors import Vectors, cosine_distance

BySlot = Mapping[int, Vectors]  # the texts of a run in their order, by the slot that wrote them
Pairs = Mapping[tuple[int, int], float]
MIN_TEXTS = 12  # of a slot
MIN_SHARED = 6  # texts of a slot that two runs have in common by age
MIN_STRANGERS = 3
MIN_ROOM = 0.02  # between strangers and noise; with less, prompts are too alike to tell
TEXTS_A_WAVE = (
    5  # neighbouring texts are not independent, what is slower than about twice as many nearly is
)
MIN_WAVES = 2
# How much of a term's slowest variation is of the distance that it has in common with the next, where texts differ by
# chance alone: 2 of 3 + 2 for noise (two near ones of weight 1, a far one of 1), 1/2 of 3/2 + 1/2 for kept
OF_NOISE, OF_KEPT = 0.4, 0.25
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
    error: float = 0.0  # standard error, where there is an interval

    @classmethod
    def around(cls, value: float, error: float, freedom: int) -> Estimate:
        reach = student(freedom) * error
        return cls(value, value - reach, value + reach, error=error)


@dataclass(frozen=True, slots=True)
class Numbers:
    noise: Estimate
    kept: Estimate
    memory: Estimate


@dataclass(frozen=True, slots=True)
class RunVectors:
    """The texts of one run, and the words it began with, folded: runs with the same are twins."""

    prompt: str
    texts: BySlot

    @property
    def is_long(self) -> bool:
        """Whether it says anything of noise and kept."""
        return any(len(written) >= MIN_TEXTS for written in self.texts.values())


def student(freedom: int) -> float:
    if freedom <= len(STUDENT):
        return STUDENT[max(1, freedom) - 1]
    return 1.645 + 1.6 / freedom


def distances(vectors: Vectors, apart: int) -> list[float]:
    """Cosine distances of all pairs that are this many texts apart."""
    pairs = zip(vectors[:-apart], vectors[apart:], strict=True)
    return [cosine_distance(first, second) for first, second in pairs]


def mean_distance(vectors: Vectors, apart: int) -> float:
    """D(k)."""
    return fmean(distances(vectors, apart))


def late(vectors: Vectors) -> Vectors:
    """Without the first quarter, in which a run leaves its prompt faster than later."""
    return vectors[len(vectors) // 4 :]


def local_terms(vectors: Vectors) -> tuple[list[float], list[float]]:
    """For each three texts in a row: what they say of the noise, and of what a step keeps."""
    one, two = distances(vectors, 1), distances(vectors, 2)
    beside = [first + second for first, second in pairwise(one)]
    noise = [near - far for near, far in zip(beside, two, strict=True)]
    kept = [far - near / 2 for near, far in zip(beside, two, strict=True)]
    return noise, kept


# One run


def numbers_of_run(run: BySlot, twins: Sequence[BySlot], strangers: Sequence[BySlot]) -> Numbers:
    # Unpacked once, since it is compared with each of the others
    mine = {slot: tuple(written) for slot, written in run.items()}
    noise, kept = _noise_and_kept(mine)
    return Numbers(noise, kept, _memory_of_run(mine, noise, twins, strangers))


def _noise_and_kept(run: BySlot) -> tuple[Estimate, Estimate]:
    noise, kept = terms_of_laps(run)
    if not noise:
        missing = Estimate(None, reason="few_texts")
        return missing, missing
    return _mean_of_series(noise, OF_NOISE), _mean_of_series(kept, OF_KEPT)


def terms_of_laps(run: BySlot) -> tuple[list[float], list[float]]:
    """What each lap says of noise and kept: the mean of the slots that have written enough. Empty without any."""
    long = [tuple(late(written)) for written in run.values() if len(written) >= MIN_TEXTS]
    of_slots = [local_terms(written) for written in long]
    noise, kept = ([terms[part] for terms in of_slots] for part in (0, 1))
    return _by_lap(noise), _by_lap(kept)


def _by_lap(of_slots: Sequence[Sequence[float]]) -> list[float]:
    return [fmean(of_lap) for of_lap in zip(*of_slots, strict=False)]


def _mean_of_series(terms: Sequence[float], shared: float) -> Estimate:
    """The mean, its interval from the slowest cosine waves in the series, of which each is a degree of freedom.

    Terms that follow each other have a distance in common. So have means of blocks, at their edges: with three
    short blocks the interval was a tenth too narrow. Slow waves run through the whole series, and what they lack
    because terms have `shared` that much of their slowest variation is known and put back.
    Equal-weighted cosines: Lazarus, Lewis, Stock and Watson, "HAR Inference: Recommendations for Practice",
    Journal of Business & Economic Statistics 36 (2018), https://doi.org/10.1080/07350015.2018.1506926;
    to put back what is known, "recolouring": Andrews and Monahan, Econometrica 60 (1992).
    """
    count = len(terms)
    waves = max(MIN_WAVES, count // TEXTS_A_WAVE)
    angles = [pi * halves / count for halves in range(1, waves + 1)]
    variance = fmean(_power(terms, angle) / (1 - shared * (1 - cos(angle))) for angle in angles)
    return Estimate.around(fmean(terms), (variance / count) ** 0.5, waves)


def _power(terms: Sequence[float], angle: float) -> float:
    """How strong the cosine is in it that turns so far from term to term; of independent terms, their variance."""
    wave = sum(term * cos(angle * (at + 0.5)) for at, term in enumerate(terms))
    return 2 * wave**2 / len(terms)


def pair_distance(first: BySlot, second: BySlot) -> float | None:
    """Of two runs: the mean over slots and texts of the same age, in the later half of what both have."""
    return pair_distances([first, second]).get((0, 1))


def pair_distances(runs: Sequence[BySlot]) -> dict[tuple[int, int], float]:
    """The same of each two of several that have enough in common, by their positions."""
    found: defaultdict[tuple[int, int], list[float]] = defaultdict(list)
    for slot in sorted({slot for run in runs for slot in run}):
        for pair, far in _distances_of_slot([run.get(slot, ()) for run in runs]).items():
            found[pair].append(far)
    return {pair: fmean(far) for pair, far in found.items()}


def _distances_of_slot(runs: Sequence[Vectors]) -> dict[tuple[int, int], float]:
    """Age by age, so that no more than one text of each is unpacked."""
    shared = {
        (one, other): common
        for one, other in combinations(range(len(runs)), 2)
        if (common := min(len(runs[one]), len(runs[other]))) >= MIN_SHARED
    }
    sums = dict.fromkeys(shared, 0.0)
    for age in range(max(shared.values(), default=0)):
        counted = [pair for pair, common in shared.items() if common // 2 <= age < common]
        texts = {at: runs[at][age] for at in {run for pair in counted for run in pair}}
        for one, other in counted:
            sums[one, other] += cosine_distance(texts[one], texts[other])
    return {pair: total / (shared[pair] - shared[pair] // 2) for pair, total in sums.items()}


def _memory_of_run(
    run: BySlot, noise: Estimate, twins: Sequence[BySlot], strangers: Sequence[BySlot]
) -> Estimate:
    of_twins = [far for other in twins if (far := pair_distance(run, other)) is not None]
    of_strangers = [far for other in strangers if (far := pair_distance(run, other)) is not None]
    if noise.value is None:
        return Estimate(None, reason=noise.reason)
    if not of_twins:
        return Estimate(None, reason="no_twin")
    if len(of_strangers) < MIN_STRANGERS:
        return Estimate(None, reason="few_strangers")
    twin, stranger = fmean(of_twins), fmean(of_strangers)
    room = stranger - noise.value
    if room < MIN_ROOM:
        return Estimate(None, reason="too_alike")
    spread = stdev(of_strangers)
    of_each = stdev(of_twins) if len(of_twins) > 2 else spread
    error = hypot(
        of_each / len(of_twins) ** 0.5 / room,
        spread / len(of_strangers) ** 0.5 * (twin - noise.value) / room**2,
        noise.error * (stranger - twin) / room**2,
    )
    freedom = max(2, len(of_twins) - 1 if len(of_twins) > 2 else len(of_strangers) - 1)
    return Estimate.around((stranger - twin) / room, error, freedom)


# A network


def numbers_of_network(runs: Sequence[RunVectors]) -> Numbers:
    """From all its runs; each interval by leaving out one run, or one prompt, after the other."""
    long = [run for run in runs if run.is_long]
    if not long:
        missing = Estimate(None, reason="few_texts")
        return Numbers(missing, missing, missing)
    if len(long) == 1:
        noise, kept = _noise_and_kept(long[0].texts)
        return Numbers(noise, kept, Estimate(None, reason="no_twin"))
    table = _Table.from_runs(long)
    noise, kept = (_left_out(function, table.each) for function in (table.noise, table.kept))
    return Numbers(noise, kept, _memory_of_network(table, noise))


Without = Collection[int]


@dataclass(frozen=True, slots=True)
class _Table:
    """What the numbers are made of, by run, so that leaving some out costs nothing."""

    prompts: list[str]
    noises: list[float]  # sums of the terms, and how many there are
    kepts: list[float]
    counts: list[int]
    twins: Pairs
    strangers: Pairs

    @classmethod
    def from_runs(cls, runs: Sequence[RunVectors]) -> _Table:
        terms = [terms_of_laps(run.texts) for run in runs]
        prompts = [run.prompt for run in runs]
        pairs = pair_distances([run.texts for run in runs])
        return cls(
            prompts,
            [sum(noise) for noise, _ in terms],
            [sum(kept) for _, kept in terms],
            [len(noise) for noise, _ in terms],
            {pair: far for pair, far in pairs.items() if prompts[pair[0]] == prompts[pair[1]]},
            {pair: far for pair, far in pairs.items() if prompts[pair[0]] != prompts[pair[1]]},
        )

    @property
    def each(self) -> list[Without]:
        """Run by run, to be left out."""
        return [(run,) for run in range(len(self.prompts))]

    @property
    def each_prompt(self) -> list[Without]:
        """The same by prompt: all runs that began with it."""
        return [
            {run for run, other in enumerate(self.prompts) if other == prompt}
            for prompt in dict.fromkeys(self.prompts)
        ]

    def noise(self, without: Without = ()) -> float:
        return self._mean(self.noises, without)

    def kept(self, without: Without = ()) -> float:
        return self._mean(self.kepts, without)

    def _mean(self, sums: Sequence[float], without: Without) -> float:
        chosen = [run for run in range(len(sums)) if run not in without]
        return sum(sums[run] for run in chosen) / sum(self.counts[run] for run in chosen)

    def memory(self, without: Without = ()) -> float:
        """NaN without twins or strangers, or where these are hardly farther than the noise."""
        twin, stranger = (_mean_of(pairs, without) for pairs in (self.twins, self.strangers))
        room = stranger - self.noise(without)
        return (stranger - twin) / room if room >= MIN_ROOM else nan


def _mean_of(pairs: Pairs, without: Without) -> float:
    chosen = [
        far for (one, other), far in pairs.items() if one not in without and other not in without
    ]
    return fmean(chosen) if chosen else nan


def _memory_of_network(table: _Table, noise: Estimate) -> Estimate:
    if not table.twins:
        return Estimate(None, reason="no_twin")
    if len(table.strangers) < MIN_STRANGERS:
        return Estimate(None, reason="few_strangers")
    if isnan(table.memory()):
        return Estimate(None, reason="too_alike")
    with_twin = sum(len(runs) > 1 for runs in table.each_prompt)
    found = _left_out(table.memory, table.each_prompt if with_twin >= 4 else table.each)
    return found if found.low is not None else Estimate(None, reason="few_strangers")


def _left_out(function: Callable[[Without], float], units: Sequence[Without]) -> Estimate:
    """The function of everything, its interval from what each unit changes by being left out."""
    value = function(())
    without = [found for unit in units if not isnan(found := function(unit))]
    count = len(without)
    if count < 2:
        return Estimate(value)
    middle = fmean(without)
    error = ((count - 1) / count * sum((one - middle) ** 2 for one in without)) ** 0.5
    return Estimate.around(value, error, count - 1)
