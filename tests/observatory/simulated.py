"""Runs whose numbers are known: a part of the network, one of the prompt, a walk, and chance at each text."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from observatory.numbers import RunVectors
from observatory.vectors import Vectors

SIZE = 128
Array = NDArray[np.float32]


def as_vectors(rows: NDArray[Any]) -> Vectors:
    return [tuple(row) for row in rows.tolist()]


@dataclass(frozen=True, slots=True)
class Truth:
    """Squared lengths of the parts, which make one together, and how much of the walk a step forgets."""

    common: float
    prompt: float
    walk: float
    chance: float
    forgets: float

    @classmethod
    def draw_truth(cls, random: np.random.Generator) -> Truth:
        parts = random.dirichlet([3, 3, 3, 2])
        common, prompt, walk, chance = (float(part) for part in parts)
        return cls(common, prompt, walk, chance, float(random.uniform(0.02, 0.15)))

    def distance(self, apart: int) -> float:
        return self.chance + self.walk * (1 - (1 - self.forgets) ** apart)

    @property
    def noise(self) -> float:
        return 2 * self.distance(1) - self.distance(2)

    @property
    def kept(self) -> float:
        return self.distance(1) - self.noise

    @property
    def memory(self) -> float:
        stranger = self.chance + self.walk + self.prompt
        return (stranger - self.chance - self.walk) / (stranger - self.noise)


class SimulatedNetwork:
    """Each part has dimensions and a length of its own, so that the expected distances are exact."""

    def __init__(self, truth: Truth, random: np.random.Generator) -> None:
        self.truth, self._random = truth, random

    def runs(self, *, prompts: int, twins: int, texts: int, slots: int = 1) -> list[RunVectors]:
        """`texts` of each of the slots, lap by lap, which have parts of their own."""
        found = []
        for number in range(prompts):
            prompt = self._directions(1)[0]
            found += [
                RunVectors(f"prompt {number}", self._run(prompt, texts, slots))
                for _ in range(twins)
            ]
        return found

    def _directions(self, count: int) -> Array:
        drawn = self._random.standard_normal((count, SIZE)).astype(np.float32)
        directions: Array = drawn / np.linalg.norm(drawn, axis=1, keepdims=True)
        return directions

    def _run(self, prompt: Array, texts: int, slots: int) -> dict[int, Vectors]:
        walk = self._walk(texts)
        return {slot: self._written(prompt, walk, np.eye(slots)[slot]) for slot in range(slots)}

    def _written(self, prompt: Array, walk: Array, own: Array) -> Vectors:
        """What one slot wrote; `own`: the direction of its part."""
        truth, texts = self.truth, len(walk)
        parts = [
            np.tile(own * truth.common**0.5, (texts, 1)),
            np.tile(prompt * truth.prompt**0.5, (texts, 1)),
            walk * truth.walk**0.5,
            self._directions(texts) * truth.chance**0.5,
        ]
        return as_vectors(np.concatenate(parts, axis=1))

    def _walk(self, texts: int) -> Array:
        keeps = 1 - self.truth.forgets
        place, places = self._directions(1)[0], []
        for aside in self._directions(texts):
            places.append(place)
            aside = aside - (aside @ place) * place
            aside = aside / np.linalg.norm(aside)
            place = keeps * place + (1 - keeps**2) ** 0.5 * aside
        return np.array(places)
