"""The feed of the attendant's page: what is on the screens of a network, drawn anew with every event."""

from __future__ import annotations

from typing import Self

from channels.db import database_sync_to_async
from django.contrib.auth.models import AnonymousUser
from django.template.loader import render_to_string

from displays import attendant
from displays.events import WallStateChanged
from displays.feeds import HTML, PANIC, WallStateFeed, grid
from invocations.events import MISSION_CONTROL
from networks.models import Network, Person
from realtime.events import Progress
from realtime.feeds import NOT_SIGNED_IN, Denied, Frame, Scope
from realtime.models import Event


class AttendantFeed(WallStateFeed):
    """`/ws/networks/<slug>/attendant/`: for attendants and those who control the network."""

    def __init__(self, network: Network) -> None:
        super().__init__(grid(2, 3), network)
        self.key = f"{network.topic}:attendant"
        self.topics = (network.topic, MISSION_CONTROL)

    @classmethod
    async def open(cls, scope: Scope) -> Self:
        person: Person = scope.get("user") or AnonymousUser()
        slug = scope["url_route"]["kwargs"]["slug"]
        return await database_sync_to_async(cls.open_for)(person, slug)

    @classmethod
    def open_for(cls, person: Person, slug: str) -> Self:
        """Raises Denied."""
        network = Network.objects.select_related("owner").find_by_slug(slug)
        if network is None or not network.may_attend(person):
            raise Denied(NOT_SIGNED_IN)
        return cls(network)

    def snapshot(self) -> HTML:
        self.network.refresh_from_db()
        context = {
            "attendant": attendant.attendant_status(self.network),
            "network": self.network,
        }
        return {"attendant-now": render_to_string("displays/_attendant.html", context)}

    def redraw_key(self, event: Event) -> str:
        """Each event draws all of it: of many that come together, the last is enough."""
        return "attendant"

    def render(self, event: Event) -> Frame | None:
        if event.topic.name == MISSION_CONTROL and event.type not in PANIC:
            return None
        return Frame(html=self.snapshot())

    def render_progress(self, progress: Progress) -> HTML:
        return self.snapshot() if progress.type == WallStateChanged.type else {}
