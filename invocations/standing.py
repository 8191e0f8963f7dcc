"""How a network stands right now: what runs, which step, what is next, who has to wait."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property

from django.db.models import Q
from django.utils import timezone

from networks.models import Network

from . import allowance, budgets, forecasts, happenings, souvenirs, tiles, wording
from .engine import gates
from .happenings import Happening
from .models import Halt, Invocation, Run, StopAll
from .states import InvocationState, Reason, RunState
from .tiles import Line, Tile

LOG_STEPS = 8
ASSETS = ("input_asset", "output_asset")


@dataclass(frozen=True)
class Standing:
    """The newest run of a network and its newest step, as one moment."""

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

    @property
    def locked_until(self) -> datetime | None:
        until = self.run.lockout_until if self.run else None
        return until if until and until > self.at else None

    @property
    def panicked(self) -> bool:
        """Stopped by the red button, and nothing has begun since."""
        return self.run is not None and self.run.reason == Reason.PANIC

    @property
    def ending(self) -> str:
        """Why the newest run is over; empty while it lives."""
        return wording.ending(self.run) if self.run else ""

    @property
    def advice(self) -> str:
        """What somebody can do about the newest step's trouble."""
        return wording.advice(self.step.error_code, over=not self.live) if self.step else ""

    @property
    def steps(self) -> int:
        """How many the newest run has made or begun."""
        return self.step.sequence + 1 if self.step else 0

    @property
    def step_model(self) -> str:
        """The newest step's model as people call it."""
        return tiles.described(self.step.model)[0] if self.step else ""

    @property
    def waits_for_workers(self) -> bool:
        """Due for so long that nobody can be working."""
        due = self.next_at
        return bool(due and (self.at - due).total_seconds() > 10)

    @cached_property
    def recent_runs(self) -> list[Run]:
        """With their totals, the newest first; for those who may control."""
        return list(self.network.runs.with_totals().newest_first()[: happenings.MOST + 1])

    @cached_property
    def newest(self) -> list[Invocation]:
        """The newest steps, newest first; as many as the log has lines."""
        return recent_steps(self.run, LOG_STEPS) if self.run else []

    @property
    def log(self) -> list[Line]:
        return [tiles.line(step) for step in self.newest]

    @cached_property
    def forecast(self) -> forecasts.Forecast:
        """What the next lap takes and costs."""
        return forecasts.forecast(self.network)

    @cached_property
    def burn(self) -> forecasts.Burn:
        """What was spent lately."""
        return forecasts.burn(self.network, self.at)

    @cached_property
    def platform_troubles(self) -> list[str]:
        """Which platforms of the ring rest or ask us to wait, in words."""
        return gates.troubles((slot.model for slot in self.network.ring), self.at)

    @cached_property
    def allowance(self) -> list[allowance.Line]:
        """What is left of what the network may spend, a line for each limit."""
        steps = self.step.sequence if self.step else 0
        laps = steps / len(self.run.ring) if self.run and self.run.ring else 0
        return allowance.lines(self.network.budgets or {}, self.burn, self.run, laps, self.at)

    @cached_property
    def spent(self) -> str:
        """Which limit lets nothing start now, in words; empty where there is room."""
        burn, limits = self.burn, self.network.budgets or {}
        found = budgets.reached(limits, burn.calls_last_hour, burn.usd_last_day)
        if found is None and self.network.owner.budgets:
            found = budgets.spent(self.network, self.at)
        return found.sentence if found else ""

    @cached_property
    def happenings(self) -> list[Happening]:
        return happenings.of(self.network, self.recent_runs, self.newest)

    @cached_property
    def now(self) -> Tile | None:
        """The newest step that gave something, as a tile."""
        output = self.output
        return tiles.of_step(output, id="now-tile", look=tiles.WALL) if output else None

    @property
    def souvenir(self) -> str:
        """The page that is left of the newest run."""
        return souvenirs.address(self.run) if self.run else ""

    @cached_property
    def resting(self) -> bool:
        """Nothing can be started: the ring has problems that somebody has to look after."""
        return bool(self.network.problems())

    @cached_property
    def output(self) -> Invocation | None:
        """The newest step that gave something."""
        found = recent_steps(self.run, 1, done=True) if self.run else []
        return found[0] if found else None


def standing_of(network: Network, *, at: datetime | None = None) -> Standing:
    """With the newest steps, in one query."""
    steps = _newest_steps(network.pk, LOG_STEPS)
    found = _standing(network, steps[0] if steps else None, at or timezone.now())
    found.__dict__["newest"] = steps
    return found


def standing_now(pk: int) -> Standing:
    """The same, of a network that may have been edited since it was loaded."""
    step = next(iter(_newest_steps(pk, 1)), None)
    network = step.network if step else Network.objects.select_related("owner").get(pk=pk)
    return _standing(network, step, timezone.now())


def _standing(network: Network, step: Invocation | None, at: datetime) -> Standing:
    run = step.run if step else None
    if run is not None:
        run.network = network
    return Standing(network, run, step, Halt.current(), at)


def _newest_steps(network: int, most: int) -> list[Invocation]:
    """Of the newest run that is the network's own, and that nobody took back; newest first."""
    newest = Run.objects.present().filter(network=network).newest_first().values("pk")[:1]
    found = Invocation.objects.select_related("run", "network__owner", *ASSETS)
    return list(found.filter(run=newest).order_by("-sequence")[:most])


def recent_steps(run: Run, most: int, *, done: bool = False) -> list[Invocation]:
    """The newest steps of a run, newest first."""
    steps = run.invocations.select_related(*ASSETS).order_by("-sequence")
    if done:
        steps = steps.filter(state=InvocationState.COMPLETED)
    return list(steps[:most])


def newest_steps(counts: Mapping[int, int], most: int) -> dict[int, list[Invocation]]:
    """The same for many runs at once, in one query; `counts` says how many steps each has."""
    wanted = Q()
    for run, steps in counts.items():
        wanted |= Q(run=run, sequence__gte=steps - most)
    found: dict[int, list[Invocation]] = {}
    rows = Invocation.objects.filter(wanted).select_related(*ASSETS).order_by("-sequence")
    for step in rows if counts else ():
        found.setdefault(step.run_id, []).append(step)
    return found
