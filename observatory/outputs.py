"""The text outputs of runs with their vectors, as the numbers and drawings need them."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from invocations.models import Invocation, Run
from invocations.models.run import RunQuerySet

from .models import Embedding, OutputKind, PromptEmbedding
from .models.embedding import TEXT_MODEL, embeddable

Array = NDArray[np.float32]
NEWEST = 400  # text outputs of a run that are looked at
OLDEST = 120  # of each run that it is compared with: as far as their ages are compared
COMPARED_RUNS = 40


@dataclass(frozen=True, slots=True)
class TextOutput:
    sequence: int
    slot: int
    model: str
    text: str
    truncated: bool
    vector: Array | None


def text_outputs(run: Run) -> list[TextOutput]:
    """The newest, in their order."""
    rows = Invocation.objects.filter(embeddable(), run=run, output_asset=None)
    newest = rows.select_related("embedding").order_by("-sequence")[:NEWEST]
    return [
        TextOutput(
            step.sequence, step.slot, step.model, step.output_text, step.truncated, _vector_of(step)
        )
        for step in reversed(newest)
    ]


def _vector_of(step: Invocation) -> Array | None:
    found: Embedding | None = getattr(step, "embedding", None)
    return as_vector(found.vector) if found and found.model == TEXT_MODEL else None


def as_vector(stored: bytes | memoryview | None) -> Array | None:
    return None if stored is None else np.frombuffer(bytes(stored), "<f2").astype(np.float32)


def prompt_vector(run: Run) -> Array | None:
    row = PromptEmbedding.objects.filter(run=run, model=TEXT_MODEL).first()
    return as_vector(row.vector) if row else None


def runs_to_compare(runs: RunQuerySet) -> list[Run]:
    """The newest of these."""
    return list(runs.filter(withdrawn_at__isnull=True).newest_first()[:COMPARED_RUNS])


def first_texts(runs: Sequence[Run]) -> dict[int, Array]:
    """By run, the vectors of its first text outputs; one query for all."""
    longest = max((len(run.ring) for run in runs), default=1)
    rows = Embedding.objects.usable(OutputKind.TEXT).filter(
        invocation__run__in=runs, invocation__sequence__lt=OLDEST * longest
    )
    in_order = rows.order_by("invocation__run", "invocation__sequence")
    found: defaultdict[int, list[Array]] = defaultdict(list)
    for run, stored in in_order.values_list("invocation__run", "vector"):
        vector = as_vector(stored)
        if vector is not None and len(found[run]) < OLDEST:
            found[run].append(vector)
    return {run: np.array(vectors) for run, vectors in found.items()}


def folded_prompt(run: Run) -> str:
    """Runs with the same are twins."""
    return " ".join(run.prompt.casefold().split())


def ring_models(run: Run) -> tuple[str, ...]:
    """Only runs on the same models are compared: a network may have been edited in between."""
    return tuple(slot.model for slot in run.slots)
