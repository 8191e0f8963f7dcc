"""What only the layers above know of a network, or do with what runs on it; panic/ hands it in."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass

from accounts.models import User

from .models import Network
from .rings import Slot


@dataclass(frozen=True, slots=True)
class Holdings:
    """What goes with a network: counted before it is deleted."""

    runs: int = 0
    steps: int = 0
    media: int = 0
    media_bytes: int = 0
    media_counted: bool = True  # False: there are more, they were not all looked at
    installations: int = 0
    displays: int = 0
    terminal_tokens: int = 0
    shares: int = 0
    running: bool = False


@dataclass(frozen=True, slots=True)
class Forecast:
    """Of one lap: seconds with the pacing of a young run, dollars; None where nothing is known."""

    seconds: float | None
    usd: float | None
    measured: bool  # every model of the ring has been seen at work in this network
    cold_seconds: float = 0.0  # how much longer where every model has to be loaded first


@dataclass(slots=True)
class Above:
    live_among: Callable[[Collection[int]], Collection[int]] = lambda keys: ()
    viewers_of: Callable[[Collection[Network]], Mapping[int, int]] = lambda networks: {}
    forecast: Callable[[Network, Sequence[Slot]], Forecast | None] = lambda network, ring: None
    holdings: Callable[[Network], Holdings] = lambda network: Holdings()
    delete: Callable[[Network, User | None], object] = lambda network, by: network.forget()
    archive: Callable[[Network, User | None], object] = lambda network, by: None


above = Above()
