"""What pages of the studio ask of the apps above them; panic/apps.py wires it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime

from invocations.models import Invocation, Run
from lib.unwired import not_wired
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


@dataclass(frozen=True, slots=True)
class BlockedModel:
    """A farm worker that is not given steps of a model in a run any more."""

    worker: str
    model: str
    at: datetime
    unblock_url: str


@dataclass(frozen=True, slots=True)
class InstallationFigure:
    """One figure of mission control. `label` and `value`: as they are shown; `alarm`: it is not as it should be."""

    label: str
    value: str
    alarm: bool = False


@dataclass(slots=True)
class StudioHooks:
    """`preview`: the address of the newest preview of a step at work; empty without one. `installation_figures`:
    what apps above know of how the whole is."""

    audience: Callable[[Network], Audience] = not_wired
    blocklist: Callable[[Run], Sequence[BlockedModel]] = not_wired
    preview: Callable[[Invocation], str] = not_wired
    installation_figures: Callable[[datetime], Sequence[InstallationFigure]] = not_wired


hooks = StudioHooks()
