"""What one display shows at a moment: the run that lives, STOPPED, or the archive."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum

from django.template.loader import render_to_string
from django.utils import timezone

from invocations import tiles
from invocations.models import Gate, Halt, Invocation, Run, StopAll
from invocations.sayings import NOTHING_SAID, Saying
from invocations.states import InvocationState, RunState
from invocations.tiles import WALL, WALL_WHOLE, Tile
from networks.models import Network

from . import archive
from .layouts import Layout, hang
from .models import Display

STOPPED_FOR = timedelta(seconds=20)  # the red button is seen before anything moves again
IDLE_FOR = timedelta(seconds=30)  # the last work of a run is looked at in peace
RESTING_FOR = timedelta(seconds=60)  # a step that has waited that long in vain is not coming soon

HTML = Mapping[str, str]


class Mode(StrEnum):
    LIVE = "live"
    STOPPED = "stopped"
    REPLAY = "replay"


@dataclass(frozen=True, slots=True)
class Scene:
    """What all displays of a network have in common at a moment."""

    mode: Mode
    run: Run | None
    latest: int  # sequence of the run's newest step
    halt: StopAll | None
    moment: archive.Moment | None = None

    @property
    def identity(self) -> object:
        """Two scenes of equal identity look the same until something happens."""
        if self.moment is None:
            return self.mode, None
        return self.mode, (self.moment.run, self.moment.step, self.moment.working)


def scene_of(network: Network, *, at: datetime | None = None) -> Scene:
    """How it stands now, from the rows alone."""
    at = at or timezone.now()
    run = network.runs.newest_first().first()
    step = run.latest_invocation() if run else None
    halt = Halt.current()
    still = Mode.STOPPED if halt else Mode.LIVE
    scene = Scene(still, run, step.sequence if step else 0, halt)
    since = _replay_since(run, step, halt, at) if network.replay else None
    found = archive.moment(network, run, since=since, at=at) if since else None
    return replace(scene, mode=Mode.REPLAY, moment=found) if found else scene


def _replay_since(
    run: Run | None, step: Invocation | None, halt: StopAll | None, at: datetime
) -> datetime | None:
    """Since when nothing can be expected to happen; None while something can."""
    if halt is not None:
        return halt.committed_at + STOPPED_FOR
    if run is None:
        return None
    if not run.live:
        return run.ended_at + IDLE_FOR if run.ended_at else None
    if run.state == RunState.PAUSED or step is None or step.state != InvocationState.READY:
        return None
    waited = step.created_at + RESTING_FOR
    return waited if waited <= at and _in_vain(step, at) else None


def _in_vain(step: Invocation, at: datetime) -> bool:
    """Tried without success, or its platform rests: not merely the network's own slow pace."""
    if step.attempts_made > 0:
        return True
    platform = step.model.partition(":")[0]
    return Gate.objects.filter(key=platform, resting_until__gt=at).exists()


# Drawing


def tiles_of(
    display: Display, scene: Scene, cells: set[int] | None = None, *, said: Saying = NOTHING_SAID
) -> list[Tile]:
    """The tiles of these cells, or of all."""
    layout = display.layout
    look = WALL_WHOLE if layout.cells == 1 else WALL
    placed = hang(layout, _steps(layout, scene))
    wanted = range(layout.cells) if cells is None else sorted(cells)
    found = [_tile(cell, placed[cell], layout, look, said) for cell in wanted]
    # The aid is for hanging the show: once it plays, what is empty is simply dark.
    return [
        replace(tile, mark="") if scene.run and tile.state == "empty" else tile for tile in found
    ]


def _steps(layout: Layout, scene: Scene) -> list[Invocation]:
    if scene.moment is not None:
        return archive.steps_of(scene.moment)
    if scene.run is None:
        return []
    wanted = layout.candidates(scene.latest)
    rows = scene.run.invocations.select_related("input_asset", "output_asset")
    return list(rows.filter(sequence__in=wanted))


def _tile(
    cell: int, step: Invocation | None, layout: Layout, look: tiles.Look, said: Saying
) -> Tile:
    if step is not None:
        return tiles.of_step(step, id=f"tile-{cell}", look=look, said=said)
    nothing = tiles.empty(cell)
    if not layout.aid:
        return nothing
    return replace(nothing, mark=layout.aid, name=f"Empty; shows {layout.summary}")


def drawn(found: list[Tile]) -> dict[str, str]:
    return {tile.id: render_to_string("invocations/_tile.html", {"tile": tile}) for tile in found}


def around(display: Display, scene: Scene) -> dict[str, str]:
    """What is said over the tiles."""
    context = context_of(display, scene)
    return {
        "wall-notice": render_to_string("displays/_notice.html", context),
        "screen-note": render_to_string("displays/_note.html", context),
    }


def whole(display: Display, scene: Scene, *, said: Saying = NOTHING_SAID) -> dict[str, str]:
    """Everything, cells included, for a display that may have been arranged anew."""
    context = context_of(display, scene) | {"tiles": tiles_of(display, scene, said=said)}
    return {"screen": render_to_string("displays/_screen.html", context), **around(display, scene)}


def identified(display: Display, until: datetime | None) -> dict[str, str]:
    """Which display this is, in large letters until a moment."""
    context = {"display": display, "until": until}
    return {"identify": render_to_string("displays/_identify.html", context)}


def context_of(display: Display, scene: Scene) -> dict[str, object]:
    layout = display.layout
    moment = scene.moment
    archived = Run.objects.filter(pk=moment.run).first() if moment else None
    return {
        "display": display,
        "scene": scene,
        "archived": archived,
        "rows": display.rows or 1,
        "columns": display.columns or 1,
        "cells": layout.cells,
    }
