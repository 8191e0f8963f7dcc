"""What one display shows at a moment: the run that lives, STOPPED, or the archive."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from enum import StrEnum

from django.db import models
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
RECENT = 2  # steps that are looked up with the scene: the one that ended, and its successor
RESTING_FOR = timedelta(seconds=60)  # a step that has waited that long in vain is not coming soon

# As SQL, because each wall waits for it with each step: 0.1 ms, of which the ORM makes 0.5.
_NEWEST = "SELECT * FROM invocations_invocation WHERE run_id = %s ORDER BY sequence DESC LIMIT %s"

HTML = Mapping[str, str]


class Mode(StrEnum):
    LIVE = "live"
    STOPPED = "stopped"
    REPLAY = "replay"


@dataclass(slots=True)
class Sketches:
    """What has been looked up and drawn of a scene, so that it is done once for all its displays."""

    steps: dict[int, Invocation | None] = field(default_factory=dict)  # by sequence
    archived: list[Invocation] | None = None
    tiles: dict[tuple[int, int, tiles.Look, Saying], Tile] = field(default_factory=dict)
    html: dict[Tile, str] = field(default_factory=dict)
    cells: dict[tuple[Layout, int | None, Saying], dict[str, str]] = field(default_factory=dict)
    around: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Scene:
    """What all displays of a network have in common at a moment."""

    mode: Mode
    run: Run | None
    latest: int  # sequence of the run's newest step
    halt: StopAll | None
    moment: archive.Moment | None = None
    sketches: Sketches = field(default_factory=Sketches, compare=False, repr=False)

    def moved_on(self, run: str) -> Scene | None:
        """How it stands now that a step of this run has moved, where nothing else has changed; None
        where that cannot be told without asking for everything. Costs one query."""
        if self.mode is not Mode.LIVE or self.run is None or self.run.public_id != run:
            return None
        recent = _recent(self.run)
        if not recent:
            return None
        return replace(self, latest=max(recent), sketches=Sketches(dict(recent)))

    @property
    def identity(self) -> object:
        """Two scenes of equal identity look the same until something happens."""
        if self.moment is None:
            return self.mode, None
        return self.mode, (self.moment.run, self.moment.step, self.moment.working)


def scene_of(network: Network, *, at: datetime | None = None) -> Scene:
    """How it stands now, from the rows alone."""
    at = at or timezone.now()
    run = network.runs.present().newest_first().first()
    recent = _recent(run) if run else {}
    step = recent[max(recent)] if recent else None
    halt = Halt.current()
    still = Mode.STOPPED if halt else Mode.LIVE
    scene = Scene(still, run, max(recent, default=0), halt, sketches=Sketches(dict(recent)))
    since = _replay_since(network, run, step, halt, at) if network.replay else None
    found = archive.moment(network, run, since=since, at=at) if since else None
    return replace(scene, mode=Mode.REPLAY, moment=found) if found else scene


def _replay_since(
    network: Network, run: Run | None, step: Invocation | None, halt: StopAll | None, at: datetime
) -> datetime | None:
    """Since when nothing can be expected to happen; None while something can."""
    if halt is not None:
        return halt.committed_at + STOPPED_FOR
    if run is None:  # what was imported may be all there is
        return network.created_at
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
    wanted = range(layout.cells) if cells is None else sorted(cells)
    placed = hang(layout, _steps(layout, scene, wanted))
    found = [
        _of_step(step, cell, look, scene, said) if (step := placed[cell]) else _empty(cell, layout)
        for cell in wanted
    ]
    # The aid is for hanging the show: once it plays, what is empty is simply dark.
    return [
        replace(tile, mark="") if scene.run and tile.state == "empty" else tile for tile in found
    ]


def _steps(layout: Layout, scene: Scene, cells: Iterable[int]) -> list[Invocation]:
    known = scene.sketches
    if scene.moment is not None:
        if known.archived is None:
            known.archived = archive.steps_of(scene.moment)
        return known.archived
    if scene.run is None:
        return []
    wanted = _wanted(layout, scene, set(cells))
    if missing := [sequence for sequence in wanted if sequence not in known.steps]:
        found = {step.sequence: step for step in _of(scene.run).filter(sequence__in=missing)}
        known.steps |= {sequence: found.get(sequence) for sequence in missing}
    return [step for sequence in wanted if (step := known.steps[sequence])]


def _wanted(layout: Layout, scene: Scene, cells: set[int]) -> list[int]:
    """Sequences that may hang in these cells, but none that is known to be behind a newer one."""
    found = []
    for sequence in reversed(layout.candidates(scene.latest)):
        if (cell := layout.cell_of(sequence)) in cells:
            found.append(sequence)
            step = scene.sketches.steps.get(sequence)
            if step and layout.shows(step):
                cells.discard(cell)
    return found


def _recent(run: Run) -> dict[int, Invocation]:
    """The newest steps by sequence; their assets are looked up where they have some."""
    newest = Invocation.objects.raw(_NEWEST, [run.pk, RECENT])
    return {step.sequence: step for step in newest}


def _of(run: Run) -> models.QuerySet[Invocation]:
    return run.invocations.select_related("output_asset")


def _of_step(step: Invocation, cell: int, look: tiles.Look, scene: Scene, said: Saying) -> Tile:
    key = step.pk, cell, look, said
    if key not in scene.sketches.tiles:
        tile = tiles.of_step(step, id=f"tile-{cell}", look=look, said=said)
        scene.sketches.tiles[key] = tile
    return scene.sketches.tiles[key]


def _empty(cell: int, layout: Layout) -> Tile:
    nothing = tiles.empty(cell)
    if not layout.aid:
        return nothing
    return replace(nothing, mark=layout.aid, name=f"Empty; shows {layout.summary}")


def drawn(
    display: Display, scene: Scene, cell: int | None = None, *, said: Saying = NOTHING_SAID
) -> dict[str, str]:
    """This cell, or all of them."""
    known = scene.sketches
    key = display.layout, cell, said
    if key not in known.cells:
        found = tiles_of(display, scene, None if cell is None else {cell}, said=said)
        for tile in found:
            if tile not in known.html:
                known.html[tile] = render_to_string("invocations/_tile.html", {"tile": tile})
        known.cells[key] = {tile.id: known.html[tile] for tile in found}
    return known.cells[key]


def around(display: Display, scene: Scene) -> dict[str, str]:
    """What is said over the tiles: of the scene, whatever the display."""
    if not scene.sketches.around:
        context = context_of(display, scene)
        scene.sketches.around = {
            "wall-notice": render_to_string("displays/_notice.html", context),
            "screen-note": render_to_string("displays/_note.html", context),
        }
    return scene.sketches.around


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
    archived = (
        Run.objects.filter(pk=moment.run, withdrawn_at__isnull=True).first() if moment else None
    )
    return {
        "display": display,
        "scene": scene,
        "archived": archived,
        "rows": display.rows or 1,
        "columns": display.columns or 1,
        "cells": layout.cells,
    }
