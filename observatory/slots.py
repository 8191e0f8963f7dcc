"""Which slot makes the noise of a network, and which the change.

Each slot's outputs are compared with each other, in their own space, lap by lap: noise and kept as for texts,
relative to how far apart the outputs of that slot are at all. The share is the slot's part of the sum over slots.
Sounds and videos have no embedding, and their slots no share.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import chain
from statistics import fmean

from invocations.models import Run

from .models import Embedding
from .models.embedding import IMAGE_MODEL, TEXT_MODEL
from .numbers import MIN_TEXTS, local_terms, mean_distance
from .outputs import perturbed_before
from .vectors import StoredVectors, Vectors

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


def _relative(of_runs: Sequence[Vectors]) -> tuple[float, float]:
    """Noise and kept of one slot, relative to the distance of its outputs some laps apart; none below 0."""
    far = fmean(mean_distance(vectors, FAR) for vectors in of_runs)
    if far <= 0:
        return 0.0, 0.0
    terms = [local_terms(vectors) for vectors in of_runs]
    noise, kept = (fmean(chain.from_iterable(part)) for part in zip(*terms, strict=True))
    return max(0.0, noise / far), max(0.0, kept / far)


def _parts(values: dict[int, float]) -> dict[int, float]:
    whole = sum(values.values())
    return {slot: value / whole for slot, value in values.items()} if whole else {}


def _outputs_by_slot(runs: Sequence[Run], slots: int) -> dict[int, list[StoredVectors]]:
    rows = Embedding.objects.filter(
        ~perturbed_before(),
        invocation__run__in=runs,
        invocation__sequence__lt=MAX_OUTPUTS * max(1, slots),
        vector__isnull=False,
        model__in=(TEXT_MODEL, IMAGE_MODEL),
    ).order_by("invocation__run", "invocation__sequence")
    kept: defaultdict[tuple[int, int], list[bytes]] = defaultdict(list)
    columns = ("invocation__run", "invocation__slot", "vector")
    for run, slot, stored in rows.values_list(*columns):
        kept[run, slot].append(bytes(stored))
    found: defaultdict[int, list[StoredVectors]] = defaultdict(list)
    for (_, slot), vectors in kept.items():
        # A slot gives texts or pictures, not both
        if len({len(vector) for vector in vectors}) == 1:
            found[slot].append(StoredVectors(vectors))
    return found
