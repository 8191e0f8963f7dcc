"""An installation in miniature: what each of its displays shows, live on one page.

The tiles are those of the displays (`displays.screens`), with ids of their own, media in the size of a tile,
and without sound.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Self, cast

from channels.db import database_sync_to_async
from django.contrib.auth.models import AnonymousUser
from django.template.loader import render_to_string
from django.utils import timezone

from invocations.events import MISSION_CONTROL, InvocationCompleted
from networks.models import Person
from realtime.events import Progress
from realtime.feeds import NOT_FOUND, NOT_SIGNED_IN, Denied, Frame, Scope
from realtime.models import Event
from studio import tiles
from studio.tiles import Tile, TileOptions

from . import drawn_runs, film_displays, screens
from .drawn_boards import DrawnBoard
from .feeds import CHANGES, PANIC, WallStateFeed, grid
from .models import Display, DisplayKind, Installation
from .wall_states import Mode, WallState, as_hours_allow, run_of_wall, wall_state_of_network

MINIATURE = TileOptions(linked=False, lazy=True, priced=False)
HTML = Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Miniature:
    """What templates/installations/_miniature.html needs."""

    display: Display
    tiles: Sequence[Tile]
    board: DrawnBoard | None = None  # in the place of tiles
    whole_run: str = ""  # drawn, in their place

    @property
    def rows(self) -> int:
        return self.display.rows or 1

    @property
    def columns(self) -> int:
        return self.display.columns or 1


def tiles_of_miniature(
    display: Display, wall: WallState, cells: set[int] | None = None
) -> list[Tile]:
    """The tiles of these cells, or of all, with ids that are unique on the page."""
    return _own(display, screens.tiles_of(display, wall, cells, options=MINIATURE))


def _own(display: Display, found: Sequence[Tile]) -> list[Tile]:
    return [replace(tile, id=f"{display.public_id}-{tile.id}") for tile in found]


def miniatures_of(displays: Sequence[Display], wall: WallState) -> list[Miniature]:
    """One of each, in this order. As many queries, however many they are."""
    screens.load_steps([one.layout for one in displays], wall)
    boards = [one for one in displays if one.kind == DisplayKind.VESTABOARD]
    drawn = screens.draw_boards(boards, wall) if boards else {}
    films = {} if wall.mode is Mode.DARK else film_displays.tiles_of(displays, MINIATURE)
    return [
        Miniature(one, (), drawn[one.pk])
        if one.pk in drawn
        else Miniature(one, _own(one, films[one.pk]))
        if one.pk in films
        else Miniature(one, tiles_of_miniature(one, wall), whole_run=_whole_run(one, wall))
        for one in displays
    ]


def _whole_run(display: Display, wall: WallState) -> str:
    if not drawn_runs.shows_whole_run(display):
        return ""
    return drawn_runs.render_miniature(display, run_of_wall(wall))


def wall_context(displays: Sequence[Display], wall: WallState) -> dict[str, object]:
    """For templates/installations/_miniatures.html."""
    return {"miniatures": miniatures_of(displays, wall), "wall": wall}


class InstallationFeed(WallStateFeed):
    """`/ws/installations/<id>/`: for whoever looks after its network."""

    def __init__(self, installation: Installation) -> None:
        super().__init__(grid(1, 1), installation.network)
        self.installation = installation
        self.displays = list(installation.displays.all())
        self.key = f"{installation.topic}:page"
        self.topics = (installation.topic, self.network.topic, MISSION_CONTROL)

    @classmethod
    async def open(cls, scope: Scope) -> Self:
        person: Person = scope.get("user") or AnonymousUser()
        public_id = scope["url_route"]["kwargs"]["installation"]
        return await database_sync_to_async(cls.open_for)(person, public_id)

    @classmethod
    def open_for(cls, person: Person, public_id: str) -> Self:
        """Raises Denied."""
        found = Installation.objects.known_to(person).filter(public_id=public_id)
        installation = found.select_related("network__owner").first()
        if installation is None:
            raise Denied(NOT_FOUND if person.is_authenticated else NOT_SIGNED_IN)
        return cls(installation)

    # Drawing

    def snapshot(self) -> HTML:
        self._reload()
        return self._all(self._shown(wall_state_of_network(self.network)))

    def _shown(self, wall: WallState) -> WallState:
        """Dark while the installation is closed."""
        return as_hours_allow(wall, self.installation.hours)

    def render(self, event: Event) -> Frame | None:
        if event.type in CHANGES:
            self._reload()
            wall = self._shown(wall_state_of_network(self.network))
            return Frame(html=self._all(wall))
        if event.topic.name == MISSION_CONTROL:
            return self._render(event, of_network=False) if event.type in PANIC else None
        if event.topic.name == self.installation.topic:
            return None
        return self._render(event, of_network=True)

    def render_progress(self, progress: Progress) -> HTML:
        """That time alone has changed the picture; the provider's words stay on the displays."""
        return {} if tiles.find_step(progress) else super().render_progress(progress)

    def _grown_runs(self, run: str) -> HTML:
        wall = self._shown(self._recent_scene(timezone.now()))
        shown = run_of_wall(wall)
        if shown is None or shown.public_id != run:
            return {}
        return {
            drawn_runs.miniature_id(one): drawn_runs.render_miniature(one, shown)
            for one in self.displays
            if drawn_runs.shows_whole_run(one)
        }

    def _step(self, event: Event, wall: WallState) -> Frame | None:
        if wall.run is None or event.data["run"] != wall.run.public_id:
            return None
        if self._mode is not wall.mode:
            return self._everything(wall)
        if wall.mode is Mode.REPLAY:
            return None
        sequence = int(event.data["sequence"])
        cells = [(one, one.layout.cell_of(sequence)) for one in self.displays]
        shown = [(one, cell) for one, cell in cells if cell is not None]
        if len(shown) > 1:
            screens.load_steps([one.layout for one, _ in shown], wall)
        found = [
            tile
            for one, cell in shown
            if one.kind != DisplayKind.VESTABOARD
            for tile in tiles_of_miniature(one, wall, {cell})
        ]
        drawn = {tile.id: _render_tile(tile) for tile in found}
        if event.type == InvocationCompleted.type:
            drawn |= _render_boards([one for one, _ in shown], wall)
        return Frame(html=drawn)

    def _everything(self, wall: WallState) -> Frame:
        self._mode = wall.mode
        return Frame(html=self._all(wall))

    def _all(self, wall: WallState) -> HTML:
        self._mode = wall.mode
        context = wall_context(self.displays, wall)
        return {"miniatures": render_to_string("installations/_miniatures.html", context)}

    def _reload(self) -> None:
        """Raises Denied where it belongs to another network now, or is deleted: the page connects
        again and follows that one, or learns that there is nothing."""
        found = Installation.objects.select_related("network__owner")
        installation = found.filter(pk=self.installation.pk).first()
        if installation is None or installation.network_id != self.network.pk:
            raise Denied(NOT_FOUND if installation is None else NOT_SIGNED_IN)
        self.installation, self.network = installation, installation.network
        self.displays = list(installation.displays.all())
        self._present = self._last = None


def _render_boards(displays: Sequence[Display], wall: WallState) -> dict[str, str]:
    boards = [one for one in displays if one.kind == DisplayKind.VESTABOARD]
    drawn = screens.draw_boards(boards, wall) if boards else {}
    return {
        f"{one.public_id}-board": render_to_string(
            "installations/_miniature_board.html", {"display": one, "board": drawn[one.pk]}
        )
        for one in boards
    }


def _render_tile(tile: Tile) -> str:
    return cast("str", render_to_string("studio/_tile.html", {"tile": tile}))
