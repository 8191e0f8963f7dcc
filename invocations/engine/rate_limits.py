"""Rate limits: calls at once, calls a minute, a provider's wish to wait, and the circuit breaker.

Only platforms with keys or with limits of their own have them; the others pass without a query.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.conf import settings
from django.db.models import Q
from django.utils.translation import gettext, ngettext

from invocations import alerts, events
from invocations.leases import MAX_LOSSES, LeaseQuerySet
from invocations.models import Attempt, Invocation, RateLimiter
from invocations.wakeups import wake_worker
from networks.models import Network
from platforms.base import Limits, Model
from platforms.errors import PlatformError, RateLimited, TimedOut, Unavailable
from platforms.registry import UnknownModel, get_platform

RETRY_AFTER = timedelta(seconds=1)  # until a place may have become free
DEFAULT_HOLD = timedelta(seconds=5)  # where a provider says "slow down" and not for how long
MINUTE = timedelta(minutes=1)
SUSPECTS = "~suspects"  # the key of no platform: what passes may take its worker down


@dataclass(frozen=True, slots=True)
class Limiters:
    """Which rate limiters a call passes; empty keys where there are none."""

    platform: str
    credential: str
    limits: Limits
    model: str = ""

    @property
    def keys(self) -> list[str]:
        """What is limited: all calls to the platform, and those with this credential."""
        if not self.platform:
            return []
        keys = [self.platform]
        return [*keys, f"{self.platform}/{self.credential}"] if self.credential else keys

    @property
    def breaker_keys(self) -> list[str]:
        """What can be at fault besides: the model, with whatever credential and with this one."""
        of_both = [f"{self.model}#{self.credential}"] if self.credential else []
        return [self.model, *of_both] if self.platform else []

    def calls_under(self, key: str) -> LeaseQuerySet[Attempt]:
        """The calls that the limiter or breaker of `key` counts."""
        calls = Attempt.objects.filter(platform=self.platform)
        if key in self.breaker_keys:
            calls = calls.filter(invocation__model=self.model)
        with_credential = self.keys[1:] + self.breaker_keys[1:]
        return calls.filter(credential=self.credential) if key in with_credential else calls


def limiters_of(model: Model, fingerprint: str) -> Limiters:
    """The rate limiters of a call to `model` with the key of this fingerprint."""
    platform = get_platform(model.platform)
    limits = _limits(platform.slug)
    if not platform.key_settings and limits == Limits():
        return Limiters("", "", limits)
    return Limiters(platform.slug, fingerprint, limits, model.id)


def blocked_until(
    limiters: Limiters, step: Invocation, at: datetime
) -> tuple[datetime | None, bool]:
    """When `step` is to come back (None: pass now), and whether that is because the platform rests.

    Within the claim's transaction, which holds the rate limiters from here on.
    """
    if not limiters.keys:
        return None, False
    locked = RateLimiter.lock(limiters.keys, existing=limiters.breaker_keys)
    if resting := [row.open_until for row in locked if row.is_open(at)]:
        return max(until for until in resting if until), True
    held = [row.held_until for row in locked if row.held_until and row.held_until > at]
    if held:
        return max(held), False
    half_open = [row.key for row in locked if row.is_half_open(at)]
    return _full_until(limiters, step, at, half_open=half_open), False


def _full_until(
    limiters: Limiters, step: Invocation, at: datetime, *, half_open: Sequence[str]
) -> datetime | None:
    at_once = limiters.limits.calls_at_once
    caps = {} if at_once is None else dict.fromkeys(limiters.keys, at_once)
    for key, most in (caps | dict.fromkeys(half_open, 1)).items():
        under_way = limiters.calls_under(key).live().count()
        if under_way + _count_ahead(limiters, step, at) >= most:
            return at + RETRY_AFTER
    a_minute = limiters.limits.calls_per_minute
    for key in limiters.keys:
        if a_minute is None:
            break
        # Not after the next minute: such calls began before the clock was set back.
        minutes = limiters.calls_under(key).filter(
            started_at__gt=at - MINUTE, started_at__lt=at + MINUTE
        )
        recent = minutes.order_by("-started_at").values_list("started_at", flat=True)
        if times := list(recent[a_minute - 1 : a_minute]):
            return times[0] + MINUTE
    return None


def _count_ahead(limiters: Limiters, step: Invocation, at: datetime) -> int:
    """How many queue before `step` and will be back at once: their places are kept.

    Or a network that never waits would take every place before the others look again.
    """
    first = Invocation.objects.queueing(limiters.platform, before=at + RETRY_AFTER)
    others = first.exclude(pk=step.pk)
    if step.queueing_since is not None:
        others = others.filter(queueing_since__lt=step.queueing_since)
    return others.count()


def wake_next_in_queue(limiters: Limiters, at: datetime) -> None:
    """A place has become free: whoever queues for it longest need not wait for the next look.

    Within the outcome's transaction, after its attempt was closed.
    """
    if not limiters.keys or limiters.limits.calls_at_once is None:
        return
    queue = Invocation.objects.queueing(limiters.platform, before=at + RETRY_AFTER).filter(
        due_at__gt=at
    )
    # Not held by a stop of its run: two transactions that wait for each other's rows never end.
    first = queue.select_for_update(skip_locked=True).first()
    if first is not None:
        queue.filter(pk=first.pk).update(due_at=at)
        wake_worker()


def suspect_until(step: Invocation, at: datetime) -> datetime | None:
    """When to come back with a step that has lost its worker all but once too often.

    Such steps are tried with no other of them at once: whatever took a worker down with all its
    calls, only the guilty one can be blamed for the last time. Within the claim's transaction.
    """
    if step.losses < MAX_LOSSES - 1:
        return None
    RateLimiter.lock([SUSPECTS])
    others = Attempt.objects.live().filter(invocation__losses__gte=MAX_LOSSES - 1)
    return at + RETRY_AFTER if others.exists() else None


def note_success(limiters: Limiters, at: datetime) -> None:
    """Within the outcome's transaction. Writes only where there was trouble."""
    keys = [*limiters.keys, *limiters.breaker_keys]
    if not keys or not RateLimiter.objects.filter(key__in=keys, failures__gt=0).exists():
        return
    for row in RateLimiter.lock(limiters.keys, existing=limiters.breaker_keys):
        model = limiters.model if row.key in limiters.breaker_keys else None
        if row.openings:
            recovered = events.PlatformRecovered(limiters.platform, model)
            events.publish_to_mission_control(recovered)
        if row.has_failed:
            row.count_success()
            alerts.tell_provider_recovered(row.key, limiters.platform, model, at=at)


def note_failure(limiters: Limiters, error: PlatformError, at: datetime) -> None:
    """Within the outcome's transaction: keep others from running into the same fault.

    An answer that came is no outage, whatever it was.
    """
    is_outage = type(error) in (Unavailable, TimedOut)
    if not limiters.keys or not (is_outage or isinstance(error, RateLimited)):
        return
    if isinstance(error, RateLimited):
        wish = error.retry_after
        pause = DEFAULT_HOLD if wish is None else timedelta(seconds=wish)
        (limiter,) = RateLimiter.lock(limiters.keys[-1:])  # the credential's, where there is one
        limiter.hold(at + pause)
        return
    source = [limiters.model, limiters.credential]
    for row in RateLimiter.lock([*limiters.keys, *limiters.breaker_keys]):
        if row.count_failure(source, at):
            model = limiters.model if row.key in limiters.breaker_keys else None
            events.publish_to_mission_control(events.PlatformRested(limiters.platform, model))
            alerts.tell_provider_down(row.key, limiters.platform, model, at=at)


def is_resting(model_id: str, at: datetime) -> bool:
    """Whether the breaker of the model, with any credential, or of its platform is open."""
    mine = Q(key=model_id) | Q(key__startswith=f"{model_id}#") | Q(key=model_id.partition(":")[0])
    return RateLimiter.objects.filter(mine, open_until__gt=at).exists()


def describe_problems(network: Network, at: datetime) -> list[str]:
    """What rests or waits just now of what the network's ring asks, in words for the control room."""
    models = {slot.model for slot in network.ring}
    slugs = {model_id.partition(":")[0] for model_id in models}
    troubled = Q(open_until__gt=at) | Q(held_until__gt=at)
    rows = RateLimiter.objects.filter(troubled).exclude(key=SUSPECTS)
    found = []
    for row in rows:
        what, _, credential = row.key.partition("#" if ":" in row.key else "/")
        slug = what.partition(":")[0]
        if what not in slugs | models:
            continue
        if credential and credential != network.credential_resolver.resolve(slug).fingerprint:
            continue
        label = _label(slug) + (f" ({what.partition(':')[2]})" if ":" in what else "")
        if row.is_open(at):
            words = gettext(
                "%(platform)s failed %(times)d times in a row; it is tried again at %(at)s UTC."
            )
        else:
            words = gettext("%(platform)s asked us to slow down until %(at)s UTC.")
        until = row.open_until if row.is_open(at) else row.held_until
        details = {"platform": label, "times": row.failures, "at": f"{until:%H:%M:%S}"}
        found.append(words % details)
    return found + [queue for slug in sorted(slugs) if (queue := _queue(slug, at))]


def _queue(slug: str, at: datetime) -> str:
    """In words, how many steps wait for one of the platform's places; empty when there is no limit."""
    most = _limits(slug).calls_at_once
    waiting = (
        Invocation.objects.queueing(slug, before=at + RETRY_AFTER).count()
        if most is not None
        else 0
    )
    if not waiting:
        return ""
    words = ngettext(
        "%(steps)d step waits for a free place at %(platform)s, which takes %(most)d calls at once.",
        "%(steps)d steps wait for a free place at %(platform)s, which takes %(most)d calls at once.",
        waiting,
    )
    return words % {"steps": waiting, "platform": _label(slug), "most": most}


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
