"""What pages of the studio ask of the apps above them; panic/apps.py wires it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from networks.models import Network


@dataclass(frozen=True, slots=True)
class WatchedDisplay:
    """A display, and how many sockets follow it now."""

    name: str
    url: str
    viewers: int


@dataclass(frozen=True, slots=True)
class WatchedInstallation:
    name: str
    displays: tuple[WatchedDisplay, ...]

    @property
    def viewers(self) -> int:
        return sum(display.viewers for display in self.displays)


@dataclass(frozen=True, slots=True)
class Audience:
    """Who watches a network: its pages and its displays, over all web processes."""

    viewers: int = 0
    installations: tuple[WatchedInstallation, ...] = ()


def _not_wired(network: Network) -> Audience:
    raise NotImplementedError("A hook of the studio is not wired: panic/apps.py does that.")


@dataclass(slots=True)
class StudioHooks:
    audience: Callable[[Network], Audience] = _not_wired


hooks = StudioHooks()
