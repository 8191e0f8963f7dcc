"""Mission control: everything that runs, how the workers are, whether the red button is pressed."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db.models import Count, Q
from django.template.loader import render_to_string

from realtime.models import Event

from . import tiles
from .models import Halt, Invocation, Run, Spending, WorkerHeartbeat
from .standing import newest_steps, recent_steps

LANE_TILES = 4
MOST_LANES = 50
SILENT = timedelta(seconds=30)  # a cluster that has not answered for so long is not well
HTML = Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Lane:
    """A live run and its newest steps."""

    run: Run
    tiles: list[tiles.Tile]

    @property
    def id(self) -> str:
        return f"lane-{self.run.public_id}"


@dataclass(frozen=True, slots=True)
class Figures:
    running: int
    paused: int
    at_work: int
    waiting: int
    usd_today: float
    calls_today: int
    failed_today: int
    beats: list[WorkerHeartbeat]
    at: datetime

    @property
    def workers(self) -> int:
        """Clusters that are well."""
        return sum(1 for beat in self.beats if self.at - beat.seen_at < SILENT)

    @property
    def seen_at(self) -> datetime | None:
        return max((beat.seen_at for beat in self.beats), default=None)


def figures(at: datetime) -> Figures:
    runs = Run.objects.live().aggregate(
        running=Count("pk", filter=Q(state="running")), paused=Count("pk", filter=Q(state="paused"))
    )
    steps = Invocation.objects.open().aggregate(
        at_work=Count("pk", filter=Q(state="invoking")),
        waiting=Count("pk", filter=Q(state="ready", due_at__lte=at)),
    )
    today = Spending.objects.lately(at).day
    return Figures(
        running=runs["running"],
        paused=runs["paused"],
        at_work=steps["at_work"],
        waiting=steps["waiting"],
        usd_today=today.usd,
        calls_today=today.calls,
        failed_today=today.failed,
        beats=list(WorkerHeartbeat.objects.order_by("host")),
        at=at,
    )


def lanes() -> list[Lane]:
    """The live runs, newest first."""
    found = Run.objects.live().select_related("network__owner").newest_first()
    runs: list[Any] = list(found.with_totals()[:MOST_LANES])
    steps = newest_steps({run.pk: run.invocations_count or 0 for run in runs}, LANE_TILES)
    return [_lane(run, steps.get(run.pk, [])) for run in runs]


def lane(run: Run) -> Lane:
    return _lane(run, recent_steps(run, LANE_TILES))


def _lane(run: Run, newest_first: list[Invocation]) -> Lane:
    look = tiles.Look(told=True)
    return Lane(run, [tiles.of_step(step, look=look) for step in reversed(newest_first)])


def fragments(at: datetime) -> HTML:
    """The whole page's live parts."""
    context = {"figures": figures(at), "lanes": lanes(), "press": Halt.current()}
    return {
        "mission-halt": render_to_string("invocations/_halt.html", context),
        "mission-figures": render_to_string("invocations/_figures.html", context),
        "mission-lanes": render_to_string("invocations/_lanes.html", context),
    }


def redrawn_by(event: Event) -> str:
    """The lane's run, or everything: events with the same answer change the same."""
    of_step = event.type.startswith("invocation.")
    return str(event.data.get("run", "")) if of_step else "everything"


def changed_by(event: Event, at: datetime) -> HTML:
    """What an event of any topic changes: one lane where it can, the whole list where it must."""
    if event.type.startswith("invocation."):
        run = (
            Run.objects.select_related("network__owner").filter(public_id=event.data["run"]).first()
        )
        if run is None or not run.live:
            return {}
        drawn = lane(run)
        return {drawn.id: render_to_string("invocations/_lane.html", {"lane": drawn})}
    return fragments(at)
