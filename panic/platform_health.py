"""How platforms answer, and what went wrong within a day, for mission control."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db.models import Avg, Count, Max, Q
from django.utils.translation import gettext as _

from invocations.models import Attempt, Invocation, RateLimiter
from platforms import registry
from studio.state_texts import advice

HOUR, DAY = timedelta(hours=1), timedelta(days=1)
MAX_ERRORS = 100


@dataclass(frozen=True, slots=True)
class PlatformHealth:
    """Of the last hour. `troubles`: open circuit breakers, and waits that providers have asked for, in words."""

    label: str
    calls: int
    failed: int
    seconds: float | None
    troubles: list[str]

    @property
    def is_well(self) -> bool:
        return not self.troubles and self.failed * 5 <= self.calls


@dataclass(frozen=True, slots=True)
class ErrorGroup:
    """Attempts that failed alike; `step`: the newest of them."""

    platform: str
    model: str
    code: str
    times: int
    last_at: datetime
    advice: str
    step: Invocation
    sentence: str


def platform_health(at: datetime) -> list[PlatformHealth]:
    """Those that were asked within an hour, or that rest. Two queries."""
    troubles: dict[str, list[str]] = {}
    for slug, sentence in _troubles(at):
        troubles.setdefault(slug, []).append(sentence)
    calls = {row["platform"]: row for row in _calls(at - HOUR)}
    found = []
    for platform in registry.all_platforms():
        row = calls.get(platform.slug)
        if row or platform.slug in troubles:
            counts = row or {"calls": 0, "failed": 0, "seconds": None}
            found.append(
                PlatformHealth(
                    str(platform.shown_label),
                    counts["calls"],
                    counts["failed"],
                    counts["seconds"],
                    troubles.get(platform.slug, []),
                )
            )
    return found


def _calls(since: datetime) -> list[Any]:
    # By name: the index is of platform and time.
    slugs = [platform.slug for platform in registry.all_platforms()]
    rows = Attempt.objects.filter(platform__in=slugs, started_at__gt=since)
    failed = Count("pk", filter=~Q(error_code=""))
    return list(
        rows.order_by()
        .values("platform")
        .annotate(calls=Count("pk"), failed=failed, seconds=Avg("seconds"))
    )


def _troubles(at: datetime) -> Iterator[tuple[str, str]]:
    waiting = Q(open_until__gt=at) | Q(held_until__gt=at)
    for row in RateLimiter.objects.filter(waiting).exclude(key__startswith="~"):
        slug, _sign, model = row.key.partition("#")[0].partition("/")[0].partition(":")
        until = row.open_until if row.is_open(at) else row.held_until
        if row.is_open(at):
            words = _("%(what)s failed %(times)d times in a row: it rests until %(time)s UTC.")
        else:
            words = _("%(what)s asked us to slow down until %(time)s UTC.")
        facts = {
            "what": model or _label_of(slug),
            "times": row.failures,
            "time": f"{until:%H:%M:%S}",
        }
        yield slug, words % facts


def _label_of(slug: str) -> str:
    labels = {one.slug: one.shown_label for one in registry.all_platforms()}
    return str(labels.get(slug, slug))


def errors_of_last_day(at: datetime) -> list[ErrorGroup]:
    """The newest first. Two queries."""
    slugs = [platform.slug for platform in registry.all_platforms()]
    rows = Attempt.objects.filter(platform__in=slugs, started_at__gt=at - DAY).exclude(
        error_code=""
    )
    alike = rows.order_by().values("platform", "invocation__model", "error_code")
    counted = alike.annotate(times=Count("pk"), last=Max("pk")).order_by("-last")[:MAX_ERRORS]
    groups = list(counted)
    newest = Attempt.objects.select_related("invocation__network").in_bulk(
        [group["last"] for group in groups]
    )
    return [
        ErrorGroup(
            platform=group["platform"],
            model=group["invocation__model"],
            code=group["error_code"],
            times=group["times"],
            last_at=newest[group["last"]].started_at,
            advice=advice(group["error_code"]),
            step=newest[group["last"]].invocation,
            sentence=newest[group["last"]].error_detail,
        )
        for group in groups
        if group["last"] in newest
    ]
