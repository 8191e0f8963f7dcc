"""What the sockets of displays and of a network's plain wall follow, and what they show."""

from __future__ import annotations

import time
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any, Self, cast
from urllib.parse import parse_qs

from channels.db import database_sync_to_async
from django.db import models
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils import timezone

from displays import captions, drawn_runs, film_displays, receipts, reports, screens
from displays.events import (
    DisplayCommanded,
    DisplayIdentified,
    InstallationChanged,
    InstallationClosed,
    InstallationOpened,
    WallStateChanged,
)
from displays.models import Display, DisplayKind, QrCorner
from displays.wall_states import Mode, WallState, as_hours_allow, run_of_wall, wall_state_of_network
from films.events import FilmDeleted
from invocations.events import (
    MISSION_CONTROL,
    InvocationCompleted,
    InvocationTakenDown,
    PanicLifted,
    PanicPressed,
    RunWithdrawn,
)
from invocations.models import Invocation
from networks.models import Network
from observatory.events import OutputsEmbedded
from platforms.base import Modality
from realtime.events import Progress
from realtime.feeds import NOT_FOUND, Denied, Feed, Frame, Scope
from realtime.models import Event
from studio import tiles
from studio.feeds import NetworkFeed

PANIC = (PanicPressed.type, PanicLifted.type)
OWN_TOPICS = 3  # of a display; those of its film follow
FILM_ENDS = (FilmDeleted.type, RunWithdrawn.type, InvocationTakenDown.type)
CHANGES = (InstallationChanged.type, InstallationOpened.type, InstallationClosed.type)
_OLD = timedelta(seconds=2)  # an event of before: what is drawn for it is the present anyway
_PRESENT_SECONDS = 0.5
HTML = Mapping[str, str]


class WallStateFeed(Feed):
    """Every frame shows its cells as they are now, not as they were when the event was written: an
    event that is drawn late, twice or after a newer one changes nothing.
    """

    def __init__(self, display: Display, network: Network) -> None:
        self.display = display
        self.layout = display.layout
        self.network = network
        self._mode: Mode | None = None  # of what was drawn last; None = not known here
        self._present: tuple[float, WallState] | None = None
        self._last: WallState | None = None  # of the last event; each change of it is an event too
        self._provider = tiles.NO_STATUS

    def render_progress(self, progress: Progress) -> HTML:
        """What is shown and not logged: that time alone has changed the picture (displays.background),
        and the provider's own words while a step is at work."""
        if progress.type == WallStateChanged.type:
            self._last = None
            self.network.refresh_from_db(fields=captions.SHOWN_COLUMNS)
            return self._everything(self._shown(wall_state_of_network(self.network))).html
        if progress.type == OutputsEmbedded.type:
            return self._grown_runs(str(progress.data["run"]))
        found = tiles.find_step(progress)
        if found is None:
            return {}
        step, self._provider = found
        cell = self.layout.cell_of(step.sequence)
        return (
            {}
            if cell is None or self._mode is Mode.DARK or not self.layout.shows(step)
            else tiles.render_status(cell, self._provider)
        )

    def _grown_runs(self, run: str) -> HTML:
        """What outputs of this run, or of its companion, that were embedded change here."""
        if not drawn_runs.shows_whole_run(self.display):
            return {}
        wall = self._shown(self._recent_scene(timezone.now()))
        shown = run_of_wall(wall)
        is_same = shown is not None and shown.public_id == run
        return screens.render_cells(self.display, wall) if is_same else {}

    def _shown(self, wall: WallState) -> WallState:
        """The wall of the network as it is shown here."""
        return wall

    def _render(self, event: Event, *, of_network: bool) -> Frame | None:
        """What an event of the network, or a stop-all, changes: only those of runs and steps do."""
        if not of_network or event.type.startswith("run."):
            return self._everything(self._shown(self._wall_state(event)))
        if event.type == InvocationTakenDown.type:  # of any run: a replay may show it
            return self._everything(self._shown(self._wall_state(event)))
        if event.type.startswith("invocation."):
            return self._step(event, self._shown(self._wall_state(event)))
        return None

    def _step(self, event: Event, wall: WallState) -> Frame | None:
        """The cell of a step; nothing where it is not shown here."""
        sequence = int(event.data["sequence"])
        if wall.run is None or event.data["run"] != wall.run.public_id:
            return None  # of a run that newer words have replaced: they have cleared the wall
        if self._mode is not wall.mode:
            return self._everything(wall)
        if self.display.kind == DisplayKind.PAIR and event.type == InvocationCompleted.type:
            return Frame(html=screens.render_cells(self.display, wall))
        cell = self.layout.cell_of(sequence)
        if cell is None:
            return self._elsewhere(event, sequence)
        if wall.mode is Mode.REPLAY or self._is_still_of_it(event):
            return None
        return Frame(html=screens.render_cells(self.display, wall, cell, provider=self._provider))

    def _is_still_of_it(self, event: Event) -> bool:
        """Whether a step changes nothing here before it is completed: a board shows no work under way."""
        is_board = self.display.kind == DisplayKind.VESTABOARD
        return is_board and event.type != InvocationCompleted.type

    def _elsewhere(self, event: Event, sequence: int) -> Frame | None:
        """What a step changes here that is shown on another screen."""
        return None

    def _everything(self, wall: WallState) -> Frame:
        self._mode = wall.mode
        drawn = screens.render_cells(self.display, wall, provider=self._provider)
        return Frame(html=drawn | screens.render_notices(self.display, wall))

    def _wall_state(self, event: Event) -> WallState:
        """How it stands now; found out once for all displays that draw this event, and once for
        many events of before."""
        key = f"scene of {self.network.pk}"
        wall = cast("WallState | None", event.notes.get(key))
        if wall is None:
            now = timezone.now()
            if now - event.created_at > _OLD:
                self._last = None
                if event.begins_batch:  # the state of the batch before lacks this one
                    self._present = None
                return self._recent_scene(now)
            wall = self._moved_on(event) or wall_state_of_network(self.network, at=now)
            event.notes[key] = wall
        self._last = wall
        return wall

    def _moved_on(self, event: Event) -> WallState | None:
        """A step moves within the wall that was known: runs and stop-all have events of
        their own. So a wall waits for one query instead of four."""
        last = self._last  # another thread, that of a snapshot, may forget it now
        if last is None or not event.type.startswith("invocation."):
            return None
        return last.after_step(str(event.data["run"]))

    def _recent_scene(self, now: datetime) -> WallState:
        asked, present = time.monotonic(), self._present
        if present is None or asked - present[0] > _PRESENT_SECONDS:
            present = self._present = (asked, wall_state_of_network(self.network, at=now))
        return present[1]


IDENTIFIED_FOR = timedelta(seconds=10)


class DisplayFeed(WallStateFeed):
    """`/ws/i/<installation>/<display>/`: open to anyone who knows the address."""

    revalidates_access = False
    accepts_status = True

    def __init__(self, display: Display) -> None:
        super().__init__(display, display.installation.network)
        self._hours = display.installation.hours
        self.language = display.language
        self.key = display.feed_key
        own = (display.installation.topic, self.network.topic, MISSION_CONTROL)
        self.topics = tuple(dict.fromkeys(own + film_displays.topics_of(display)))

    @classmethod
    async def open(cls, scope: Scope) -> Self:
        names = scope["url_route"]["kwargs"]
        return await database_sync_to_async(cls._open)(names["installation"], names["display"])

    @classmethod
    def _open(cls, installation: str, name: str) -> Self:
        display = find(installation, name)
        if display is None:
            raise Denied(NOT_FOUND)
        return cls(display)

    # Drawing

    def snapshot(self) -> HTML:
        self._reload()
        wall = self._shown(wall_state_of_network(self.network))
        self._mode = wall.mode
        html = screens.render_screen(self.display, wall, provider=self._provider)
        return html | screens.render_identification(self.display, None)

    def _shown(self, wall: WallState) -> WallState:
        """Dark while the installation is closed."""
        return as_hours_allow(wall, self._hours)

    def render(self, event: Event) -> Frame | None:
        frame = self._frame(event)
        if frame is not None:
            topic = self.topics.index(event.topic.name)
            reports.expect(self.key, topic, event, thumbnail=self._thumbnail_of(event))
        return frame

    def _thumbnail_of(self, event: Event) -> str:
        """The small picture of a step that is shown here, or of its text; empty where it is neither."""
        if event.type not in (InvocationCompleted.type, InvocationTakenDown.type):
            return ""
        if (
            "thumbnail" not in event.notes
        ):  # once for all displays: an address takes as long as all else
            event.notes["thumbnail"] = self._find_thumbnail(event)
        sequence, address = cast("tuple[int | None, str]", event.notes["thumbnail"])
        is_shown = sequence is not None and self.layout.cell_of(sequence) is not None
        return address if is_shown else ""

    def _find_thumbnail(self, event: Event) -> tuple[int | None, str]:
        """Of whichever step, with its number; None where there is no such step."""
        last = self._last
        if event.type == InvocationTakenDown.type:  # of any run; the picture of before has to go
            rows = Invocation.objects.select_related("output_asset")
            step = rows.filter(public_id=event.data["invocation"]).first()
        elif last is not None:
            step = last.cache.steps.get(int(event.data["sequence"]))
        else:
            step = None
        if step is None:
            return None, ""
        asset = step.output_asset
        if asset is None:
            return step.sequence, reverse("invocations:text-picture", args=[step.public_id])
        return step.sequence, asset.tile_url if asset.kind == Modality.IMAGE else asset.poster_url

    def _everything(self, wall: WallState) -> Frame:
        """With the code in its corner: the network may be private by now. A film may be gone."""
        if film_displays.is_film(self.display):
            self._mode = wall.mode
            return Frame(html=screens.render_screen(self.display, wall))
        frame = super()._everything(wall)
        if self.display.qr_corner == QrCorner.NONE:
            return frame
        return Frame(html={**frame.html, **screens.render_info_code(self.display)})

    def command(self, update: Progress) -> tuple[str, object] | None:
        if update.type != DisplayCommanded.type:
            return None
        if update.data.get("display") not in (None, self.display.name):
            return None
        return str(update.data.get("name")), update.data.get("value")

    def _frame(self, event: Event) -> Frame | None:
        if event.type in CHANGES:
            return self._after_change(event)
        if event.type == DisplayIdentified.type:
            return self._identified(event)
        if event.topic.name == MISSION_CONTROL and event.type not in PANIC:
            return None
        if event.topic.name in self.topics[OWN_TOPICS:]:
            ends = event.type in FILM_ENDS
            return self._everything(self._shown(self._wall_state(event))) if ends else None
        if event.type == PanicPressed.type:
            receipts.expect(self.display, event)
        return self._render(event, of_network=event.topic.name != MISSION_CONTROL)

    def _elsewhere(self, event: Event, sequence: int) -> Frame | None:
        """One sound at a time: what sounds here is silent once another screen has a newer one. A film stays
        audible."""
        if (
            film_displays.is_film(self.display)
            or event.type != InvocationCompleted.type
            or not self._sounds_elsewhere(sequence)
        ):
            return None
        if "sounds" not in event.notes:
            step = self.network.invocations.filter(public_id=event.data["invocation"])
            kinds = step.values_list("output_asset__kind", flat=True)
            event.notes["sounds"] = Modality.AUDIO in set(kinds)
        if not event.notes["sounds"]:
            return None
        hush = render_to_string("displays/_hush.html", {"sequence": sequence})
        return Frame(html={"hush": hush})

    def _sounds_elsewhere(self, sequence: int) -> bool:
        others = (one for one in self._siblings if one.pk != self.display.pk and not one.muted)
        return any(one.layout.cell_of(sequence) is not None for one in others)

    # What has changed around it

    def _after_change(self, event: Event) -> Frame:
        """Raises Denied where it belongs to another network now, or to none, or has another language or film:
        the sockets connect again and get everything, or learn that there is nothing."""
        before = self.network.pk, self.display.language, self.display.film_id
        self._reload()
        if (self.network.pk, self.display.language, self.display.film_id) != before:
            raise Denied
        wall = self._shown(self._wall_state(event))
        self._mode = wall.mode
        return Frame(html=screens.render_screen(self.display, wall, provider=self._provider))

    def _identified(self, event: Event) -> Frame | None:
        if event.data.get("display") not in (None, self.display.name):
            return None
        return Frame(
            html=screens.render_identification(self.display, event.created_at + IDENTIFIED_FOR)
        )

    def _reload(self) -> None:
        display = _with_all().filter(pk=self.display.pk).first()
        if display is None:
            raise Denied(NOT_FOUND)
        self.display, self.layout = display, display.layout
        self.network, self._hours = display.installation.network, display.installation.hours
        self._present = self._last = None
        self.__dict__.pop("_siblings", None)

    @property
    def _siblings(self) -> list[Display]:
        found = self.__dict__.get("_siblings")
        if found is None:
            found = self.__dict__["_siblings"] = list(self.display.installation.displays.all())
        return cast("list[Display]", found)


def find(installation: str, name: str) -> Display | None:
    """The display of this address."""
    return _with_all().filter(installation__public_id=installation, name=name).first()


def _with_all() -> models.QuerySet[Display]:
    return Display.objects.select_related(
        "installation__network__owner", "film__owner", "film__run__network"
    )


class WallFeed(WallStateFeed):
    """`/ws/networks/<slug>/wall/?cells=`: a grid of no installation, for whoever may see the
    network. It shows STOPPED and the archive as a display does."""

    def __init__(self, network: Network, cells: int) -> None:
        super().__init__(grid(1, cells), network)
        self.key = f"{network.topic}:wall:{cells}"
        self.topics = (network.topic, MISSION_CONTROL)

    @classmethod
    async def open(cls, scope: Scope) -> Self:
        query = parse_qs(cast("bytes", scope.get("query_string", b"")).decode("latin1"))
        cells = f"cells={query.get('cells', [''])[0]}"  # and nothing else: no code opens a wall
        like = await NetworkFeed.open({**scope, "query_string": cells.encode()})
        return cls(like.network, like.cells)

    def snapshot(self) -> Mapping[str, str]:
        self.network.refresh_from_db(fields=captions.SHOWN_COLUMNS)
        wall = wall_state_of_network(self.network)
        return screens.render_cells(
            self.display, wall, provider=self._provider
        ) | screens.render_notices(self.display, wall)

    def render(self, event: Event) -> Frame | None:
        if event.topic.name == MISSION_CONTROL:
            return self._render(event, of_network=False) if event.type in PANIC else None
        self._check_still_open(event)
        return self._render(event, of_network=True)

    def _check_still_open(self, event: Event) -> None:
        """Raises Denied where the network was closed to the public, or opened, since it was
        followed."""
        if "public" not in event.notes:
            found = Network.objects.filter(pk=self.network.pk)
            event.notes["public"] = found.values_list("public", flat=True).first()
        if cast(Any, event.notes["public"]) is not self.network.public:
            raise Denied


def grid(rows: int, columns: int) -> Display:
    """A display of no installation."""
    return Display(kind=DisplayKind.GRID, rows=rows, columns=columns)
