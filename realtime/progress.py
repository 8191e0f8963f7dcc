"""What is worth showing but not worth keeping: how far a step has come.

    progress.tell("network:1", "invocation.progressed", {"invocation": "…", "status": "…"})

It has no number, is shown by whoever happens to look and is not there for who comes later.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass

from . import wakeup

DOORBELL = "progress"


@dataclass(frozen=True, slots=True)
class Progress:
    """One sign of life from within a step."""

    topic: str
    type: str
    data: Mapping[str, object]


def tell(topic: str, type: str, data: Mapping[str, object]) -> None:  # noqa: A002
    """Show this to whoever follows `topic` now. Cheap, never raises; a few hundred bytes."""
    wakeup.ring(DOORBELL, json.dumps([topic, type, dict(data)], default=str))


def understand(payload: str) -> Progress | None:
    """What `tell` was told; None for what it cannot have rung."""
    try:
        topic, kind, data = json.loads(payload)
        return Progress(str(topic), str(kind), dict(data))
    except (ValueError, TypeError):
        return None
