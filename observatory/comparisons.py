"""Several runs beside each other: drawn into one picture, their numbers, and how far they are from each other."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import combinations

from invocations.models import Run

from . import outputs
from .drawings import (
    DRAWN_TOGETHER,
    LETTERS,
    SHAPES,
    DrawnRun,
    DrawnTrajectory,
    distance,
    draw_run,
    model_name,
)
from .numbers import pair_distance
from .trajectories import trajectories_of_runs


@dataclass(frozen=True, slots=True)
class ComparedRun:
    """`letter` names it in the picture; empty where it is alone."""

    letter: str
    run: Run
    drawing: DrawnTrajectory

    @property
    def models(self) -> list[str]:
        return [f"{model_name(slot.model)} ({slot.model})" for slot in self.run.slots]


@dataclass(frozen=True, slots=True)
class PairLine:
    """How far apart two runs are: of texts of the same age, in the later half of what both have."""

    first: str
    second: str
    distance: str
    same_words: bool
    same_models: bool


@dataclass(frozen=True, slots=True)
class Comparison:
    runs: list[ComparedRun]
    pairs: list[PairLine]

    @property
    def pictures(self) -> list[DrawnRun]:
        if len(self.runs) == 1:
            return self.runs[0].drawing.runs
        return [
            draw_run(
                one.run,
                one.drawing.found.points[-DRAWN_TOGETHER:],
                start=one.drawing.found.start,
                letter=one.letter,
                shape=shape,
            )
            for one, shape in zip(self.runs, SHAPES, strict=False)
        ]


def compare_runs(runs: Sequence[Run]) -> Comparison:
    """Of one to six, as things stand now."""
    found = trajectories_of_runs(runs)
    letters = LETTERS if len(runs) > 1 else [""]
    compared = [
        ComparedRun(letter, run, DrawnTrajectory(run, trajectory))
        for letter, run, trajectory in zip(letters, runs, found, strict=False)
    ]
    return Comparison(compared, _pairs(compared))


def _pairs(compared: Sequence[ComparedRun]) -> list[PairLine]:
    if len(compared) < 2:
        return []
    vectors = outputs.first_texts([one.run for one in compared])
    lines = []
    for one, other in combinations(compared, 2):
        first, second = vectors.get(one.run.pk), vectors.get(other.run.pk)
        far = None if first is None or second is None else pair_distance(first, second)
        lines.append(
            PairLine(
                one.letter,
                other.letter,
                distance(far),
                outputs.folded_prompt(one.run) == outputs.folded_prompt(other.run),
                outputs.ring_models(one.run) == outputs.ring_models(other.run),
            )
        )
    return lines
