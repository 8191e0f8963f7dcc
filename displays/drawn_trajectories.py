"""Where a run is going, as a display shows it: large, and nothing else."""

from __future__ import annotations

from django.template.loader import render_to_string

from invocations.models import Run
from observatory.drawings import DrawnTrajectory
from observatory.recent_trajectories import drawn_trajectory

from .models import Display, DisplayKind


def is_trajectory(display: Display) -> bool:
    return display.kind == DisplayKind.TRAJECTORY


def draw(run: Run | None) -> DrawnTrajectory | None:
    return drawn_trajectory(run) if run else None


def render(run: Run | None) -> dict[str, str]:
    """By element id."""
    context = {"drawing": draw(run)}
    return {"trajectory": render_to_string("displays/_trajectory.html", context)}


def render_miniature(display: Display, run: Run | None) -> dict[str, str]:
    """The picture alone, by element id."""
    context = {"display": display, "drawing": draw(run)}
    html = render_to_string("installations/_miniature_trajectory.html", context)
    return {f"{display.public_id}-trajectory": html}
