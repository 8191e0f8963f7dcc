"""The text outputs of runs with their vectors, as the numbers and drawings need them."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django.db.models import Exists, Max, OuterRef, Q

from invocations.models import Invocation, Perturbation, Run
from invocations.models.run import RunQuerySet
from invocations.prompts import folded

from .models import Embedding, OutputKind, PromptEmbedding
from .models.embedding import TEXT_MODEL, embeddable
from .vectors import StoredVectors, Vector, unpack

NEWEST = 400  # text outputs of a run that are looked at
OLDEST = 120  # of each run that it is compared with: as far as their ages are compared
LAPS = 20  # of each of these, where many slots write
COMPARED_RUNS = 40


@dataclass(frozen=True, slots=True)
class TextOutput:
    sequence: int
    slot: int
    model: str
    text: str
    truncated: bool
    stored: bytes | None  # its vector
    disturbed: bool = False  # words from outside had been added to its run by then

    @property
    def vector(self) -> Vector | None:
        return as_vector(self.stored)


def text_outputs(runs: Sequence[Run], newest: Q | None = None) -> dict[int, list[TextOutput]]:
    """By run the newest, in their order. Two queries, however many they are; one where `newest` is given, which
    `newest_steps` found."""
    rows = Invocation.objects.filter(embeddable(), newest or newest_steps(runs), output_asset=None)
    found: dict[int, list[TextOutput]] = {run.pk: [] for run in runs}
    told = rows.annotate(disturbed=perturbed_before("run", "sequence"))
    for step in told.select_related("embedding").order_by("sequence"):
        found[step.run_id].append(_text_output(step))
    return {run: texts[-NEWEST:] for run, texts in found.items()}


def texts_to_embed(runs: Sequence[Run]) -> int:
    """How many of those that are looked at are still to be embedded. Two queries."""
    texts = Invocation.objects.filter(embeddable(), newest_steps(runs), output_asset=None)
    return texts.filter(embedding=None).count()


def newest_steps(runs: Sequence[Run]) -> Q:
    """A filter: so many of the last steps of each that they may hold the outputs that are looked at."""
    rows = Invocation.objects.filter(run__in=runs).values("run").order_by()
    last = dict(rows.annotate(last=Max("sequence")).values_list("run", "last"))
    wanted = Q(pk__in=())
    for run in runs:
        since = last.get(run.pk, 0) - NEWEST * max(1, len(run.ring))
        wanted |= Q(run=run, sequence__gt=since)
    return wanted


def _text_output(step: Any) -> TextOutput:
    """Of a step with the annotation."""
    copied = step.sequence, step.slot, step.model, step.output_text, step.truncated
    return TextOutput(*copied, _vector_of(step), step.disturbed)


def _vector_of(step: Invocation) -> bytes | None:
    found: Embedding | None = getattr(step, "embedding", None)
    if found is None or found.model != TEXT_MODEL or found.vector is None:
        return None
    return bytes(found.vector)


def as_vector(stored: bytes | memoryview | None) -> Vector | None:
    return None if stored is None else unpack(stored)


def vectors_of(texts: Sequence[TextOutput]) -> StoredVectors:
    """Of those that have one."""
    return StoredVectors([one.stored for one in texts if one.stored is not None])


def by_slot(texts: Iterable[TextOutput]) -> dict[int, list[TextOutput]]:
    """In their order, by the slot that wrote them."""
    found: defaultdict[int, list[TextOutput]] = defaultdict(list)
    for one in texts:
        found[one.slot].append(one)
    return dict(found)


def prompt_vectors(runs: Sequence[Run]) -> dict[int, Vector]:
    """By run, where its prompt has one."""
    rows = PromptEmbedding.objects.filter(run__in=runs, model=TEXT_MODEL)
    return {run: unpack(stored) for run, stored in rows.values_list("run", "vector")}


def runs_to_compare(runs: RunQuerySet) -> list[Run]:
    """The newest of these. A branch began from an output, not from the words that it has."""
    return list(
        runs.filter(withdrawn_at__isnull=True, branched_from=None).newest_first()[:COMPARED_RUNS]
    )


def first_texts(runs: Sequence[Run]) -> dict[int, dict[int, StoredVectors]]:
    """By run and slot, the vectors of its first text outputs, as far as it went its way undisturbed; one query for
    all."""
    most = {run.pk: max(OLDEST, LAPS * len(run.ring)) for run in runs}
    longest = max((len(run.ring) for run in runs), default=1)
    rows = Embedding.objects.usable(OutputKind.TEXT).filter(
        ~perturbed_before(), invocation__run__in=runs, invocation__sequence__lt=OLDEST * longest
    )
    in_order = rows.order_by("invocation__run", "invocation__sequence")
    found: defaultdict[int, defaultdict[int, list[bytes]]] = defaultdict(lambda: defaultdict(list))
    counts: defaultdict[int, int] = defaultdict(int)
    for run, slot, stored in in_order.values_list("invocation__run", "invocation__slot", "vector"):
        counts[run] += 1
        if stored is not None and counts[run] <= most[run]:
            found[run][slot].append(bytes(stored))
    return {
        run: {slot: StoredVectors(vectors) for slot, vectors in written.items()}
        for run, written in found.items()
    }


def perturbed_before(
    run: str = "invocation__run", sequence: str = "invocation__sequence"
) -> Exists:
    """A filter, with the names of these columns: words from outside had been added to the run by then."""
    earlier = Perturbation.objects.filter(run=OuterRef(run), sequence__lte=OuterRef(sequence))
    return Exists(earlier)


def perturbations(texts: Mapping[int, Sequence[TextOutput]]) -> dict[int, list[Perturbation]]:
    """By run, in their order; a query only where one of the texts came after one."""
    disturbed = [run for run, found in texts.items() if any(one.disturbed for one in found)]
    found: dict[int, list[Perturbation]] = {run: [] for run in texts}
    for one in Perturbation.objects.filter(run__in=disturbed).order_by("sequence"):
        found[one.run_id].append(one)
    return found


def folded_prompt(run: Run) -> str:
    """Runs with the same are twins."""
    return folded(run.prompt)


def ring_models(run: Run) -> tuple[str, ...]:
    """Only runs on the same models are compared: a network may have been edited in between."""
    return tuple(slot.model for slot in run.slots)
