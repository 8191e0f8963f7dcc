"""What the socket of a display follows: its installation, its network, and the red button."""

from __future__ import annotations

import time
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Self, cast

from channels.db import database_sync_to_async
from django.db import models
from django.utils import timezone

from invocations import sayings
from invocations.events import MISSION_CONTROL
from invocations.tiles import Tile
from platforms.base import Modality
from realtime.feeds import NOT_FOUND, Denied, Feed, Frame, Scope
from realtime.models import Event
from realtime.progress import Progress

from . import events, receipts, screens
from .models import Display
from .screens import Mode, Scene

SCENE_CHANGED = "scene.changed"
IDENTIFIED_FOR = timedelta(seconds=10)
_OLD = timedelta(seconds=2)  # an event of before: what is drawn for it is the present anyway
_PRESENT_SECONDS = 0.5
_PANIC = ("panic.pressed", "panic.lifted")
HTML = Mapping[str, str]


class DisplayFeed(Feed):
    """`/ws/i/<installation>/<display>/`: open to anyone who knows the address.

    Every frame shows its cells as they are now, not as they were when the event was written: an
    event that is drawn late, twice or after a newer one changes nothing.
    """

    asked_again = False

    def __init__(self, display: Display) -> None:
        self.display = display
        self.key = display.feed_key
        self.network = display.installation.network
        self.topics = (display.installation.topic, self.network.topic, MISSION_CONTROL)
        self._mode: Mode | None = None  # of what was drawn last; None = not known here
        self._present: tuple[float, Scene] | None = None
        self._said = sayings.NOTHING_SAID

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
        scene = screens.scene_of(self.network)
        drawn = screens.whole(self.display, scene, said=self._said)
        return drawn | screens.identified(self.display, None)

    def render(self, event: Event) -> Frame | None:
        if event.type == events.CHANGED:
            return self._arranged_anew(event)
        if event.type == events.IDENTIFIED:
            return self._identified(event)
        if event.topic.name == MISSION_CONTROL and event.type not in _PANIC:
            return None
        if event.type == "panic.pressed":
            receipts.expect(self.display, event)
        scene = self._scene(event)
        if event.topic.name == MISSION_CONTROL or event.type.startswith("run."):
            return self._everything(scene)
        return self._step(event, scene)

    def render_progress(self, progress: Progress) -> HTML:
        """What is shown and not logged: that time alone has changed the picture (displays.keeper),
        and the provider's own words while a step is at work."""
        if progress.type == SCENE_CHANGED:
            return self._everything(screens.scene_of(self.network)).html
        found = sayings.heard(progress)
        if found is None:
            return {}
        step, self._said = found
        layout = self.display.layout
        cell = layout.cell_of(step.sequence)
        return {} if cell is None or not layout.shows(step) else sayings.drawn(cell, self._said)

    def _step(self, event: Event, scene: Scene) -> Frame | None:
        """The cell a step hangs in; nothing where it does not hang here."""
        sequence = int(event.data["sequence"])
        if scene.run is None or event.data["run"] != scene.run.public_id:
            return None  # of a run that newer words have replaced: they have cleared the wall
        if self._mode is not scene.mode:
            return self._everything(scene)
        cell = self.display.layout.cell_of(sequence)
        if cell is None:
            return self._hushed(event, sequence)
        if scene.mode is Mode.REPLAY:
            return None
        return Frame(html=screens.drawn(self._tiles(scene, {cell})))

    def _everything(self, scene: Scene) -> Frame:
        self._mode = scene.mode
        drawn = screens.drawn(self._tiles(scene))
        return Frame(html=drawn | screens.around(self.display, scene))

    def _tiles(self, scene: Scene, cells: set[int] | None = None) -> list[Tile]:
        return screens.tiles_of(self.display, scene, cells, said=self._said)

    def _hushed(self, event: Event, sequence: int) -> Frame | None:
        """One sound at a time: what sounds here is silent once another screen has a newer one."""
        if event.type != "invocation.completed" or not self._sounds_elsewhere(sequence):
            return None
        if "sounds" not in event.notes:
            step = self.network.invocations.filter(public_id=event.data["invocation"])
            kinds = step.values_list("output_asset__kind", flat=True)
            event.notes["sounds"] = Modality.AUDIO in set(kinds)
        if not event.notes["sounds"]:
            return None
        return Frame(html={"hush": f'<i id="hush" data-after="{sequence}" hidden></i>'})

    def _sounds_elsewhere(self, sequence: int) -> bool:
        others = (one for one in self._siblings if one.pk != self.display.pk and not one.muted)
        return any(one.layout.cell_of(sequence) is not None for one in others)

    # What has changed around it

    def _arranged_anew(self, event: Event) -> Frame:
        """Raises Denied where it hangs on another network now, or nowhere: the sockets come back
        and are told everything, or that there is nothing."""
        before = self.network.pk
        self._reload()
        if self.network.pk != before:
            raise Denied
        scene = self._scene(event)
        self._mode = scene.mode
        return Frame(html=screens.whole(self.display, scene, said=self._said))

    def _identified(self, event: Event) -> Frame | None:
        if event.data.get("display") not in (None, self.display.name):
            return None
        return Frame(html=screens.identified(self.display, event.created_at + IDENTIFIED_FOR))

    def _reload(self) -> None:
        display = _with_all().filter(pk=self.display.pk).first()
        if display is None:
            raise Denied(NOT_FOUND)
        self.display, self.network = display, display.installation.network
        self._present = None
        self.__dict__.pop("_siblings", None)

    @property
    def _siblings(self) -> list[Display]:
        found = self.__dict__.get("_siblings")
        if found is None:
            found = self.__dict__["_siblings"] = list(self.display.installation.displays.all())
        return cast("list[Display]", found)

    def _scene(self, event: Event) -> Scene:
        """How it stands now; asked once for all displays that draw this event, and once for many
        events of before."""
        now = timezone.now()
        if now - event.created_at > _OLD:
            return self._recent_scene(now)
        key = f"scene of {self.network.pk}"
        if key not in event.notes:
            event.notes[key] = screens.scene_of(self.network, at=now)
        return cast("Scene", event.notes[key])

    def _recent_scene(self, now: datetime) -> Scene:
        asked = time.monotonic()
        if self._present is None or asked - self._present[0] > _PRESENT_SECONDS:
            self._present = (asked, screens.scene_of(self.network, at=now))
        return self._present[1]


def find(installation: str, name: str) -> Display | None:
    """The display of this address."""
    return _with_all().filter(installation__public_id=installation, name=name).first()


def _with_all() -> models.QuerySet[Display]:
    return Display.objects.select_related("installation__network__owner")
