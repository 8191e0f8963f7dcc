"""Which fragments each view of a network is made of: the page includes them, the feed pushes them."""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum


class View(StrEnum):
    ROOM = "room"
    WALL = "wall"
    TERMINAL = "terminal"

    @classmethod
    def of(cls, name: str) -> View:
        """The view of this name; the room for any other."""
        return cls(name) if name in _FRAGMENTS else cls.ROOM

    def fragments(self, *, told: bool, costs: bool = True, story: bool = True) -> Mapping[str, str]:
        """Element id -> template, without the tiles. `told`: for those who may control; `costs`:
        with what was spent, which takes more queries than all the rest; `story`: with what happened
        besides steps that went well."""
        for_controls = {**_CONTROLS, **(_COSTS if costs else {}), **(_STORY if story else {})}
        return {**_FRAGMENTS[self], **(for_controls if told else {})}


_FRAGMENTS: Mapping[str, Mapping[str, str]] = {
    "room": {
        "network-state": "invocations/_state.html",
        "network-now": "invocations/_now.html",
        "network-log": "invocations/_log.html",
    },
    "wall": {"wall-notice": "invocations/_wall_notice.html"},
    "terminal": {
        "terminal-status": "invocations/_terminal_status.html",
        "terminal-now": "invocations/_terminal_now.html",
    },
}
_CONTROLS = {"network-controls": "invocations/_controls.html"}
_COSTS = {
    "network-costs": "invocations/_costs.html",
    "network-troubles": "invocations/_troubles.html",
}
_STORY = {"network-story": "invocations/_story.html"}
