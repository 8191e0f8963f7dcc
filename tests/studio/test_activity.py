"""Which events of a network are in its recent activity."""

from __future__ import annotations

from invocations.events import (
    InvocationCancelled,
    InvocationCompleted,
    InvocationCreated,
    InvocationStarted,
    RunWithdrawn,
)
from realtime.events import LiveUpdate, event_types
from studio.activity import SHOWN_TYPES

# Steps that went well or ended with their run, and what its visitor took back
NOT_SHOWN = {
    InvocationCancelled.type,
    InvocationCompleted.type,
    InvocationCreated.type,
    InvocationStarted.type,
    RunWithdrawn.type,
}


def test_every_event_of_a_network_is_either_shown_or_listed_as_not_shown() -> None:
    of_networks = {
        name
        for name, event in event_types().items()
        if event.topic.startswith("network:") and not issubclass(event, LiveUpdate)
    }

    assert of_networks == SHOWN_TYPES | NOT_SHOWN
    assert not SHOWN_TYPES & NOT_SHOWN
