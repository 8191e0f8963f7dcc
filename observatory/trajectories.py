"""Where a run, or a network, is going: its points, its three numbers, and what it has fallen into or lost."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from django.db.models import Q

from assets.kinds import MediaKind
from invocations.models import Invocation, Perturbation, Run

from . import outputs, patterns, sentences, slot_patterns
from .models.embedding import embeddable
from .numbers import BySlot, Numbers, RunVectors, distances, numbers_of_network, numbers_of_run
from .outputs import TextOutput, vectors_of
from .patterns import Cycle
from .projection import project
from .slot_patterns import WeighedPicture
from .slots import SlotShare, shares_of_slots
from .twins import runs_of_archive
from .vectors import StoredVectors, Vector, Vectors, cosine_distance

if TYPE_CHECKING:
    from networks.models import Network

MIN_FOR_ARCHIVE = 2  # texts of a run that counts as a twin or stranger
PICTURES = 400


@dataclass(frozen=True, slots=True)
class Point:
    """A text output. Distances are cosine distances; None where there is nothing to compare with.

    `perturbed`: words were added to the run between the text before and this one."""

    sequence: int
    x: float
    y: float
    from_previous: float | None
    from_prompt: float | None
    slot: int
    model: str
    text: str
    perturbed: bool = False


@dataclass(frozen=True, slots=True)
class Loss:
    noun: str
    sequence: int  # of the first text without it
    model: str  # which has written that text


@dataclass(frozen=True, slots=True)
class AddedWords:
    """What the step was given besides, and why."""

    sequence: int
    reason: str  # frozen, flat
    words: str


@dataclass(frozen=True, slots=True)
class Findings:
    """Positions are sequence numbers of steps; `cycle.since` too."""

    frozen_at: int | None = None
    flat_at: int | None = None
    cycle: Cycle | None = None
    lost: tuple[Loss, ...] = ()
    truncated: tuple[int, ...] = ()
    perturbed: tuple[AddedWords, ...] = ()


@dataclass(frozen=True, slots=True)
class Trajectory:
    """`start`: where the prompt lies in the picture."""

    points: list[Point]
    start: tuple[float, float] | None
    numbers: Numbers
    twins: int
    strangers: int
    findings: Findings
    sentence: str


def trajectory_of_run(run: Run) -> Trajectory:
    return trajectories_of_runs([run])[0]


def trajectories_of_runs(runs: Sequence[Run]) -> list[Trajectory]:
    """In their order. Six queries, one more where a run was perturbed, and two more for each further network."""
    newest = outputs.newest_steps(runs)
    texts, sizes = outputs.text_outputs(runs, newest), _picture_sizes(runs, newest)
    prompts = outputs.prompt_vectors(runs)
    perturbed = outputs.perturbations(texts)
    archives = {run.network_id: _archive_of(run) for run in runs}
    return [
        _trajectory(
            _RunOutputs(run, texts[run.pk], sizes[run.pk], perturbed[run.pk]),
            prompts.get(run.pk),
            archives[run.network_id],
        )
        for run in runs
    ]


@dataclass(frozen=True, slots=True)
class _RunOutputs:
    """What is known of the newest outputs of a run."""

    run: Run
    texts: Sequence[TextOutput]
    pictures: Sequence[WeighedPicture]
    perturbed: Sequence[Perturbation]

    @property
    def embedded(self) -> list[TextOutput]:
        return [one for one in self.texts if one.vector is not None]

    @property
    def undisturbed(self) -> list[TextOutput]:
        """Those before words were added to the run from outside."""
        return [one for one in self.embedded if not one.disturbed]


def _trajectory(mine: _RunOutputs, prompt: Vector | None, archive: _Archive) -> Trajectory:
    vectors = tuple(vectors_of(mine.embedded))
    twins, strangers = _others(mine.run, archive)
    found = _findings(mine)
    numbers = _numbers(mine, twins, strangers)
    return Trajectory(
        points=_points(mine.embedded, vectors, prompt, [one.sequence for one in mine.perturbed]),
        start=None if prompt is None else _place(prompt),
        numbers=numbers,
        twins=len(twins),
        strangers=len(strangers),
        findings=found,
        sentence=sentences.sentence(numbers, found),
    )


def _numbers(mine: _RunOutputs, twins: Sequence[BySlot], strangers: Sequence[BySlot]) -> Numbers:
    """Of what it put out undisturbed: after a perturbation, chance and prompt are not all that acts on it."""
    written = outputs.by_slot(mine.undisturbed)
    newest = first = {slot: vectors_of(texts) for slot, texts in written.items()}
    if len(mine.texts) == outputs.NEWEST:
        first = outputs.first_texts([mine.run]).get(mine.run.pk, newest)
    numbers = numbers_of_run(newest or first, [], [])
    if not twins and not strangers:
        return numbers
    memory = numbers_of_run(first, twins, strangers).memory
    return Numbers(numbers.noise, numbers.kept, memory)


@dataclass(frozen=True, slots=True)
class _Archive:
    """The runs of a network that one of its runs may be compared with, and their first texts."""

    runs: list[Run]
    texts: dict[int, dict[int, StoredVectors]]


def _archive_of(run: Run) -> _Archive:
    runs = outputs.runs_to_compare(runs_of_archive(run.network))
    return _Archive(runs, outputs.first_texts(runs))


def _others(run: Run, archive: _Archive) -> tuple[list[BySlot], list[BySlot]]:
    """The first texts of the runs from the same words, and of those from others, on the same models. The same words by
    the same seed are no twin: nothing differs by chance there."""
    twins: list[BySlot] = []
    strangers: list[BySlot] = []
    models = outputs.ring_models(run)
    others = () if run.branched_from_id else archive.runs
    for other in others:
        if other.pk == run.pk or outputs.ring_models(other) != models:
            continue
        alike = outputs.folded_prompt(other) == outputs.folded_prompt(run)
        found = archive.texts.get(other.pk, {})
        if sum(map(len, found.values())) < MIN_FOR_ARCHIVE or (alike and _same_seed(run, other)):
            continue
        (twins if alike else strangers).append(found)
    return twins, strangers


def _same_seed(run: Run, other: Run) -> bool:
    return run.seed is not None and run.seed == other.seed


def _place(vector: Vector) -> tuple[float, float]:
    x, y = project([vector])[0]
    return round(x, 4), round(y, 4)


def _points(
    texts: Sequence[TextOutput],
    vectors: Vectors,
    prompt: Vector | None,
    perturbed: Sequence[int] = (),
) -> list[Point]:
    """`perturbed`: the steps that were given words besides."""
    if not len(vectors):
        return []
    between = zip([-1, *(one.sequence for one in texts[:-1])], texts, strict=True)
    moved = [any(old < at <= new.sequence for at in perturbed) for old, new in between]
    places = project(vectors)
    steps = distances(vectors, 1)
    from_prompt = None if prompt is None else [cosine_distance(one, prompt) for one in vectors]
    return [
        Point(
            one.sequence,
            round(places[at][0], 4),
            round(places[at][1], 4),
            round(steps[at - 1], 4) if at else None,
            None if from_prompt is None else round(from_prompt[at], 4),
            one.slot,
            one.model,
            one.text,
            moved[at],
        )
        for at, one in enumerate(texts)
    ]


def _findings(mine: _RunOutputs) -> Findings:
    texts = mine.texts
    frozen = slot_patterns.frozen_since(texts)
    whole = len(texts) < outputs.NEWEST  # else the beginning is not among them
    lost = patterns.lost_words(mine.run.prompt, [one.text for one in texts]) if whole else []
    return Findings(
        frozen_at=frozen,
        flat_at=slot_patterns.flat_since(mine.pictures),
        cycle=slot_patterns.cycle_since(mine.embedded) if frozen is None else None,
        lost=tuple(
            Loss(one.word, texts[one.position].sequence, texts[one.position].model) for one in lost
        ),
        truncated=tuple(one.sequence for one in texts if one.truncated),
        perturbed=tuple(AddedWords(one.sequence, one.reason, one.words) for one in mine.perturbed),
    )


def _picture_sizes(runs: Sequence[Run], newest: Q) -> dict[int, list[WeighedPicture]]:
    """By run, of its newest pictures."""
    rows = Invocation.objects.filter(embeddable(), newest, output_asset__kind=MediaKind.IMAGE)
    found: dict[int, list[WeighedPicture]] = {run.pk: [] for run in runs}
    columns = ("run", "sequence", "slot", "output_asset__bytes")
    for run, sequence, slot, size in rows.order_by("sequence").values_list(*columns):
        found[run].append(WeighedPicture(sequence, slot, size))
    return {run: pictures[-PICTURES:] for run, pictures in found.items()}


@dataclass(frozen=True, slots=True)
class NetworkTrajectory:
    runs: list[tuple[Run, list[Point]]]  # the newest first
    numbers: Numbers
    shares: list[SlotShare]
    sentence: str


def trajectory_of_network(network: Network, *, drawn: int = 8) -> NetworkTrajectory:
    """Of the runs on the models that it has now. Twin runs count for the numbers; they are on a private
    network, so that their points are not among what is shown."""
    models = tuple(slot.model for slot in network.ring)
    runs = [
        run
        for run in outputs.runs_to_compare(runs_of_archive(network))
        if outputs.ring_models(run) == models
    ]
    vectors = outputs.first_texts(runs)
    compared = [
        RunVectors(outputs.folded_prompt(run), vectors[run.pk])
        for run in _unlike(runs)
        if run.pk in vectors
    ]
    numbers = numbers_of_network(compared)
    own = [run for run in runs if run.network_id == network.pk][:drawn]
    texts = outputs.text_outputs(own)
    perturbed = outputs.perturbations(texts)
    return NetworkTrajectory(
        [(run, _points_of(texts[run.pk], perturbed[run.pk])) for run in own],
        numbers,
        shares_of_slots(models, runs),
        sentences.network_sentence(numbers),
    )


def _unlike(runs: Sequence[Run]) -> list[Run]:
    """Without those that had the words and the seed of a newer one."""
    found: dict[object, Run] = {}
    for run in runs:
        key = run.pk if run.seed is None else (outputs.folded_prompt(run), run.seed)
        found.setdefault(key, run)
    return list(found.values())


def _points_of(texts: Sequence[TextOutput], perturbed: Sequence[Perturbation]) -> list[Point]:
    embedded = [one for one in texts if one.vector is not None]
    return _points(embedded, tuple(vectors_of(embedded)), None, [one.sequence for one in perturbed])
