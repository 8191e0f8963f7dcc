"""Mission control: every network that runs, how the workers are, whether everything is stopped."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Self

from django.db.models import Count, Q
from django.template.loader import render_to_string
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from invocations.models import Halt, Invocation, Run, Spending, WorkerHeartbeat
from lib import disk_space
from realtime.feeds import NOT_SIGNED_IN, Denied, Feed, Frame, Scope
from realtime.models import Event

from . import tiles
from .hooks import InstallationFigure, hooks
from .status import newest_steps_of_runs, recent_steps

TILES_PER_NETWORK = 4
MAX_NETWORKS = 50
SILENT_AFTER = timedelta(seconds=30)  # without a heartbeat for so long, workers count as down
OF_FARM = "farm_worker."  # events of the farm's workers, which have pages of their own
HTML = Mapping[str, str]


@dataclass(frozen=True, slots=True)
class RunningNetwork:
    """A network's live run and its newest steps."""

    run: Run
    tiles: list[tiles.Tile]

    @property
    def id(self) -> str:
        return f"run-{self.run.public_id}"


@dataclass(frozen=True, slots=True)
class Figures:
    running: int
    paused: int
    at_work: int
    waiting: int
    usd_today: float
    calls_today: int
    failed_today: int
    usd_last_hour: float
    installation: Sequence[InstallationFigure]
    beats: list[WorkerHeartbeat]
    at: datetime

    @property
    def workers(self) -> int:
        """How many worker clusters have sent a heartbeat lately."""
        return sum(1 for beat in self.beats if self.at - beat.seen_at < SILENT_AFTER)

    @property
    def usd_per_minute(self) -> float:
        """Of the last hour."""
        return self.usd_last_hour / 60

    @property
    def troubles(self) -> list[str]:
        """What is not well, in sentences."""
        found = []
        if disk_space.is_below_floor():
            found.append(_("The disk is full: nothing begins until there is room again."))
        if not self.workers:
            found.append(_("No worker has been heard of lately: nothing goes on."))
        if self.failed_today:
            words = ngettext(
                "%(calls)d call has failed today.",
                "%(calls)d calls have failed today.",
                self.failed_today,
            )
            found.append(words % {"calls": self.failed_today})
        return found

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
    spent = Spending.objects.lately(at)
    today = spent.day
    return Figures(
        running=runs["running"],
        paused=runs["paused"],
        at_work=steps["at_work"],
        waiting=steps["waiting"],
        usd_today=today.usd,
        calls_today=today.calls,
        failed_today=today.failed,
        usd_last_hour=spent.hour.usd,
        installation=hooks.installation_figures(at),
        beats=list(WorkerHeartbeat.objects.order_by("host")),
        at=at,
    )


def running_networks() -> list[RunningNetwork]:
    """By their live runs, newest first."""
    found = Run.objects.live().select_related("network__owner").newest_first()
    runs: list[Any] = list(found.with_totals()[:MAX_NETWORKS])
    steps = newest_steps_of_runs(
        {run.pk: run.invocations_count or 0 for run in runs}, TILES_PER_NETWORK
    )
    return [_running_network(run, steps.get(run.pk, [])) for run in runs]


def _running_network(run: Run, newest_first: list[Invocation]) -> RunningNetwork:
    options = tiles.TileOptions(can_control=True)
    return RunningNetwork(
        run, [tiles.step_tile(step, options=options) for step in reversed(newest_first)]
    )


def fragments(at: datetime) -> HTML:
    """The whole page's live parts."""
    context = {
        "figures": figures(at),
        "running_networks": running_networks(),
        "stop_all": Halt.current(),
    }
    return {
        "mission-halt": render_to_string("studio/_halt.html", context),
        "mission-figures": render_to_string("studio/_figures.html", context),
        "mission-networks": render_to_string("studio/_running_networks.html", context),
    }


def fragment_key(event: Event) -> str:
    """The run of a step's event, or everything: events with the same answer change the same fragment."""
    of_step = event.type.startswith("invocation.")
    return str(event.data.get("run", "")) if of_step else "everything"


def changed_fragments(event: Event, at: datetime) -> HTML:
    """What an event of any topic changes: one network where it is enough, else everything."""
    if event.type.startswith("invocation."):
        run = (
            Run.objects.select_related("network__owner").filter(public_id=event.data["run"]).first()
        )
        if run is None or not run.live:
            return {}
        shown = _running_network(run, recent_steps(run, TILES_PER_NETWORK))
        context = {"running": shown}
        return {shown.id: render_to_string("studio/_running_network.html", context)}
    return fragments(at)


class MissionControlFeed(Feed):
    """`/ws/mission-control/`: every network at once, for admins."""

    all_topics = True
    key = "mission-control"

    @classmethod
    async def open(cls, scope: Scope) -> Self:
        if not getattr(scope.get("user"), "is_admin", False):
            raise Denied(NOT_SIGNED_IN)
        return cls()

    def snapshot(self) -> HTML:
        return fragments(timezone.now())

    def redraw_key(self, event: Event) -> str:
        """Many networks at once are too much to render step by step."""
        return fragment_key(event)

    def render(self, event: Event) -> Frame | None:
        if event.type.startswith(OF_FARM):
            return None
        return Frame(html=changed_fragments(event, timezone.now()))
