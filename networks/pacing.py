"""How long to wait before the next step: longer, the older the run."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

Step = Mapping[str, float | None]

# Somebody is watching a young run; an old one goes on for its own sake, and every step may cost.
DEFAULT: list[dict[str, float | None]] = [
    {"until_seconds": 600, "delay_seconds": 1},
    {"until_seconds": 3600, "delay_seconds": 15},
    {"until_seconds": None, "delay_seconds": 600},
]


def default() -> list[dict[str, float | None]]:
    return [dict(step) for step in DEFAULT]


def delay(steps: Sequence[Step], age: float) -> float:
    """Seconds to wait for a run of `age` seconds; 0 with no steps at all."""
    for step in steps:
        until = step["until_seconds"]
        if until is None or age < until:
            return float(step["delay_seconds"] or 0)
    return float(steps[-1]["delay_seconds"] or 0) if steps else 0.0


def problems(steps: Sequence[Step]) -> list[str]:
    """What is wrong with a pacing table, in words."""
    found, before = [], 0.0
    for number, step in enumerate(steps):
        until, wait = step.get("until_seconds"), step.get("delay_seconds")
        if wait is None or not 0 <= wait <= 86_400:
            found.append(f"Pacing step {number}: the delay must lie between 0 and 86,400 seconds.")
        if until is None:
            if number != len(steps) - 1:
                found.append(f"Pacing step {number}: only the last step may have no end.")
        elif until <= before:
            found.append(f"Pacing step {number}: it must end after the step before it.")
        else:
            before = until
    return found
