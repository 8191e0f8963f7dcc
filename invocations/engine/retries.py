"""When a failed try is worth another one: a rule per class of error, exponential with full jitter."""

from __future__ import annotations

import random
from dataclasses import dataclass

from platforms.errors import (
    NotConfigured,
    PlatformError,
    RateLimited,
    Refused,
    TimedOut,
    Unavailable,
)

MAX_LOSSES = 3  # a step that took its worker down this often is poison


@dataclass(frozen=True, slots=True)
class Rule:
    """At most `tries` in all; waits up to `base * 2**n` seconds, never beyond `ceiling`."""

    tries: int
    base: float = 1.0
    ceiling: float = 60.0


RULES: dict[type[PlatformError], Rule] = {
    Unavailable: Rule(tries=6),
    RateLimited: Rule(tries=10),
    TimedOut: Rule(tries=3, base=2.0),
    NotConfigured: Rule(tries=1),
    Refused: Rule(tries=1),
}
NO_STORAGE = Rule(tries=60, base=5.0)  # what is out there is kept by its id, so waiting is free


def wait(
    error: PlatformError, tries: int, *, rule: Rule | None = None, roll: float | None = None
) -> float | None:
    """Seconds until try number `tries + 1`, or None when `tries` were enough.

    `roll` (0 to 1) stands in for the dice. A provider's `retry_after` is a lower bound.
    """
    rule = rule or RULES.get(type(error), RULES[Unavailable])
    if tries >= rule.tries:
        return None
    dice = random.random() if roll is None else roll  # noqa: S311 (jitter, not a secret)
    pause = dice * min(rule.ceiling, rule.base * 2.0 ** (tries - 1))
    if isinstance(error, RateLimited) and error.retry_after is not None:
        return error.retry_after + pause
    return pause
