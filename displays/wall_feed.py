"""What the socket of a network's plain wall follows: the network and the red button."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Self, cast
from urllib.parse import parse_qs

from invocations.events import MISSION_CONTROL
from invocations.feeds import NetworkFeed
from networks.models import Network
from realtime.feeds import Denied, Frame, Scope
from realtime.models import Event

from . import screens
from .models import Display, Kind
from .scene_feed import PANIC, SceneFeed


class WallFeed(SceneFeed):
    """`/ws/networks/<slug>/wall/?cells=`: a grid that nobody has hung, for whoever may see the
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
        self.network.refresh_from_db(fields=["replay"])
        scene = screens.scene_of(self.network)
        return screens.drawn(self.display, scene, said=self._said) | screens.around(
            self.display, scene
        )

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
    """A display that hangs in no installation."""
    return Display(kind=Kind.GRID, rows=rows, columns=columns)
