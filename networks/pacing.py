"""How long to wait before the next step: longer, the older the run."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from django.utils.translation import gettext

Step = Mapping[str, float | None]
MAX_DELAY_SECONDS = 86_400

# Somebody is watching a young run; of an old one, every step may cost money and nobody may look.
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
    found: list[str] = []
    before = 0.0
    for number, step in enumerate(steps, 1):
        until, wait = step.get("until_seconds"), step.get("delay_seconds")
        if wait is None or not 0 <= wait <= MAX_DELAY_SECONDS:
            wrong = gettext(
                "Pacing step %(number)d: the delay must lie between 0 and 86,400 seconds."
            )
            found.append(wrong % {"number": number})
        if until is None:
            if number != len(steps):
                wrong = gettext("Pacing step %(number)d: only the last step may have no end.")
                found.append(wrong % {"number": number})
        elif until <= before:
            wrong = gettext("Pacing step %(number)d: it must end after the step before it.")
            found.append(wrong % {"number": number})
        else:
            before = until
    return found


def spell_out(steps: Sequence[Step]) -> list[dict[str, float | None]]:
    """With both parts of every step, also where one was left out."""
    names = ("until_seconds", "delay_seconds")
    return [{name: step.get(name) for name in names} for step in steps]
