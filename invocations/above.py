"""What pages of this layer show of the layers above it: who watches, and what the screens said.

panic/ hands it in.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from networks.models import Network

from .models import StopAll

# Shown like progress, and not logged in a network's topic
AUDIENCE_CHANGED = "audience.changed"
HALT_CHANGED = "halt.changed"  # it is an event of mission control, which networks do not follow


@dataclass(frozen=True, slots=True)
class Watched:
    """A display, and how many sockets follow it now."""

    name: str
    url: str
    viewers: int


@dataclass(frozen=True, slots=True)
class WatchedPlace:
    """An installation with its displays."""

    name: str
    displays: tuple[Watched, ...]

    @property
    def viewers(self) -> int:
        return sum(display.viewers for display in self.displays)


@dataclass(frozen=True, slots=True)
class Audience:
    """Who is before a network: its pages and its displays, over all web processes."""

    viewers: int = 0
    places: tuple[WatchedPlace, ...] = ()


@dataclass(frozen=True, slots=True)
class ShownOn:
    """A display that was to show a press of the red button, and after how many milliseconds its
    slowest screen did; None = it has not answered."""

    id: str
    place: str
    name: str
    ms: float | None


@dataclass(slots=True)
class Above:
    audience: Callable[[Network], Audience] = lambda network: Audience()
    shown_on: Callable[[StopAll], Sequence[ShownOn]] = lambda press: ()


above = Above()
