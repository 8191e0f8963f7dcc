"""What displays and a network's plain wall have in common: they show the scene as it is now."""

from __future__ import annotations

import time
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import cast

from django.utils import timezone

from invocations import sayings
from networks.models import Network
from realtime.feeds import Feed, Frame
from realtime.models import Event
from realtime.progress import Progress

from . import screens
from .models import Display
from .screens import Mode, Scene

SCENE_CHANGED = "scene.changed"
PANIC = ("panic.pressed", "panic.lifted")
_OLD = timedelta(seconds=2)  # an event of before: what is drawn for it is the present anyway
_PRESENT_SECONDS = 0.5
HTML = Mapping[str, str]


class SceneFeed(Feed):
    """Every frame shows its cells as they are now, not as they were when the event was written: an
    event that is drawn late, twice or after a newer one changes nothing.
    """

    def __init__(self, display: Display, network: Network) -> None:
        self.display = display
        self.network = network
        self._mode: Mode | None = None  # of what was drawn last; None = not known here
        self._present: tuple[float, Scene] | None = None
        self._last: Scene | None = None  # of the last event; each change of it is an event too
        self._said = sayings.NOTHING_SAID

    def render_progress(self, progress: Progress) -> HTML:
        """What is shown and not logged: that time alone has changed the picture (displays.keeper),
        and the provider's own words while a step is at work."""
        if progress.type == SCENE_CHANGED:
            self._last = None
            self.network.refresh_from_db(fields=["replay"])  # it may have been switched
            return self._everything(screens.scene_of(self.network)).html
        found = sayings.heard(progress)
        if found is None:
            return {}
        step, self._said = found
        layout = self.display.layout
        cell = layout.cell_of(step.sequence)
        return {} if cell is None or not layout.shows(step) else sayings.drawn(cell, self._said)

    def _render(self, event: Event, *, of_network: bool) -> Frame | None:
        """What an event of the network, or a press of the red button, changes."""
        scene = self._scene(event)
        if not of_network or event.type.startswith("run."):
            return self._everything(scene)
        return self._step(event, scene)

    def _step(self, event: Event, scene: Scene) -> Frame | None:
        """The cell a step hangs in; nothing where it does not hang here."""
        sequence = int(event.data["sequence"])
        if scene.run is None or event.data["run"] != scene.run.public_id:
            return None  # of a run that newer words have replaced: they have cleared the wall
        if self._mode is not scene.mode:
            return self._everything(scene)
        cell = self.display.layout.cell_of(sequence)
        if cell is None:
            return self._elsewhere(event, sequence)
        if scene.mode is Mode.REPLAY:
            return None
        return Frame(html=screens.drawn(self.display, scene, cell, said=self._said))

    def _elsewhere(self, event: Event, sequence: int) -> Frame | None:
        """What a step changes here that hangs on another screen."""
        return None

    def _everything(self, scene: Scene) -> Frame:
        self._mode = scene.mode
        drawn = screens.drawn(self.display, scene, said=self._said)
        return Frame(html=drawn | screens.around(self.display, scene))

    def _scene(self, event: Event) -> Scene:
        """How it stands now; found out once for all displays that draw this event, and once for
        many events of before."""
        now = timezone.now()
        if now - event.created_at > _OLD:
            self._last = None
            return self._recent_scene(now)
        key = f"scene of {self.network.pk}"
        if key not in event.notes:
            event.notes[key] = self._moved_on(event) or screens.scene_of(self.network, at=now)
        self._last = cast("Scene", event.notes[key])
        return self._last

    def _moved_on(self, event: Event) -> Scene | None:
        """A step moves within the scene that was known: runs and the red button have events of
        their own. So a wall waits for one query instead of four."""
        if self._last is None or not event.type.startswith("invocation."):
            return None
        return self._last.moved_on(str(event.data["run"]))

    def _recent_scene(self, now: datetime) -> Scene:
        asked = time.monotonic()
        if self._present is None or asked - self._present[0] > _PRESENT_SECONDS:
            self._present = (asked, screens.scene_of(self.network, at=now))
        return self._present[1]
