"""The status of a network right now: what runs, which step, what is next, what is left of its budget."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property

from django.db.models import Q
from django.utils import timezone
from django.utils.formats import number_format
from django.utils.translation import gettext as _

from invocations import budgets, forecasts, lockout, visitor_access
from invocations.engine import rate_limits
from invocations.models import Halt, Invocation, Run, StopAll
from invocations.states import InvocationState, Reason, RunState
from invocations.waiting import is_remote
from lib import disk_space
from networks.models import Network

from . import state_texts, tiles
from .activity import MAX_ACTIVITY_ENTRIES, ActivityEntry, recent_activity
from .hours import HoursStatus
from .tiles import StepLine, Tile

MAX_LOG_LINES = 8
ASSETS = ("input_asset", "output_asset")
SECONDS_PER_HOUR = 3600


@dataclass(frozen=True, slots=True)
class BudgetLine:
    """`5 of 5 calls within an hour`. `spent`: nothing is left of it."""

    words: str
    spent: bool


@dataclass(frozen=True)
class NetworkStatus:
    """The newest run of a network and its newest step, at one moment."""

    network: Network
    run: Run | None
    step: Invocation | None
    halt: StopAll | None
    at: datetime

    @property
    def state(self) -> str:
        """`idle`, `halted`, or the state of the newest run."""
        if self.halt is not None:
            return "halted"
        return str(self.run.state) if self.run else "idle"

    @property
    def running(self) -> bool:
        return self.run is not None and self.run.state == RunState.RUNNING

    @property
    def paused(self) -> bool:
        return self.run is not None and self.run.state == RunState.PAUSED

    @property
    def live(self) -> bool:
        return self.running or self.paused

    @property
    def next_at(self) -> datetime | None:
        """When the next step may begin, where it is not at work already."""
        step = self.step
        return (
            step.due_at if self.running and step and step.state == InvocationState.READY else None
        )

    @property
    def working(self) -> bool:
        return bool(self.step and self.step.state == InvocationState.INVOKING)

    @cached_property
    def locked_until(self) -> datetime | None:
        """When the next prompt is accepted; None: now."""
        return lockout.lockout_until(self.network, self.at)

    @cached_property
    def hours(self) -> HoursStatus:
        return HoursStatus(self.network, self.run if self.live else None, self.at)

    @property
    def stopped_by_stop_all(self) -> bool:
        """The newest run was ended by stop-all."""
        return self.run is not None and self.run.reason == Reason.PANIC

    @property
    def ending(self) -> str:
        """Why the newest run is over; empty while it lives."""
        return state_texts.ending(self.run) if self.run else ""

    @property
    def advice(self) -> str:
        """What somebody can do about the newest step's trouble."""
        return state_texts.advice(self.step.error_code, over=not self.live) if self.step else ""

    @property
    def steps(self) -> int:
        """How many the newest run has made or begun."""
        return self.step.sequence + 1 if self.step else 0

    @property
    def step_model(self) -> str:
        """The newest step's model as people call it."""
        return tiles.describe_model(self.step.model)[0] if self.step else ""

    @property
    def waits_for_workers(self) -> bool:
        """Due for so long that nobody can be working; on a full disk nobody is meant to."""
        due = self.next_at
        late = bool(due and (self.at - due).total_seconds() > 10)
        return late and not self.storage_full

    @property
    def waits_for_farm(self) -> bool:
        """The same, of a step for machines elsewhere: that they are busy or asleep is no fault, and why nobody takes it
        is said beside."""
        return self.waits_for_workers and bool(self.step and is_remote(self.step.model))

    @cached_property
    def recent_runs(self) -> list[Run]:
        """With their totals, the newest first; for those who may control."""
        return list(self.network.runs.with_totals().newest_first()[: MAX_ACTIVITY_ENTRIES + 1])

    @cached_property
    def newest_steps(self) -> list[Invocation]:
        """The newest steps, newest first; as many as the log has lines."""
        return recent_steps(self.run, MAX_LOG_LINES) if self.run else []

    @property
    def log(self) -> list[StepLine]:
        return [tiles.step_line(step) for step in self.newest_steps]

    @cached_property
    def forecast(self) -> forecasts.Forecast:
        """What the next lap takes and costs."""
        return forecasts.forecast(self.network)

    @cached_property
    def recent_spending(self) -> forecasts.RecentSpending:
        """What was spent lately."""
        return forecasts.recent_spending(self.network, self.at)

    @cached_property
    def platform_troubles(self) -> list[str]:
        """Which platforms of the ring rest or ask us to wait, in words."""
        return rate_limits.describe_problems(self.network, self.at)

    @cached_property
    def remaining_budget(self) -> list[BudgetLine]:
        """What is left of what the network may spend, a line for each limit."""
        return list(_budget_lines(self))

    @cached_property
    def exhausted_limit(self) -> str:
        """The limit because of which nothing can start now, in words; empty where there is none."""
        spent_lately, limits = self.recent_spending, self.network.budgets or {}
        found = budgets.check_limits(
            limits,
            spent_lately.calls_last_hour,
            spent_lately.usd_last_day + spent_lately.usd_uncertain_last_day,
        )
        if found is None and self.network.owner.budgets:
            found = budgets.reached_limit(self.network, self.at)
        return found.sentence if found else ""

    @cached_property
    def activity(self) -> list[ActivityEntry]:
        return recent_activity(self.network, self.recent_runs, self.newest_steps)

    @cached_property
    def leading_tiles(self) -> list[Tile]:
        """Of the newest steps three at most: first the newest that gave something, then what has
        happened since, then the output before it."""
        steps = self.newest_steps
        done = [step for step in steps if step.state == InvocationState.COMPLETED]
        since = [step for step in steps[:1] if step not in done]
        return [
            tiles.step_tile(step, id=f"now-{step.sequence}", options=tiles.WALL)
            for step in [*done[:1], *since, *done[1:]][:3]
        ]

    @property
    def visitor_headline(self) -> str:
        """What the visitor whose run is the newest reads above it."""
        return state_texts.visitor_headline(self.run) if self.run else ""

    @property
    def visitor_page(self) -> str:
        """Address of the visitor page of the newest run."""
        return visitor_access.url_path(self.run) if self.run else ""

    @cached_property
    def storage_full(self) -> bool:
        """The disk of this machine is full: nothing starts and no step begins."""
        return disk_space.is_below_floor()

    @cached_property
    def problems(self) -> list[str]:
        """Why nothing can be started: what the curator has to solve."""
        return list(self.network.problems())

    @property
    def well(self) -> bool:
        """Nothing keeps the network from running, and the newest step has no error."""
        troubles = (
            self.halt,
            self.storage_full,
            self.problems,
            self.exhausted_limit,
            self.platform_troubles,
        )
        failed = bool(self.step and self.step.error_code)
        return not any(troubles) and not self.waits_for_workers and not failed


def status_of_network(network: Network, *, at: datetime | None = None) -> NetworkStatus:
    """With the newest steps, in one query."""
    steps = _newest_steps(network.pk, MAX_LOG_LINES)
    found = _status(network, steps[0] if steps else None, at or timezone.now())
    found.__dict__["newest_steps"] = steps
    return found


def current_status(pk: int) -> NetworkStatus:
    """The same, of a network that may have been edited since it was loaded; it is loaded again."""
    step = next(iter(_newest_steps(pk, 1)), None)
    network = step.network if step else Network.objects.select_related("owner").get(pk=pk)
    return _status(network, step, timezone.now())


def _status(network: Network, step: Invocation | None, at: datetime) -> NetworkStatus:
    run = step.run if step else None
    if run is not None:
        run.network = network
    return NetworkStatus(network, run, step, Halt.current(), at)


def _newest_steps(network: int, limit: int) -> list[Invocation]:
    """Of the newest run that is the network's own, and that nobody took back; newest first."""
    newest = Run.objects.present().filter(network=network).newest_first().values("pk")[:1]
    found = Invocation.objects.select_related("run", "network__owner", *ASSETS)
    return list(found.filter(run=newest).order_by("-sequence")[:limit])


def recent_steps(run: Run, limit: int, *, done: bool = False) -> list[Invocation]:
    """The newest steps of a run, newest first."""
    steps = run.invocations.select_related(*ASSETS).order_by("-sequence")
    if done:
        steps = steps.filter(state=InvocationState.COMPLETED)
    return list(steps[:limit])


def newest_steps_of_runs(counts: Mapping[int, int], limit: int) -> dict[int, list[Invocation]]:
    """The same for many runs at once, in one query; `counts` says how many steps each has."""
    wanted = Q()
    for run, steps in counts.items():
        wanted |= Q(run=run, sequence__gte=steps - limit)
    found: dict[int, list[Invocation]] = {}
    rows = Invocation.objects.filter(wanted).select_related(*ASSETS).order_by("-sequence")
    for step in rows if counts else ():
        found.setdefault(step.run_id, []).append(step)
    return found


def _budget_lines(status: NetworkStatus) -> Iterator[BudgetLine]:
    """Limits of a run are listed while one is under way."""
    limits, spent_lately = status.network.budgets or {}, status.recent_spending
    if calls := limits.get("calls_per_hour"):
        made = spent_lately.calls_last_hour
        words = _("%(made)d of %(most)s calls within an hour")
        yield BudgetLine(words % {"made": made, "most": _number(calls)}, made >= calls)
    if usd := limits.get("usd_per_day"):
        spent = spent_lately.usd_last_day + spent_lately.usd_uncertain_last_day
        words = _("$%(spent)s of $%(most)s within a day")
        amounts = {"spent": number_format(spent, 2), "most": number_format(usd, 2)}
        yield BudgetLine(words % amounts, spent >= usd)
    run = status.run
    if run is None or not run.live:
        return
    if max_laps := limits.get("laps_per_run"):
        steps = status.step.sequence if status.step else 0
        laps = steps / len(run.ring) if run.ring else 0
        words = _("lap %(lap)d of %(most)s")
        made_or_begun = {"lap": int(laps) + 1, "most": _number(max_laps)}
        yield BudgetLine(words % made_or_begun, laps >= max_laps)
    if hours := limits.get("hours_per_run"):
        lasted = run.age(status.at).total_seconds() / SECONDS_PER_HOUR
        words = _("%(hours)s of %(most)s hours")
        amounts = {"hours": number_format(lasted, 1), "most": _number(hours)}
        yield BudgetLine(words % amounts, lasted >= hours)


def _number(value: float) -> str:
    """In the manner of the reader's language, without a fraction that is nothing."""
    return number_format(f"{value:g}")
