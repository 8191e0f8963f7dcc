"""What all displays of a network have in common at a moment: the run that lives, STOPPED, the archive, or nothing."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from enum import StrEnum

from django.utils import timezone
from django.utils.translation import get_language

from invocations.engine import rate_limits
from invocations.models import Halt, Invocation, Run, StopAll
from invocations.states import InvocationState, RunState
from lib.selected_rows import SelectedRows
from networks import opening_words
from networks.models import Network
from networks.opening_hours import OpeningHours
from studio import tiles
from studio.tiles import ProviderStatus, Tile

from . import captions, replay
from .layouts import Layout

STOPPED_FOR = timedelta(seconds=20)  # stop-all is seen before anything moves again
IDLE_FOR = timedelta(seconds=30)  # the last work of a run is looked at in peace
RECENT = 2  # steps that are looked up with the wall: the one that ended, and its successor
RESTING_FOR = timedelta(seconds=60)  # a step that has waited that long in vain is not coming soon

# As SQL, because each wall waits for it with each step: 0.05 ms, where the ORM takes 0.5.
_NEWEST = SelectedRows(Invocation, "WHERE run_id = %s ORDER BY sequence DESC LIMIT %s")


class Mode(StrEnum):
    LIVE = "live"
    STOPPED = "stopped"
    REPLAY = "replay"
    DARK = "dark"  # of an installation outside its opening hours


@dataclass(slots=True)
class Drawings:
    """What has been drawn of a wall in one language, so that it is done once for all its displays."""

    tiles: dict[tuple[int, int, tiles.TileOptions, ProviderStatus], Tile] = field(
        default_factory=dict
    )
    html: dict[Tile, str] = field(default_factory=dict)
    cells: dict[tuple[Layout, int | None, int | None, ProviderStatus], dict[str, str]] = field(
        default_factory=dict
    )
    notices: dict[str, str] = field(default_factory=dict)


@dataclass(slots=True)
class RenderCache:
    """What has been looked up and drawn of a wall."""

    steps: dict[int, Invocation | None] = field(default_factory=dict)  # by sequence
    archived: list[Invocation] | None = None
    by_language: dict[str | None, Drawings] = field(default_factory=dict)

    @property
    def drawings(self) -> Drawings:
        """Those in the language that is active now."""
        language = get_language()
        if language not in self.by_language:
            self.by_language[language] = Drawings()
        return self.by_language[language]


@dataclass(frozen=True, slots=True)
class WallState:
    """What all displays of a network have in common at a moment."""

    network: Network = field(compare=False, repr=False)
    mode: Mode
    run: Run | None
    latest: int  # sequence of the run's newest step
    halt: StopAll | None
    moment: replay.ReplayMoment | None = None
    closed: str = ""  # why it is dark, and until when
    cache: RenderCache = field(default_factory=RenderCache, compare=False, repr=False)

    def after_step(self, run: str) -> WallState | None:
        """What it shows now that a step of this run has moved, where nothing else has changed; None
        where that cannot be told without asking for everything. Costs one query."""
        if self.mode is not Mode.LIVE or self.run is None or self.run.public_id != run:
            return None
        recent = _recent(self.run)
        if not recent:
            return None
        return replace(self, latest=max(recent), cache=RenderCache(dict(recent)))

    @property
    def identity(self) -> object:
        """Two walls of equal identity look the same until something happens."""
        return self.mode, self.moment, captions.appearance(self.network)


def wall_state_of_network(network: Network, *, at: datetime | None = None) -> WallState:
    """What it shows now, from the rows alone."""
    at = at or timezone.now()
    run = network.runs.present().newest_first().first()
    recent = _recent(run) if run else {}
    step = recent[max(recent)] if recent else None
    halt = Halt.current()
    still = Mode.STOPPED if halt else Mode.LIVE
    wall = WallState(
        network, still, run, max(recent, default=0), halt, cache=RenderCache(dict(recent))
    )
    since = _replay_since(network, run, step, halt, at) if network.replay else None
    found = replay.current_moment(network, run, since=since, at=at) if since else None
    return replace(wall, mode=Mode.REPLAY, moment=found) if found else wall


def as_hours_allow(
    wall: WallState, hours: OpeningHours, *, at: datetime | None = None
) -> WallState:
    """The wall as an installation with these hours shows it: dark while it is closed."""
    if not hours:
        return wall
    at = at or timezone.now()
    if hours.is_open(at):
        return wall
    closed = opening_words.closed_sentence(hours, at)
    return WallState(wall.network, Mode.DARK, None, 0, None, closed=closed)


def _replay_since(
    network: Network, run: Run | None, step: Invocation | None, halt: StopAll | None, at: datetime
) -> datetime | None:
    """Since when nothing can be expected to happen; None while something can."""
    if halt is not None:
        return halt.committed_at + STOPPED_FOR
    if run is None:  # what was imported may be all there is
        return network.created_at
    if not run.live:
        return run.ended_at + IDLE_FOR if run.ended_at else None
    if run.state == RunState.PAUSED or step is None or step.state != InvocationState.READY:
        return None
    waited = step.created_at + RESTING_FOR
    return waited if waited <= at and _in_vain(step, at) else None


def _in_vain(step: Invocation, at: datetime) -> bool:
    """Tried without success, or its platform rests: not merely the network's own slow pace."""
    if step.attempts_made > 0:
        return True
    return rate_limits.is_resting(step.model, at)


def _recent(run: Run) -> dict[int, Invocation]:
    """The newest steps by sequence; their assets are looked up where they have some."""
    return {step.sequence: step for step in _NEWEST.fetch(run.pk, RECENT)}


def run_of_wall(wall: WallState) -> Run | None:
    """The run that is shown: the one that lives, or one of the archive."""
    if wall.moment is None:
        return wall.run
    return Run.objects.filter(pk=wall.moment.run, withdrawn_at__isnull=True).first()
