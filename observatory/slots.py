"""Which slot makes the noise of a network, and which the change.

Each slot's outputs are compared with each other, in their own space, lap by lap: noise and kept as for texts,
relative to how far apart the outputs of that slot are at all. The share is the slot's part of the sum over slots.
Sounds and videos have no embedding, and their slots no share.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from invocations.models import Run

from .models import Embedding
from .models.embedding import IMAGE_MODEL, TEXT_MODEL
from .numbers import MIN_TEXTS, local_terms, mean_distance
from .outputs import as_vector, perturbed_before

Array = NDArray[np.float32]
MAX_OUTPUTS = 60  # of a slot in a run
MAX_RUNS = 10
FAR = 3  # laps, after which two outputs stand for any two


@dataclass(frozen=True, slots=True)
class SlotShare:
    slot: int
    model: str
    noise: float | None
    change: float | None


def shares_of_slots(models: Sequence[str], runs: Sequence[Run]) -> list[SlotShare]:
    outputs = _outputs_by_slot(runs[:MAX_RUNS], len(models))
    noises, changes = {}, {}
    for slot, of_runs in outputs.items():
        long = [vectors for vectors in of_runs if len(vectors) >= MIN_TEXTS]
        if long:
            noises[slot], changes[slot] = _relative(long)
    noise, change = (_parts(found) for found in (noises, changes))
    return [
        SlotShare(slot, model, noise.get(slot), change.get(slot))
        for slot, model in enumerate(models)
    ]


def _relative(of_runs: Sequence[Array]) -> tuple[float, float]:
    """Noise and kept of one slot, relative to the distance of its outputs some laps apart; none below 0."""
    far = float(np.mean([mean_distance(vectors, FAR) for vectors in of_runs]))
    if far <= 0:
        return 0.0, 0.0
    terms = [local_terms(vectors) for vectors in of_runs]
    noise, kept = (float(np.mean(np.concatenate(part))) for part in zip(*terms, strict=True))
    return max(0.0, noise / far), max(0.0, kept / far)


def _parts(values: dict[int, float]) -> dict[int, float]:
    whole = sum(values.values())
    return {slot: value / whole for slot, value in values.items()} if whole else {}


def _outputs_by_slot(runs: Sequence[Run], slots: int) -> dict[int, list[Array]]:
    rows = Embedding.objects.filter(
        ~perturbed_before(),
        invocation__run__in=runs,
        invocation__sequence__lt=MAX_OUTPUTS * max(1, slots),
        vector__isnull=False,
        model__in=(TEXT_MODEL, IMAGE_MODEL),
    ).order_by("invocation__run", "invocation__sequence")
    kept: defaultdict[tuple[int, int], list[Array]] = defaultdict(list)
    columns = ("invocation__run", "invocation__slot", "vector")
    for run, slot, stored in rows.values_list(*columns):
        vector = as_vector(stored)
        if vector is not None:
            kept[run, slot].append(vector)
    found: defaultdict[int, list[Array]] = defaultdict(list)
    for (_, slot), vectors in kept.items():
        if (
            len({len(vector) for vector in vectors}) == 1
        ):  # a slot gives texts or pictures, not both
            found[slot].append(np.array(vectors))
    return found
