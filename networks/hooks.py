"""What networks ask of the apps above them; panic/apps.py wires it."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field

from accounts.models import User
from lib.unwired import not_wired

from .models import Network
from .rings import Slot


@dataclass(frozen=True, slots=True)
class UsageSummary:
    """What a deletion of the network removes; JSON of the API, too."""

    runs: int
    steps: int
    media: int
    media_bytes: int
    media_counted: bool  # False: there are more, they were not all looked at
    installations: int
    displays: int
    terminal_tokens: int
    shares: int
    running: bool


@dataclass(frozen=True, slots=True)
class Forecast:
    """Of one lap: seconds with the pacing of a young run, dollars; None where nothing is known."""

    seconds: float | None
    usd: float | None
    measured: bool  # every model of the ring has been seen at work in this network
    cold_seconds: float = 0.0  # how much longer where every model has to be loaded first
    cut_texts: Mapping[str, int] = field(default_factory=dict)  # by model: of its newest texts here


@dataclass(slots=True)
class NetworkHooks:
    running_among: Callable[[Collection[int]], Collection[int]] = not_wired
    count_viewers: Callable[[Collection[Network]], Mapping[int, int]] = not_wired
    forecast: Callable[[Network, Sequence[Slot]], Forecast | None] = not_wired
    usage_summary: Callable[[Network], UsageSummary] = not_wired
    delete: Callable[[Network, User | None], object] = not_wired
    archive: Callable[[Network, User | None], object] = not_wired


hooks = NetworkHooks()
