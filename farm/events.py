"""What can happen to farm workers. What they work on is told by the events of the networks' steps, and when
one was seen last by none: an idle worker writes nothing."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from typing import Self

from realtime.events import DomainEvent
from realtime.events import publish as publish_to_topic

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


def publish(event: FarmWorkerEvent) -> None:
    """Append to the farm's topic, within the transaction that changed what is reported."""
    publish_to_topic(FARM, event)
