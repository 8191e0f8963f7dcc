"""The step that follows another one: which slot, with what input, due when."""

from __future__ import annotations

import random
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from invocations import closing, closing_pace
from invocations.models import Invocation, Run
from invocations.states import RunState
from networks import pacing
from platforms.errors import (
    NotConfigured,
    PlatformError,
    RateLimited,
    Refused,
    TimedOut,
    Unavailable,
    Unusable,
)
from platforms.registry import UnknownModel, get_model

if TYPE_CHECKING:
    from assets.models import Asset


def follow(
    run: Run,
    step: Invocation,
    *,
    text: str,
    asset: Asset | None,
    at: datetime,
    reading: float = 0.0,
) -> Invocation:
    """Write the step that takes what `step` gave. `reading`: seconds in which people read that on a
    board, in addition to the pace."""
    # After a step that was left out, sequence and slot are no longer in step with each other.
    slot = (step.slot + 1) % len(run.ring)
    return _write(run, step, slot, text=text, asset=asset, at=at, reading=reading)


def write_after_skipped(run: Run, step: Invocation, *, at: datetime) -> Invocation:
    """Write the step that takes what `step` should have taken: at the next slot that can."""
    slot = _next_taker(run, step)
    return _write(run, step, slot, text=step.input_text, asset=step.input_asset, at=at)


def _write(
    run: Run,
    step: Invocation,
    slot: int,
    *,
    text: str,
    asset: Asset | None,
    at: datetime,
    reading: float = 0.0,
) -> Invocation:
    model = run.ring_slot(slot).model
    return Invocation.write(
        run=run,
        network=run.network,
        sequence=step.sequence + 1,
        slot=slot,
        model=model,
        input_text=text,
        input_asset=asset,
        created_at=at,
        due_at=_due(run, step, model, at, reading),
    )


def _due(
    run: Run, step: Invocation, following: str, at: datetime, reading: float
) -> datetime | None:
    """When the next step may begin; None while the run is paused."""
    if run.state == RunState.PAUSED:
        return None
    wait = pacing.delay(run.network.pacing, run.age(at).total_seconds())
    try:
        own = get_model(step.model).post_wait_seconds + get_model(following).pre_wait_seconds
    except UnknownModel:  # the claim will say so to the owner
        own = 0.0
    if run.network.pace_to_closing:
        own = max(own, closing_pace.delay(run.network, at, step_seconds=step.seconds or 0.0))
    return closing.next_open(run, at + timedelta(seconds=max(wait, own) + reading))


def _next_taker(run: Run, step: Invocation) -> int:
    wanted = step.input_modality
    for ahead in range(1, len(run.ring) + 1):
        slot = (step.slot + ahead) % len(run.ring)
        try:
            if get_model(run.ring_slot(slot).model).input is wanted:
                return slot
        except UnknownModel:
            continue
    return step.slot


@dataclass(frozen=True, slots=True)
class Rule:
    """At most `tries` in all; waits up to `base * 2**n` seconds, never beyond `ceiling`."""

    tries: int
    base: float = 1.0
    ceiling: float = 60.0


class NotStored(Unavailable):
    """The output could not be stored: a fault of this installation, and no outage of a platform."""


class InternalError(Unavailable):
    """A fault in our own code, or an adapter's: no outage of a platform."""


class Expired(Unavailable):
    """The output's address does not lead anywhere any more; the next try asks for another one."""

    code = Unusable.code


RULES: dict[type[PlatformError], Rule] = {
    Unavailable: Rule(tries=6),
    RateLimited: Rule(tries=10),
    TimedOut: Rule(tries=3, base=2.0),
    NotConfigured: Rule(tries=1),
    Refused: Rule(tries=1),
    Unusable: Rule(tries=1),  # the same would come again
    # What is out there is kept by its id, so waiting is free.
    NotStored: Rule(tries=60, base=5.0),
}


def wait(error: PlatformError, tries: int, *, roll: float | None = None) -> float | None:
    """Seconds until try number `tries + 1`, or None when `tries` were enough.

    `roll` (0 to 1) stands in for the dice. A provider's `retry_after` is a lower bound.
    """
    rule = RULES.get(type(error), RULES[Unavailable])
    if tries >= rule.tries:
        return None
    dice = random.random() if roll is None else roll  # noqa: S311 (jitter, not a secret)
    pause = dice * min(rule.ceiling, rule.base * 2.0 ** (tries - 1))
    if isinstance(error, RateLimited) and error.retry_after is not None:
        return error.retry_after + pause
    return pause
