"""Ground: a horizon, with water or land below it, where the words speak of a place that has one."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from local_models.embedding import Vector, project

from .forms import Forms

Array = NDArray[np.float32]
WATER = frozenset(
    ("sea", "ocean", "lake", "river", "water", "waves", "tide", "flood", "beach", "shore", "island",
     "harbour", "harbor", "boat", "boats", "ship", "ships", "sailing", "lighthouse", "ferry", "pier",
     "swim", "swimming", "reflected", "coast", "bay", "canal")
)  # fmt: skip
LAND = frozenset(
    ("city", "town", "street", "streets", "road", "house", "houses", "village", "field", "fields",
     "meadow", "desert", "mountain", "mountains", "hill", "hills", "forest", "tree", "trees", "garden",
     "train", "station", "car", "castle", "church", "bridge", "valley", "horizon", "landscape", "horse",
     "park", "farm", "barn", "snow", "sunset", "sunrise", "dawn", "dusk", "plain", "square", "tower",
     "table", "floor", "world", "stands", "walks")
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Ground:
    horizon: float  # from the top, in heights of the canvas
    water: bool
    roll: float  # how the land rises and falls, in radians


def ground_of(vector: Vector, words: list[str]) -> Ground | None:
    found = set(words)
    if not found & (WATER | LAND):
        return None
    tone = np.tanh(project(vector, "horizon", 2))
    return Ground(0.64 + 0.06 * float(tone[0]), bool(found & WATER), 3 * float(tone[1]))


def with_ground(forms: Forms, ground: Ground | None) -> Forms:
    """Below the horizon the sky is seen again: mirrored in water, drawn out on land; both darker."""
    if ground is None:
        return forms
    rows, columns = forms.mass.shape
    along = np.linspace(0, 1, columns, dtype=np.float32)
    rise = 0.0 if ground.water else 0.025 * np.sin(4 * along + ground.roll)
    horizon = rows * (ground.horizon + rise) * np.ones(columns)
    row = np.arange(rows)[:, None]
    below = np.clip(row - horizon, 0, 1).astype(np.float32)
    seen = horizon - (0.9 if ground.water else 0.25) * (row - horizon)
    source = np.clip(np.where(row > horizon, seen, row), 0, rows - 2).astype(np.float32)
    upper = source.astype(int)
    part = (source - upper).astype(np.float32)
    mass, relief, hue, vein = (
        (1 - part) * np.take_along_axis(field, upper, axis=0)
        + part * np.take_along_axis(field, upper + 1, axis=0)
        for field in (forms.mass, forms.relief, forms.hue, forms.vein)
    )
    near = np.exp(-np.abs(row - horizon) / (0.12 * rows)).astype(np.float32)
    mass = 0.75 * mass + (1 - below) * 0.9 * near - below * (0.35 + 0.5 * near)
    return Forms(mass, relief * (1 - 0.4 * below), hue + 0.9 * below, vein * (1 - below))
