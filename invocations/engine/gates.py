"""Passing a gate: calls at once, calls a minute, a provider's wish to wait, and the circuit breaker.

Only platforms with keys or with limits of their own have gates; the others pass without a query.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.conf import settings

from invocations import events
from invocations.models import Attempt, Gate, Invocation
from invocations.runs import wake_worker
from platforms.base import Limits, Model
from platforms.errors import PlatformError, RateLimited, TimedOut, Unavailable
from platforms.registry import UnknownModel, get_platform

from .retries import MAX_LOSSES

LOOK_AGAIN = timedelta(seconds=1)  # until a place may have become free
DEFAULT_HOLD = timedelta(seconds=5)  # where a provider says "slow down" and not for how long
MINUTE = timedelta(minutes=1)
SUSPECTS = "~suspects"  # a gate of no platform: what passes may take its worker down


@dataclass(frozen=True, slots=True)
class Passage:
    """Which gates a call goes through; empty keys where there are none."""

    platform: str
    credential: str
    limits: Limits

    @property
    def keys(self) -> list[str]:
        if not self.platform:
            return []
        keys = [self.platform]
        return [*keys, f"{self.platform}/{self.credential}"] if self.credential else keys


def passage(model: Model, mark: str) -> Passage:
    """The gates of a call to `model` with the key of this mark."""
    platform = get_platform(model.platform)
    limits = _limits(platform.slug)
    if not platform.key_settings and limits == Limits():
        return Passage("", "", limits)
    return Passage(platform.slug, mark, limits)


def blocked_until(way: Passage, step: Invocation, at: datetime) -> tuple[datetime | None, bool]:
    """When `step` is to come back (None: pass now), and whether that is because the platform rests.

    Within the claim's transaction, which holds the gates from here on.
    """
    if not way.keys:
        return None, False
    locked = Gate.lock(way.keys)
    if resting := [gate.resting_until for gate in locked if gate.is_resting(at)]:
        return max(until for until in resting if until), True
    held = [gate.held_until for gate in locked if gate.held_until and gate.held_until > at]
    if held:
        return max(held), False
    return _crowded(way, step, at, proving=any(gate.proving for gate in locked)), False


def _crowded(way: Passage, step: Invocation, at: datetime, *, proving: bool) -> datetime | None:
    for key in way.keys:
        calls = Attempt.objects.through(key)
        at_once = 1 if proving else way.limits.calls_at_once
        if at_once is not None and calls.live().count() + _ahead(way, step, at) >= at_once:
            return at + LOOK_AGAIN
        a_minute = way.limits.calls_per_minute
        if a_minute is not None:
            # Not after the next minute: such calls began before the clock was set back.
            minutes = calls.filter(started_at__gt=at - MINUTE, started_at__lt=at + MINUTE)
            recent = minutes.order_by("-started_at")
            times = list(recent.values_list("started_at", flat=True)[a_minute - 1 : a_minute])
            if times:
                return times[0] + MINUTE
    return None


def _ahead(way: Passage, step: Invocation, at: datetime) -> int:
    """How many came to this gate before `step` and will be back at once: their places are kept.

    Or a network that never waits would take every place before the others look again.
    """
    first = Invocation.objects.queueing(way.platform, before=at + LOOK_AGAIN)
    others = first.exclude(pk=step.pk)
    if step.turned_away_at is not None:
        others = others.filter(turned_away_at__lt=step.turned_away_at)
    return others.count()


def let_next_in(way: Passage, at: datetime) -> None:
    """A place has become free: whoever queues for it longest need not wait for the next look.

    Within the outcome's transaction, after its attempt was closed.
    """
    if not way.keys or way.limits.calls_at_once is None:
        return
    queue = Invocation.objects.queueing(way.platform, before=at + LOOK_AGAIN).filter(due_at__gt=at)
    # Not held by a stop of its run: two transactions that wait for each other's rows never end.
    first = queue.select_for_update(skip_locked=True).first()
    if first is not None:
        queue.filter(pk=first.pk).update(due_at=at)
        wake_worker()


def suspect_until(step: Invocation, at: datetime) -> datetime | None:
    """When to come back with a step that has lost its worker all but once too often.

    Such steps are tried with no other of them under way: whatever took a worker down with all its
    calls, only the guilty one can be blamed for the last time. Within the claim's transaction.
    """
    if step.losses < MAX_LOSSES - 1:
        return None
    Gate.lock([SUSPECTS])
    others = Attempt.objects.live().filter(invocation__losses__gte=MAX_LOSSES - 1)
    return at + LOOK_AGAIN if others.exists() else None


def note_success(way: Passage) -> None:
    """Within the outcome's transaction. Writes only where there was trouble."""
    if not way.keys or not Gate.objects.filter(key__in=way.keys, failures__gt=0).exists():
        return
    for gate in Gate.lock(way.keys):
        if gate.proving:
            events.platform_moved(gate.key, "platform.recovered")
        if gate.troubled:
            gate.count_success()


def note_failure(way: Passage, error: PlatformError, at: datetime) -> None:
    """Within the outcome's transaction: keep others from running into the same wall."""
    if not way.keys or not isinstance(error, (RateLimited, Unavailable, TimedOut)):
        return
    locked = Gate.lock(way.keys)
    if isinstance(error, RateLimited):
        wish = error.retry_after
        pause = DEFAULT_HOLD if wish is None else timedelta(seconds=wish)
        locked[-1].hold(at + pause)  # the credential's, where there is one
    elif locked[0].count_failure(at):
        events.platform_moved(locked[0].key, "platform.rested")


def troubles(model_ids: Iterable[str], at: datetime) -> list[str]:
    """Which platforms of these models rest or wait just now, in words for the control room."""
    slugs = {model_id.partition(":")[0] for model_id in model_ids}
    found = []
    for gate in Gate.objects.filter(key__in=slugs):
        if gate.is_resting(at):
            found.append(
                f"{_label(gate.key)} failed {gate.failures} times in a row; "
                f"it is tried again at {gate.resting_until:%H:%M:%S} UTC."
            )
        elif gate.held_until and gate.held_until > at:
            found.append(
                f"{_label(gate.key)} asked us to slow down until {gate.held_until:%H:%M:%S} UTC."
            )
    return found + [queue for slug in sorted(slugs) if (queue := _queue(slug, at))]


def _queue(slug: str, at: datetime) -> str:
    """In words, how many steps wait for one of the platform's places; empty when there is no limit."""
    most = _limits(slug).calls_at_once
    waiting = (
        Invocation.objects.queueing(slug, before=at + LOOK_AGAIN).count() if most is not None else 0
    )
    if not waiting:
        return ""
    steps = "1 step waits" if waiting == 1 else f"{waiting} steps wait"
    return f"{steps} for a free place at {_label(slug)}, which takes {most} calls at once."


def _limits(slug: str) -> Limits:
    try:
        own = get_platform(slug).limits
    except UnknownModel:
        own = Limits()
    return settings.PLATFORM_LIMITS.get(slug, own)


def _label(slug: str) -> str:
    try:
        return get_platform(slug).label
    except UnknownModel:
        return slug
