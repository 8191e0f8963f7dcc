"""What the socket of a display follows: its installation, its network, and the red button."""

from __future__ import annotations

from datetime import timedelta
from typing import Self, cast

from channels.db import database_sync_to_async
from django.db import models

from invocations.events import MISSION_CONTROL
from platforms.base import Modality
from realtime.feeds import NOT_FOUND, Denied, Frame, Scope
from realtime.models import Event

from . import events, receipts, screens
from .models import Display
from .scene_feed import HTML, PANIC, SceneFeed

IDENTIFIED_FOR = timedelta(seconds=10)


class DisplayFeed(SceneFeed):
    """`/ws/i/<installation>/<display>/`: open to anyone who knows the address."""

    asked_again = False

    def __init__(self, display: Display) -> None:
        super().__init__(display, display.installation.network)
        self.key = display.feed_key
        self.topics = (display.installation.topic, self.network.topic, MISSION_CONTROL)

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
        if event.topic.name == MISSION_CONTROL and event.type not in PANIC:
            return None
        if event.type == "panic.pressed":
            receipts.expect(self.display, event)
        return self._render(event, of_network=event.topic.name != MISSION_CONTROL)

    def _elsewhere(self, event: Event, sequence: int) -> Frame | None:
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
    return Display.objects.select_related("installation__network__owner")
