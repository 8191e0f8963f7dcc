"""The text outputs of runs with their vectors, as the numbers and drawings need them."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from django.db.models import Max, Q
from numpy.typing import NDArray

from invocations.models import Invocation, Run
from invocations.models.run import RunQuerySet
from invocations.prompts import folded

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


def text_outputs(runs: Sequence[Run], newest: Q | None = None) -> dict[int, list[TextOutput]]:
    """By run the newest, in their order. Two queries, however many they are; one where `newest` is given, which
    `newest_steps` found."""
    rows = Invocation.objects.filter(embeddable(), newest or newest_steps(runs), output_asset=None)
    found: dict[int, list[TextOutput]] = {run.pk: [] for run in runs}
    for step in rows.select_related("embedding").order_by("sequence"):
        found[step.run_id].append(_text_output(step))
    return {run: texts[-NEWEST:] for run, texts in found.items()}


def newest_steps(runs: Sequence[Run]) -> Q:
    """A filter: so many of the last steps of each that they may hold the outputs that are looked at."""
    rows = Invocation.objects.filter(run__in=runs).values("run").order_by()
    last = dict(rows.annotate(last=Max("sequence")).values_list("run", "last"))
    wanted = Q(pk__in=())
    for run in runs:
        since = last.get(run.pk, 0) - NEWEST * max(1, len(run.ring))
        wanted |= Q(run=run, sequence__gt=since)
    return wanted


def _text_output(step: Invocation) -> TextOutput:
    return TextOutput(
        step.sequence, step.slot, step.model, step.output_text, step.truncated, _vector_of(step)
    )


def _vector_of(step: Invocation) -> Array | None:
    found: Embedding | None = getattr(step, "embedding", None)
    return as_vector(found.vector) if found and found.model == TEXT_MODEL else None


def as_vector(stored: bytes | memoryview | None) -> Array | None:
    return None if stored is None else np.frombuffer(bytes(stored), "<f2").astype(np.float32)


def prompt_vectors(runs: Sequence[Run]) -> dict[int, Array]:
    """By run, where its prompt has one."""
    rows = PromptEmbedding.objects.filter(run__in=runs, model=TEXT_MODEL)
    found = {run: as_vector(stored) for run, stored in rows.values_list("run", "vector")}
    return {run: vector for run, vector in found.items() if vector is not None}


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
    return folded(run.prompt)


def ring_models(run: Run) -> tuple[str, ...]:
    """Only runs on the same models are compared: a network may have been edited in between."""
    return tuple(slot.model for slot in run.slots)
