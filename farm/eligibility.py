"""Which farm workers may be given a step, and what keeps each of the others from it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from django.db.models import Exists, OuterRef, Q

from invocations.engine.due_steps import StepFilter, Values
from invocations.models import Invocation
from lib.compiled_statements import CompiledSelect

from . import catalogue
from .models import BlockedWorker, FarmWorker, StepFailure, WorkerStatus


class Obstacle(StrEnum):
    """Why a worker that offers a model is not given a step of it now."""

    NOT_FOR_IT = "not_for_it"  # it serves other networks
    SILENT = "silent"
    FAILED = "failed"  # it has failed this step, or was not fit for it
    BLOCKED = "blocked"  # in this run, for this model
    ASLEEP = "asleep"
    WINDOW = "window"  # one of its sleep windows
    NOT_AWAKE = "not_awake"  # it starts, tests itself, or is in error


BY_PRIORITY = ("-network__farm_priority",)  # then by age
NOT_THERE = (Obstacle.SILENT, Obstacle.NOT_FOR_IT)
EXCLUDED = (Obstacle.FAILED, Obstacle.BLOCKED)


@dataclass(frozen=True, slots=True)
class Candidate:
    """A worker that offers the model of a step; without an obstacle it is given the step once it
    has a place."""

    worker: FarmWorker
    obstacle: Obstacle | None


class Eligibility:
    """Of these steps, at one moment: three queries, however many steps and workers there are."""

    def __init__(self, steps: Sequence[Invocation], at: datetime) -> None:
        self._at = at
        self._offering = catalogue.offering_workers() if steps else {}
        failures = _FAILURES.rows(steps=tuple(step.pk for step in steps))
        blocked = _BLOCKED.rows(runs=tuple({step.run_id for step in steps}))
        self._failed = {(one.invocation_id, one.model, one.worker_id) for one in failures}
        self._blocked = {(one.run_id, one.model, one.worker_id) for one in blocked}

    def candidates(self, step: Invocation) -> list[Candidate]:
        """The workers that offer its model."""
        offering = self._offering.get(step.model, ())
        return [Candidate(worker, self._obstacle(step, worker)) for worker in offering]

    def able(self, step: Invocation) -> list[FarmWorker]:
        """Those that it is given to once they have a place."""
        return [one.worker for one in self.candidates(step) if one.obstacle is None]

    def nobody_is_left(self, step: Invocation) -> bool:
        """Whether all that are there have failed the step or are blocked."""
        obstacles = [one.obstacle for one in self.candidates(step)]
        there = [one for one in obstacles if one not in NOT_THERE]
        return bool(there) and all(one in EXCLUDED for one in there)

    def _obstacle(self, step: Invocation, worker: FarmWorker) -> Obstacle | None:
        network = step.run.network
        if not worker.audience(self._at).includes(network.owner_id, network.farm_tag):
            return Obstacle.NOT_FOR_IT
        status = worker.shown_status(self._at)
        if status == WorkerStatus.OFFLINE:
            return Obstacle.SILENT
        if (step.pk, step.model, worker.pk) in self._failed:
            return Obstacle.FAILED
        if (step.run_id, step.model, worker.pk) in self._blocked:
            return Obstacle.BLOCKED
        return _sleep_obstacle(worker, self._at)


# Every look at due steps asks for these.
_FAILURES: CompiledSelect[StepFailure] = CompiledSelect(
    lambda *, steps: (
        StepFailure.objects.excluded()
        .filter(invocation__in=steps)
        .only("invocation_id", "model", "worker_id")
    )
)
_BLOCKED: CompiledSelect[BlockedWorker] = CompiledSelect(
    lambda *, runs: BlockedWorker.objects.filter(run__in=runs).only("run_id", "model", "worker_id")
)


def has_fallback(step: Invocation) -> bool:
    """Whether giving it up hands it to another model."""
    return bool(step.run.ring_slot(step.slot).fallback) and not step.fallen_back


def suits(worker: FarmWorker, at: datetime) -> StepFilter:
    """A filter of steps: what the worker may be given, whatever it offers; `OfferAudience.includes` is in it."""
    audience = worker.audience(at)
    if audience.only_tag:
        of_tag: Values = {"worker": worker.pk, "tag": audience.only_tag}
        return StepFilter(_for_only_tag, of_tag, BY_PRIORITY)
    tags = ("", *sorted(audience.tags))
    if audience.person is None:
        return StepFilter(_for_everybody, {"worker": worker.pk, "tags": tags}, BY_PRIORITY)
    values: Values = {"worker": worker.pk, "tags": tags, "person": audience.person}
    return StepFilter(_for_person, values, BY_PRIORITY)


def _for_only_tag(*, worker: int, tag: str) -> Q:
    return _not_excluded(worker) & Q(network__farm_tag=tag)


def _for_everybody(*, worker: int, tags: tuple[str, ...]) -> Q:
    return _not_excluded(worker) & Q(network__farm_tag__in=tags)


def _for_person(*, worker: int, tags: tuple[str, ...], person: int) -> Q:
    return _for_everybody(worker=worker, tags=tags) & Q(network__owner=person)


def _not_excluded(worker: int) -> Q:
    failed = StepFailure.objects.excluded().filter(
        invocation=OuterRef("pk"), model=OuterRef("model"), worker=worker
    )
    blocked = BlockedWorker.objects.filter(
        run=OuterRef("run"), model=OuterRef("model"), worker=worker
    )
    return Q(~Exists(failed), ~Exists(blocked))


def _sleep_obstacle(worker: FarmWorker, at: datetime) -> Obstacle | None:
    status = worker.status
    if due := worker.status_due(at):
        if due != WorkerStatus.ASLEEP:  # it tests itself, or starts anew
            return Obstacle.NOT_AWAKE
        asked = worker.requested_status or worker.status
        return Obstacle.ASLEEP if asked == WorkerStatus.ASLEEP else Obstacle.WINDOW
    # One that is asleep has been asked to wake: it is given work once it comes.
    able = status in (WorkerStatus.AWAKE, WorkerStatus.ASLEEP)
    return None if able else Obstacle.NOT_AWAKE
