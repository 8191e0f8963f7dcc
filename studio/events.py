"""What pages of networks are sent at the moment, without a place in the log."""

from __future__ import annotations

from dataclasses import dataclass

from realtime.events import LiveUpdate

NETWORK = "network:<id>"


@dataclass(frozen=True, slots=True)
class AudienceChanged(LiveUpdate):
    """Who follows the network's pages and displays."""

    topic, type = NETWORK, "audience.changed"


@dataclass(frozen=True, slots=True)
class HaltChanged(LiveUpdate):
    """Everything was stopped or allowed again: an event of mission control, not of networks."""

    topic, type = NETWORK, "halt.changed"


@dataclass(frozen=True, slots=True)
class HoursChanged(LiveUpdate):
    """The installations that show the network have opened or closed, or have other hours."""

    topic, type = NETWORK, "hours.changed"


@dataclass(frozen=True, slots=True)
class InvocationPreviewed(LiveUpdate):
    """There is a newer preview of what a step is going to give."""

    topic, type = NETWORK, "invocation.previewed"
    invocation: str
