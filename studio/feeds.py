"""The feed of a network, as its pages follow it: the control room, the wall and the terminal."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from enum import StrEnum
from typing import Any, Self, cast
from urllib.parse import parse_qs

from channels.db import database_sync_to_async
from django.contrib.auth.models import AnonymousUser
from django.db import connection
from django.template.loader import render_to_string
from django.utils import timezone
from django.utils.translation import get_language

from invocations.engine import warm_up
from invocations.events import (
    InvocationCancelled,
    InvocationCreated,
    InvocationStarted,
    InvocationTakenDown,
    RunStarted,
    RunWithdrawn,
    WarmthChanged,
)
from invocations.models import Invocation, Run
from lib.compiled_statements import CompiledGet
from networks.models import Network, Person, TerminalToken
from observatory.events import OutputsEmbedded
from observatory.recent_trajectories import drawn_trajectory
from realtime.events import Progress
from realtime.feeds import NOT_SIGNED_IN, Denied, Feed, Frame, Scope
from realtime.models import Event

from . import tiles
from .activity import SHOWN_TYPES
from .events import (
    AudienceChanged,
    HaltChanged,
    HoursChanged,
    InvocationPreviewed,
    WorkerBlocked,
    WorkerUnblocked,
)
from .hooks import hooks
from .status import ASSETS, NetworkStatus, current_status, recent_steps
from .tiles import WALL, TileOptions

CELLS = 6
MAX_CELLS = 144
WITHOUT_COST = frozenset(
    event.type for event in (InvocationCreated, InvocationStarted, InvocationCancelled)
)
# With which the control room's trajectory is another at once, and not only once something is embedded
NEW_TRAJECTORY = frozenset({RunStarted.type, RunWithdrawn.type, InvocationTakenDown.type})
CHANGES_BLOCKLIST = frozenset(event.type for event in (RunStarted, WorkerBlocked, WorkerUnblocked))
HTML = Mapping[str, str]
# Compiled once, because every socket waits for it with every step: 0.1 ms, where the ORM takes 0.8.
_STEP_OF_RUN = (
    "SELECT id FROM invocations_invocation WHERE sequence = %s"
    " AND run_id = (SELECT id FROM invocations_run WHERE public_id = %s)"
)
_STEP = CompiledGet(lambda: Invocation.objects.select_related("network", *ASSETS))


class NetworkView(StrEnum):
    """Each page that follows a network is made of fragments: it includes them, the feed pushes them."""

    ROOM = "room"
    WALL = "wall"
    TERMINAL = "terminal"

    @classmethod
    def from_name(cls, name: str) -> NetworkView:
        """The view of this name; the control room for any other."""
        return cls(name) if name in _FRAGMENTS else cls.ROOM

    def fragments(
        self, *, can_control: bool, costs: bool = True, activity: bool = True
    ) -> Mapping[str, str]:
        """Element id -> template, without the tiles. `costs`: with what was spent, which takes more
        queries than all the rest; `activity`: with the list of recent activity."""
        fragments = dict(_FRAGMENTS[self])
        if can_control:
            fragments |= _CONTROLS
            fragments |= _COSTS if costs else {}
            fragments |= _ACTIVITY if activity else {}
        return fragments


_FRAGMENTS: Mapping[str, Mapping[str, str]] = {
    "room": {
        "network-state": "studio/_state.html",
        "network-now": "studio/_now.html",
        "network-log": "studio/_log.html",
    },
    "wall": {"wall-notice": "studio/_wall_notice.html"},
    "terminal": {
        "terminal-status": "studio/_terminal_status.html",
        "terminal-now": "studio/_terminal_now.html",
    },
}
_CONTROLS = {"network-controls": "studio/_controls.html"}
_COSTS = {"network-costs": "studio/_costs.html", "network-troubles": "studio/_troubles.html"}
_ACTIVITY = {"network-activity": "studio/_activity.html"}


class NetworkFeed(Feed):
    """`/ws/networks/<slug>/`: the control room (grid, state, steps), the wall (grid) or the terminal.

    `?view=` says which, `?cells=` how many tiles the grid has. Those who may control the network see
    more than the public, so that is part of the key.
    """

    def __init__(
        self, network: Network, view: NetworkView, cells: int, *, can_control: bool
    ) -> None:
        self.network = network
        self.view = view
        self.cells = cells
        self.can_control = can_control
        room = view is NetworkView.ROOM
        self.tile_options = (
            TileOptions(can_control=can_control, previewed=can_control) if room else WALL
        )
        self.key = f"{network.topic}:{view}:{cells}:{'control' if can_control else 'public'}"
        self.topics = (network.topic,)
        self._last: tuple[datetime | None, HTML] = (None, {})
        self._provider = tiles.NO_STATUS

    @classmethod
    async def open(cls, scope: Scope) -> Self:
        return await database_sync_to_async(cls._open)(scope)

    @classmethod
    def _open(cls, scope: Scope) -> Self:
        query = parse_qs(cast("bytes", scope.get("query_string", b"")).decode("latin1"))
        person: Person = scope.get("user") or AnonymousUser()
        slug = scope["url_route"]["kwargs"]["slug"]
        network = Network.objects.select_related("owner").find_by_slug(slug)
        if network is None:  # the same answer as for what is private: slugs can be guessed
            raise Denied(NOT_SIGNED_IN)
        view = NetworkView.from_name(_first(query, "view"))
        seen = Network.objects.visible_to(person).filter(pk=network.pk).exists()
        if not seen and not _opens_terminal(network, view, _first(query, "token")):
            raise Denied(NOT_SIGNED_IN)
        can_control = view is NetworkView.ROOM and network.may_control(person)
        feed = cls(network, view, _cells(_first(query, "cells")), can_control=can_control)
        feed.language = network.terminal_language if view is NetworkView.TERMINAL else ""
        return feed

    # Rendering

    def snapshot(self) -> HTML:
        status = current_status(self.network.pk)
        html = dict(self._fragments(status, self.view.fragments(can_control=self.can_control)))
        if self.view is not NetworkView.TERMINAL:
            html |= self._all_tiles(status)
        html |= self._trajectory(status.run)
        html |= self._audience()
        html |= self._blocklists(status.run)
        return html

    def render(self, event: Event) -> Frame | None:
        html: dict[str, str] = {}
        if self.view is not NetworkView.TERMINAL:
            html |= self._changed_tiles(event)
        if self.view is not NetworkView.WALL or event.type.startswith("run."):
            html |= self._beside_grid(event)
        if event.type in NEW_TRAJECTORY:
            html |= self._trajectory(_status(event, self.network.pk).run)
        if event.type in CHANGES_BLOCKLIST and self.can_control:
            html |= self._blocklists(_run_of(event))
        return Frame(html=html)

    def render_progress(self, progress: Progress) -> HTML:
        """The provider's status and the preview on the tile of its step; who watches; that everything was stopped or
        resumed, or that it has opened or closed, for which an idle network has no event."""
        if progress.type == AudienceChanged.type:
            return self._audience()
        if progress.type in (HaltChanged.type, HoursChanged.type):
            status = current_status(self.network.pk)
            self.network.opening_hours = status.network.opening_hours
            return self._fragments(status, self.view.fragments(can_control=self.can_control))
        if progress.type == WarmthChanged.type:
            return self._warmth()
        if progress.type == OutputsEmbedded.type:
            return self._grown_trajectory(str(progress.data["run"]))
        if progress.type == InvocationPreviewed.type:
            return tiles.render_preview(progress, self.cells) if self.can_control else {}
        found = None if self.view is NetworkView.TERMINAL else tiles.find_step(progress)
        if found is None:
            return {}
        step, self._provider = found
        return tiles.render_status(step.sequence % self.cells, self._provider)

    def _grown_trajectory(self, run: str) -> HTML:
        """Of the run that the page is about; others of the network are embedded, too."""
        if self.view is not NetworkView.ROOM:
            return {}
        newest = self.network.runs.present().newest_first().first()
        return self._trajectory(newest) if newest and newest.public_id == run else {}

    def _trajectory(self, run: Run | None) -> HTML:
        if self.view is not NetworkView.ROOM:
            return {}
        context = {"drawing": drawn_trajectory(run) if run else None}
        return {"trajectory": render_to_string("observatory/_trajectory.html", context)}

    def _audience(self) -> HTML:
        if not self.can_control:
            return {}
        context = {"audience": hooks.audience(self.network)}
        return {"network-audience": render_to_string("studio/_audience.html", context)}

    def _blocklists(self, run: Run | None) -> HTML:
        """That of the newest run."""
        if not self.can_control:
            return {}
        place = "network-blocklist"
        context = {"blocklist": hooks.blocklist(run) if run else (), "place": place}
        return {place: render_to_string("studio/_blocklist.html", context)}

    def _warmth(self) -> HTML:
        if not self.can_control:
            return {}
        slots = warm_up.warmth_of_slots(self.network, timezone.now())
        context = {"warmth": slots, "network": self.network}
        return {"network-warmth": render_to_string("studio/_warmth.html", context)}

    def _beside_grid(self, event: Event) -> HTML:
        """What is beside the grid; the events of one transaction share one rendering of it."""
        wanted = self.view.fragments(
            can_control=self.can_control,
            costs=event.type not in WITHOUT_COST,
            activity=event.type in SHOWN_TYPES,
        )
        moment, html = self._last
        if moment != event.created_at or not wanted.keys() <= html.keys():
            status = _status(event, self.network.pk)
            self._check_still_open(status.network)
            html = self._fragments(status, wanted)
            self._last = event.created_at, html
        return html

    def _changed_tiles(self, event: Event) -> HTML:
        """A new run clears the grid and shows its first step at once; a step shows itself; what was
        withdrawn or taken down goes, whether it was there or not."""
        if event.type in (RunWithdrawn.type, InvocationTakenDown.type):
            return self._all_tiles(_status(event, self.network.pk))
        sequence = 0 if event.type == RunStarted.type else event.data.get("sequence")
        if sequence is None:
            return {}
        step = _step_of(event, int(sequence))
        if step is not None:
            self._check_still_open(step.network)
        cell = int(sequence) % self.cells
        changed = (
            tiles.step_tile(
                step, id=f"tile-{cell}", options=self.tile_options, provider=self._provider
            )
            if step
            else tiles.empty_tile(cell)
        )
        if event.type != RunStarted.type:
            return self._tiles([changed])
        others = [tiles.empty_tile(n) for n in range(self.cells) if n != cell]
        return self._tiles([changed, *others])

    def _check_still_open(self, network: Network) -> None:
        """Raises Denied where the network was made private or public since it was followed."""
        if network.public != self.network.public:
            raise Denied(NOT_SIGNED_IN)

    def _fragments(self, status: NetworkStatus, wanted: Mapping[str, str]) -> HTML:
        """What is beside the grid on this view."""
        context = {"status": status, "network": status.network}
        return {name: render_to_string(template, context) for name, template in wanted.items()}

    def _all_tiles(self, status: NetworkStatus) -> HTML:
        steps = recent_steps(status.run, self.cells) if status.run else []
        return self._tiles(
            tiles.grid_tiles(steps, self.cells, self.tile_options, provider=self._provider)
        )

    def _tiles(self, changed: list[tiles.Tile]) -> HTML:
        return {tile.id: render_to_string("studio/_tile.html", {"tile": tile}) for tile in changed}


def _opens_terminal(network: Network, view: NetworkView, token: str) -> bool:
    """Whether a visitor with this token may see the terminal of the network."""
    return view is NetworkView.TERMINAL and TerminalToken.opens(network, token, at=timezone.now())


def _status(event: Event, network: int) -> NetworkStatus:
    """The status now, loaded once for all the feeds that render this event in a language: it keeps
    the sentences that it has made."""
    key = f"status {get_language()}"
    if key not in event.notes:
        event.notes[key] = current_status(network)
    return cast("NetworkStatus", event.notes[key])


def _run_of(event: Event) -> Run | None:
    """The run an event is about, with its network; None where it has just been deleted."""
    return Run.objects.select_related("network").filter(public_id=event.data.get("run")).first()


def _step_of(event: Event, sequence: int) -> Invocation | None:
    """The step an event is about, loaded once for all the feeds that render it."""
    if "step" not in event.notes:
        with connection.cursor() as cursor:
            cursor.execute(_STEP_OF_RUN, [sequence, event.data["run"]])
            row = cursor.fetchone()
        event.notes["step"] = _find_step(row[0]) if row else None
    return cast("Invocation | None", event.notes["step"])


def _find_step(pk: int) -> Invocation | None:
    """With its network and its assets; None where it has just been deleted."""
    try:
        return _STEP.get(pk)
    except Invocation.DoesNotExist:
        return None


def _cells(text: str) -> int:
    return min(max(int(text), 1), MAX_CELLS) if text.isdecimal() and len(text) < 4 else CELLS


def _first(query: Mapping[str, list[Any]], name: str) -> str:
    return str(query.get(name, [""])[0])
