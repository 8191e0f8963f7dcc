"""What pages of networks are told besides what happens to their runs: about workers of the farm, and, without a place
in the log, what is so at the moment."""

from __future__ import annotations

from dataclasses import dataclass

from invocations.events import NETWORK_TOPIC
from realtime.events import DomainEvent, LiveUpdate


@dataclass(frozen=True, slots=True)
class AudienceChanged(LiveUpdate):
    """Who follows the network's pages and displays."""

    topic, type = NETWORK_TOPIC, "audience.changed"


@dataclass(frozen=True, slots=True)
class HaltChanged(LiveUpdate):
    """Everything was stopped or allowed again, or the disk is full or is not any more: no event of networks."""

    topic, type = NETWORK_TOPIC, "halt.changed"


@dataclass(frozen=True, slots=True)
class HoursChanged(LiveUpdate):
    """The installations that show the network have opened or closed, or have other hours."""

    topic, type = NETWORK_TOPIC, "hours.changed"


@dataclass(frozen=True, slots=True)
class InvocationPreviewed(LiveUpdate):
    """There is a newer preview of what a step is going to give."""

    topic, type = NETWORK_TOPIC, "invocation.previewed"
    invocation: str


@dataclass(frozen=True, slots=True)
class BlocklistEvent(DomainEvent):
    """`run` and `worker`: public ids."""

    topic = NETWORK_TOPIC
    run: str
    worker: str
    model: str


class WorkerBlocked(BlocklistEvent):
    """A worker of the farm has failed a model three times in the run, and is given none of it there any more."""

    type = "worker.blocked"


class WorkerUnblocked(BlocklistEvent):
    """A worker of the farm is given a model again that it was blocked for in the run."""

    type = "worker.unblocked"
