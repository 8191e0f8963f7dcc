"""What can happen to an installation and its displays."""

from __future__ import annotations

from dataclasses import dataclass

from invocations.events import NETWORK_TOPIC
from realtime.events import DomainEvent, LiveUpdate

INSTALLATION = "installation:<id>"


@dataclass(frozen=True, slots=True)
class InstallationChanged(DomainEvent):
    """The installation, its network, or any of its displays was changed."""

    topic, type = INSTALLATION, "installation.changed"
    installation: str


@dataclass(frozen=True, slots=True)
class InstallationOpened(DomainEvent):
    """Its opening hours have begun: its displays show the work."""

    topic, type = INSTALLATION, "installation.opened"
    installation: str


@dataclass(frozen=True, slots=True)
class InstallationClosed(DomainEvent):
    """Its opening hours are over: its displays are dark on purpose."""

    topic, type = INSTALLATION, "installation.closed"
    installation: str


@dataclass(frozen=True, slots=True)
class DisplayIdentified(DomainEvent):
    """A display, or all of them (null), says for a moment which it is."""

    topic, type = INSTALLATION, "display.identified"
    installation: str
    display: str | None


@dataclass(frozen=True, slots=True)
class WallStateChanged(LiveUpdate):
    """Time alone changed what a wall shows."""

    topic, type = NETWORK_TOPIC, "scene.changed"


@dataclass(frozen=True, slots=True)
class DisplayCommanded(LiveUpdate):
    """A display, or all of them (null), is to do something now: reload, change its volume, sound."""

    topic, type = INSTALLATION, "display.commanded"
    installation: str
    display: str | None
    name: str
    value: float | None
