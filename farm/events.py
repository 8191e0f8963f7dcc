"""What can happen to farm workers. What they work on is told by the events of the networks' steps, and when
one was seen last by none: an idle worker writes nothing."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from hashlib import sha256
from typing import Self

from realtime.events import DomainEvent, LiveUpdate, send
from realtime.events import publish as publish_to_topic
from studio.events import InvocationPreviewed

FARM = "farm"
MAX_NAMED = 50  # workers of one event; of more of them it names none


@dataclass(frozen=True, slots=True)
class FarmWorkerEvent(DomainEvent):
    """`workers`: public ids; None where there are too many to name them."""

    topic = FARM
    workers: list[str] | None

    @classmethod
    def of_workers(cls, public_ids: Collection[str]) -> Self:
        return cls(sorted(public_ids) if len(public_ids) <= MAX_NAMED else None)


class FarmWorkerEnrolled(FarmWorkerEvent):
    """A machine became a worker of the farm."""

    type = "farm_worker.enrolled"


class FarmWorkerChanged(FarmWorkerEvent):
    """What a worker is, is asked to be, offers or is called has changed; of several at once, one event."""

    type = "farm_worker.changed"


class FarmWorkerArchived(FarmWorkerEvent):
    """A worker was taken out of the farm."""

    type = "farm_worker.archived"


@dataclass(frozen=True, slots=True)
class WorkLogContinued(LiveUpdate):
    """A worker has written more about the work of this token."""

    topic, type = FARM, "work_log.continued"
    attempt: str
    length: int


def send_log_continued(token: str, length: int) -> None:
    """To those who read it now. `length`: characters in all."""
    send(FARM, WorkLogContinued(log_key(token), length))


@dataclass(frozen=True, slots=True)
class WorkPreviewed(LiveUpdate):
    """There is a newer preview of what a worker works on."""

    topic, type = FARM, "work.previewed"
    worker: str


@dataclass(frozen=True, slots=True)
class WorkBatched(LiveUpdate):
    """A worker was given so many steps together."""

    topic, type = FARM, "work.batched"
    worker: str
    steps: int


def send_batched(worker: str, steps: int) -> None:
    send(FARM, WorkBatched(worker, steps))


@dataclass(frozen=True, slots=True)
class FilmWorkChanged(LiveUpdate):
    """A worker was given a task of a film, has ended one, or is further with it."""

    topic, type = FARM, "film_work.changed"
    worker: str


def send_film_work(worker: str) -> None:
    send(FARM, FilmWorkChanged(worker))


def send_previewed(worker: str, topic: str, step: str) -> None:
    """To the pages of this worker, and of the network that follows `topic`; empty: it is of a film. By public ids."""
    send(FARM, WorkPreviewed(worker))
    if topic:
        send(topic, InvocationPreviewed(step))


def log_key(token: str) -> str:
    """Names an attempt to those who read its log, who must not learn its token."""
    return sha256(token.encode()).hexdigest()[:16]


def publish(event: FarmWorkerEvent) -> None:
    """Append to the farm's topic, within the transaction that changed what is reported."""
    publish_to_topic(FARM, event)
