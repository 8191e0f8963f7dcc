"""What can happen, as classes: each app declares its own events in its `events.py`.

    @dataclass(frozen=True, slots=True)
    class RunStarted(DomainEvent):
        \"\"\"A prompt became a run.\"\"\"

        topic, type = "network:<id>", "run.started"
        run: str

The fields are the event's JSON `data`, in their order: ids and states, never markup; whoever shows
an event renders from the rows. A new event is a class, a call of `publish` and a line in
docs/events.md, which a test compares with the classes.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import Field, dataclass, fields
from typing import Any, ClassVar

from . import log, wakeup

PROGRESS_CHANNEL = "progress"

INTERNAL = {"internal": True}  # metadata of a field that is not part of `data`


@dataclass(frozen=True, slots=True)
class DomainEvent:
    """Something that happened: written to the log of its topic, and sent to all that follow it."""

    topic: ClassVar[str] = ""  # its form: "network:<id>"
    type: ClassVar[str] = ""  # `noun.past_participle`; a class without one is only a base

    @classmethod
    def meaning(cls) -> str:
        """What it says has happened: the first line of its docstring."""
        return (cls.__doc__ or "").partition("\n")[0]

    @property
    def data(self) -> dict[str, object]:
        return {field.name: getattr(self, field.name) for field in data_fields(type(self))}


@dataclass(frozen=True, slots=True)
class LiveUpdate(DomainEvent):
    """What is sent to those who follow the topic at that moment, and not logged: it has no cursor, and
    sockets that connect later do not get it."""


@dataclass(frozen=True, slots=True)
class Progress:
    """A live update as it is received."""

    topic: str
    type: str
    data: Mapping[str, object]


def data_fields(event: type[DomainEvent]) -> list[Field[Any]]:
    """Those that are part of the JSON."""
    return [field for field in fields(event) if not field.metadata.get("internal")]


def publish(topic: str, *events: DomainEvent) -> None:
    """Append to `topic`, within the transaction that changed what is reported."""
    for event in events:
        if event.topic.partition(":")[0] != topic.partition(":")[0]:
            raise ValueError(f"{event.type} belongs to {event.topic}, not to {topic}")
    if events:
        log.append_many(topic, [(event.type, event.data) for event in events])


def send(topic: str, update: LiveUpdate) -> None:
    """Send to the sockets that follow `topic` now, in every process. Cheap, never raises; a few hundred
    bytes."""
    payload = json.dumps([topic, update.type, update.data], default=str)
    wakeup.notify(PROGRESS_CHANNEL, payload)


def parse_progress(payload: str) -> Progress | None:
    """The update in a wake-up's payload; None where there is none."""
    try:
        topic, kind, data = json.loads(payload)
        return Progress(str(topic), str(kind), dict(data))
    except (ValueError, TypeError):
        return None


def event_types() -> dict[str, type[DomainEvent]]:
    """Every declared event by its type; of those modules that have been imported."""
    found: dict[str, type[DomainEvent]] = {}
    bases: list[type[DomainEvent]] = [DomainEvent]
    while bases:
        for cls in bases.pop().__subclasses__():
            bases.append(cls)
            if cls.type:
                found[cls.type] = cls
    return found
