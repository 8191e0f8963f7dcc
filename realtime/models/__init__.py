"""The event log: topics and their events."""

from __future__ import annotations

from .event import Event
from .topic import Topic

__all__ = ["Event", "Topic"]
