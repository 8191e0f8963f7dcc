"""Displays that show a whole run and no steps of their own: where it is going, or how far it and its companion
have parted."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.template.loader import render_to_string

from observatory import partings
from observatory.recent_trajectories import drawn_trajectory
from studio.side_by_side import tiled_sides
from studio.tiles import WALL

from .models import Display, DisplayKind

if TYPE_CHECKING:
    from invocations.models import Run
    from observatory.partings import Parting

ELEMENTS = {DisplayKind.TRAJECTORY: "trajectory", DisplayKind.PAIR: "pair"}


def shows_whole_run(display: Display) -> bool:
    return display.kind in ELEMENTS


def context(display: Display, run: Run | None) -> dict[str, object]:
    """For its template."""
    if display.kind == DisplayKind.TRAJECTORY:
        return {"drawing": drawn_trajectory(run) if run else None}
    parting = _parting(run)
    return {"parting": parting, "sides": tiled_sides(parting, WALL) if parting else ()}


def render(display: Display, run: Run | None) -> dict[str, str]:
    """By element id."""
    name = ELEMENTS[DisplayKind(display.kind)]
    return {name: render_to_string(f"displays/_{name}.html", context(display, run))}


def render_miniature(display: Display, run: Run | None) -> str:
    """The picture alone; its element id is `miniature_id`."""
    name = ELEMENTS[DisplayKind(display.kind)]
    return render_to_string(
        f"installations/_miniature_{name}.html",
        {"id": miniature_id(display), **context(display, run)},
    )


def miniature_id(display: Display) -> str:
    return f"{display.public_id}-run"


def _parting(run: Run | None) -> Parting | None:
    pair = partings.pair_of_run(run) if run else None
    return partings.parting_of(pair) if pair else None
