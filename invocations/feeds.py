"""What sockets follow: a network as its pages show it, and everything at once for mission control."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any, Self, cast
from urllib.parse import parse_qs

from channels.db import database_sync_to_async
from django.contrib.auth.models import AnonymousUser
from django.template.loader import render_to_string
from django.utils import timezone

from networks.models import Network, Person, TerminalToken
from realtime.feeds import NOT_SIGNED_IN, Denied, Feed, Frame, Scope
from realtime.models import Event
from realtime.progress import Progress

from . import control, sayings, tiles, warmings
from .above import AUDIENCE_CHANGED, HALT_CHANGED, above
from .engine.warming import CHANGED
from .fragments import View
from .happenings import WORTH_TELLING
from .models import Invocation
from .standing import ASSETS, Standing, recent_steps, standing_now
from .tiles import WALL, Look

CELLS = 6
MOST_CELLS = 144
WITHOUT_COST = frozenset({"invocation.created", "invocation.started", "invocation.cancelled"})
HTML = Mapping[str, str]


class NetworkFeed(Feed):
    """`/ws/networks/<slug>/`: the room (grid, state, steps), the wall (grid) or the terminal.

    `?view=` says which, `?cells=` how many tiles the grid has. What is told to those who may
    control differs from what the public hears, so it is part of the key.
    """

    def __init__(self, network: Network, view: View, cells: int, *, told: bool) -> None:
        self.network = network
        self.view = view
        self.cells = cells
        self.told = told
        self.look = Look(told=told) if view is View.ROOM else WALL
        self.key = f"{network.topic}:{view}:{cells}:{'told' if told else 'public'}"
        self.topics = (network.topic,)
        self._last: tuple[datetime | None, HTML] = (None, {})
        self._said = sayings.NOTHING_SAID

    @classmethod
    async def open(cls, scope: Scope) -> Self:
        return await database_sync_to_async(cls._open)(scope)

    @classmethod
    def _open(cls, scope: Scope) -> Self:
        query = parse_qs(cast("bytes", scope.get("query_string", b"")).decode("latin1"))
        person: Person = scope.get("user") or AnonymousUser()
        slug = scope["url_route"]["kwargs"]["slug"]
        network = Network.objects.select_related("owner").called(slug)
        if network is None:  # the same answer as for what is private: slugs can be guessed
            raise Denied(NOT_SIGNED_IN)
        view = View.of(_first(query, "view"))
        seen = Network.objects.visible_to(person).filter(pk=network.pk).exists()
        if not seen and not _lets_in(network, view, _first(query, "token")):
            raise Denied(NOT_SIGNED_IN)
        told = view is View.ROOM and network.may_control(person)
        return cls(network, view, _cells(_first(query, "cells")), told=told)

    # Drawing

    def snapshot(self) -> HTML:
        standing = standing_now(self.network.pk)
        html = dict(self._around(standing, self.view.fragments(told=self.told)))
        if self.view is not View.TERMINAL:
            html |= self._all_tiles(standing)
        html |= self._audience()
        return html

    def render(self, event: Event) -> Frame | None:
        html: dict[str, str] = {}
        if self.view is not View.TERMINAL:
            html |= self._changed_tiles(event)
        if self.view is not View.WALL or event.type.startswith("run."):
            html |= self._beside(event)
        return Frame(html=html)

    def render_progress(self, progress: Progress) -> HTML:
        """The provider's own words, on the tile of the step while it is at work; who watches; that
        the red button was pressed or lifted, which an idle network hears of in no other way."""
        if progress.type == AUDIENCE_CHANGED:
            return self._audience()
        if progress.type == HALT_CHANGED:
            standing = standing_now(self.network.pk)
            return self._around(standing, self.view.fragments(told=self.told))
        if progress.type == CHANGED:
            return self._warmth()
        found = None if self.view is View.TERMINAL else sayings.heard(progress)
        if found is None:
            return {}
        step, self._said = found
        return sayings.drawn(step.sequence % self.cells, self._said)

    def _audience(self) -> HTML:
        if not self.told:
            return {}
        context = {"audience": above.audience(self.network)}
        return {"network-audience": render_to_string("invocations/_audience.html", context)}

    def _warmth(self) -> HTML:
        if not self.told:
            return {}
        slots = warmings.of(self.network, timezone.now())
        context = {"warmth": slots, "network": self.network}
        return {"network-warmth": render_to_string("invocations/_warmth.html", context)}

    def _beside(self, event: Event) -> HTML:
        """What stands beside the grid; events of one transaction share one look at it."""
        wanted = self.view.fragments(
            told=self.told,
            costs=event.type not in WITHOUT_COST,
            story=event.type in WORTH_TELLING,
        )
        moment, html = self._last
        if moment != event.created_at or not wanted.keys() <= html.keys():
            standing = _standing(event, self.network.pk)
            self._still_open(standing.network)
            html = self._around(standing, wanted)
            self._last = event.created_at, html
        return html

    def _changed_tiles(self, event: Event) -> HTML:
        """A new run clears the grid and shows its first step at once; a step shows itself; what was
        withdrawn goes, whether it was there or not."""
        if event.type == "run.withdrawn":
            return self._all_tiles(_standing(event, self.network.pk))
        sequence = 0 if event.type == "run.started" else event.data.get("sequence")
        if sequence is None:
            return {}
        step = _step_of(event, int(sequence))
        if step is not None:
            self._still_open(step.network)
        cell = int(sequence) % self.cells
        drawn = (
            tiles.of_step(step, id=f"tile-{cell}", look=self.look, said=self._said)
            if step
            else tiles.empty(cell)
        )
        if event.type != "run.started":
            return self._tiles([drawn])
        others = [tiles.empty(n) for n in range(self.cells) if n != cell]
        return self._tiles([drawn, *others])

    def _still_open(self, network: Network) -> None:
        """Raises Denied where it was closed to the public, or opened, since it was followed."""
        if network.public != self.network.public:
            raise Denied(NOT_SIGNED_IN)

    def _around(self, standing: Standing, wanted: Mapping[str, str]) -> HTML:
        """What stands beside the grid on this view."""
        context = {"standing": standing, "network": standing.network, "told": self.told}
        return {name: render_to_string(template, context) for name, template in wanted.items()}

    def _all_tiles(self, standing: Standing) -> HTML:
        steps = recent_steps(standing.run, self.cells) if standing.run else []
        return self._tiles(tiles.grid(steps, self.cells, self.look, said=self._said))

    def _tiles(self, drawn: list[tiles.Tile]) -> HTML:
        return {
            tile.id: render_to_string("invocations/_tile.html", {"tile": tile}) for tile in drawn
        }


class MissionControlFeed(Feed):
    """`/ws/mission-control/`: every network at once, for admins."""

    all_topics = True
    key = "mission-control"

    @classmethod
    async def open(cls, scope: Scope) -> Self:
        if not getattr(scope.get("user"), "is_admin", False):
            raise Denied(NOT_SIGNED_IN)
        return cls()

    def snapshot(self) -> HTML:
        return control.fragments(timezone.now())

    def redraws(self, event: Event) -> str:
        """Many networks at once are more than one could draw step by step."""
        return control.redrawn_by(event)

    def render(self, event: Event) -> Frame | None:
        return Frame(html=control.changed_by(event, timezone.now()))


def _lets_in(network: Network, view: View, token: str) -> bool:
    """A guest with a token sees what the terminal shows, of that network."""
    return view is View.TERMINAL and TerminalToken.opens(network, token, at=timezone.now())


def _standing(event: Event, network: int) -> Standing:
    """How it stands now, asked once for all the feeds that draw this event."""
    if "standing" not in event.notes:
        event.notes["standing"] = standing_now(network)
    return cast("Standing", event.notes["standing"])


def _step_of(event: Event, sequence: int) -> Invocation | None:
    """The step an event is about, loaded once for all the feeds that draw it."""
    if "step" not in event.notes:
        event.notes["step"] = (
            Invocation.objects.select_related("network", *ASSETS)
            .filter(run__public_id=event.data["run"], sequence=sequence)
            .first()
        )
    return cast("Invocation | None", event.notes["step"])


def _cells(text: str) -> int:
    return min(max(int(text), 1), MOST_CELLS) if text.isdecimal() and len(text) < 4 else CELLS


def _first(query: Mapping[str, list[Any]], name: str) -> str:
    return str(query.get(name, [""])[0])
