"""How much of what a network may spend is spent, a line for each of its limits."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

from .forecasts import Burn

if TYPE_CHECKING:
    from .models import Run

HOUR = 3600


@dataclass(frozen=True, slots=True)
class Line:
    """`5 of 5 calls this hour`. `spent`: there is nothing left of it."""

    words: str
    spent: bool


def lines(
    limits: Mapping[str, float | None], burn: Burn, run: Run | None, laps: float, at: datetime
) -> list[Line]:
    """`laps`: how often the run has gone round. Limits of a run are shown while there is one."""
    found: list[Line] = []
    if calls := limits.get("calls_per_hour"):
        made = burn.calls_last_hour
        found.append(Line(f"{made} of {calls:g} calls within an hour", made >= calls))
    if usd := limits.get("usd_per_day"):
        gone = burn.usd_last_day
        found.append(Line(f"${gone:.2f} of ${usd:.2f} within a day", gone >= usd))
    if run is not None and run.live:
        found += _of_run(limits, run, laps, at)
    return found


def _of_run(limits: Mapping[str, float | None], run: Run, laps: float, at: datetime) -> list[Line]:
    found: list[Line] = []
    if most := limits.get("laps_per_run"):
        found.append(Line(f"lap {int(laps) + 1} of {most:g}", laps >= most))
    if hours := limits.get("hours_per_run"):
        lasted = run.age(at).total_seconds() / HOUR
        found.append(Line(f"{lasted:.1f} of {hours:g} hours", lasted >= hours))
    return found
