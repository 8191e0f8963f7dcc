"""When a place is open: weekly hours in a time zone, dates on which it is closed, and what follows
from them. Pure: no rows, no clock of its own.

Times are those on the wall of the place. On the day on which clocks change, an opening in the hour
that is left out comes an hour later by that clock, and of an hour that comes twice the first opens and
the second closes.
"""

from __future__ import annotations

import zoneinfo
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta, tzinfo
from functools import lru_cache
from typing import Any, Self

DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
DAY = timedelta(days=1)
_HORIZONS = (10, 60, 400)  # days ahead; further is looked only where nothing changes before
_LONG_OPEN = 60  # a place that is open for longer is taken for one that never closes


@dataclass(frozen=True, slots=True)
class OpeningPeriod:
    """On these days from `opens` to `closes`, which is on the next day where it is not later; equal
    means a whole day. `closed_on`: dates on which it does not open."""

    days: tuple[str, ...]
    opens: time
    closes: time
    zone: str
    closed_on: tuple[date, ...] = ()

    @classmethod
    def from_json(cls, value: Mapping[str, Any], closed_on: Sequence[str] = ()) -> Self:
        return cls(
            days=tuple(value["days"]),
            opens=time.fromisoformat(value["opens"]),
            closes=time.fromisoformat(value["closes"]),
            zone=value["zone"],
            closed_on=tuple(map(date.fromisoformat, value.get("closed_on", closed_on))),
        )

    def on(self, day: date) -> OpenInterval | None:
        """The interval that begins on this day, if any."""
        if DAYS[day.weekday()] not in self.days or day in self.closed_on:
            return None
        zone = find_zone(self.zone)
        last_day = day if self.closes > self.opens else day + DAY
        opens = datetime.combine(day, self.opens, zone).astimezone(UTC)
        last = datetime.combine(last_day, self.closes, zone)
        closes = max(last.astimezone(UTC), last.replace(fold=1).astimezone(UTC))
        began = datetime.combine(day, time(), zone).astimezone(UTC)
        return OpenInterval(opens, closes, began) if opens < closes else None


@dataclass(frozen=True, slots=True)
class OpenInterval:
    """Open from `opens` to just before `closes`; `day_began`: midnight of the day on which it opens."""

    opens: datetime
    closes: datetime
    day_began: datetime


@dataclass(frozen=True, slots=True)
class OpeningHours:
    """Open while any of its periods is; without periods, always."""

    periods: tuple[OpeningPeriod, ...] = ()

    @classmethod
    def from_json(
        cls, value: Sequence[Mapping[str, Any]] | None, closed_on: Sequence[str] = ()
    ) -> Self:
        return cls(tuple(OpeningPeriod.from_json(one, closed_on) for one in value or ()))

    def __bool__(self) -> bool:
        return bool(self.periods)

    @property
    def zone(self) -> tzinfo:
        """In which its times are told to people."""
        return find_zone(self.periods[0].zone) if self.periods else UTC

    def is_open(self, at: datetime) -> bool:
        return not self.periods or self.interval_at(at) is not None

    def interval_at(self, at: datetime) -> OpenInterval | None:
        """The interval that `at` lies in; None while it is closed, and where it is always open."""
        found = self._interval_from(at)
        return found if found and found.opens <= at else None

    def next_change(self, at: datetime) -> datetime | None:
        """When it opens or closes next; None where it never does, or stays open for two months."""
        found = self._interval_from(at)
        if found is None:
            return None
        if at < found.opens:
            return found.opens
        return found.closes if found.closes < _horizon(at, _LONG_OPEN) else None

    def opens_at(self, at: datetime) -> datetime | None:
        """When it opens next; None while it is open, and where it never opens again."""
        return None if self.is_open(at) else self.next_change(at)

    def closes_at(self, at: datetime) -> datetime | None:
        """When it closes next; None while it is closed, and where it never does."""
        return self.next_change(at) if self.interval_at(at) else None

    def opening_after(self, at: datetime) -> datetime | None:
        """When it opens for the first time after `at`, whether it is open then or not."""
        closes = self.closes_at(at)
        return self.opens_at(closes) if closes else self.opens_at(at)

    def day_began(self, at: datetime) -> datetime | None:
        """Midnight, at the place, of the day on which it opened, or of the one on which it opens next;
        None where that is still to come, where it has been open for days, and without hours."""
        found = self._interval_from(at)
        if found is None or not found.day_began <= at < found.day_began + 2 * DAY:
            return None
        return found.day_began

    def rest_of_day(self, at: datetime) -> tuple[OpenInterval, ...]:
        """The interval that `at` lies in, and those that follow before it closes for the day; none while
        it is closed, and where it never closes."""
        now = self.interval_at(at)
        if now is None or self.closes_at(at) is None:
            return ()
        known = _intervals(self.periods, _first_date(at), _HORIZONS[0])
        same = [one for one in known if one.day_began == now.day_began and one.opens > now.opens]
        return (now, *same)

    def seconds_left(self, at: datetime) -> float | None:
        """For how long it is still open until it closes for the day, without its breaks; None while
        it is closed, and where it never closes."""
        rest = self.rest_of_day(at)
        if not rest:
            return None
        return sum((one.closes - max(one.opens, at)).total_seconds() for one in rest)

    def _interval_from(self, at: datetime) -> OpenInterval | None:
        """The interval that `at` lies in, or the next one."""
        for days in _HORIZONS:
            for one in _intervals(self.periods, _first_date(at), days):
                if at < one.closes and (one.closes < _horizon(at, days) or days >= _LONG_OPEN):
                    return one
        return None


def _first_date(at: datetime) -> date:
    """What is open at `at` began then or later, where it does not last for days."""
    return at.astimezone(UTC).date() - 2 * DAY


def _horizon(at: datetime, days: int) -> datetime:
    """An interval that ends before then is known with its end."""
    return datetime.combine(at.astimezone(UTC).date() + (days - 4) * DAY, time(), UTC)


@lru_cache(maxsize=512)
def _intervals(
    periods: tuple[OpeningPeriod, ...], first: date, days: int
) -> tuple[OpenInterval, ...]:
    """Those that begin on one of these days, in order; what touches or overlaps is one."""
    dates = [first + number * DAY for number in range(days)]
    found = [one for period in periods for day in dates if (one := period.on(day))]
    merged: list[OpenInterval] = []
    for one in sorted(found, key=lambda one: (one.opens, one.closes)):
        if merged and one.opens <= merged[-1].closes:
            before = merged.pop()
            one = OpenInterval(before.opens, max(before.closes, one.closes), before.day_began)
        merged.append(one)
    return tuple(merged)


# Time zones


@lru_cache(maxsize=512)
def find_zone(name: str) -> tzinfo:
    """The time zone of this name; UTC where this machine does not know it."""
    try:
        return zoneinfo.ZoneInfo(name)
    except (zoneinfo.ZoneInfoNotFoundError, ValueError, OSError):
        return UTC


@lru_cache(maxsize=1)
def zone_names() -> frozenset[str]:
    """All that this machine knows."""
    return frozenset(zoneinfo.available_timezones())
