"""Weekly hours: days, midnight, time zones, and the days on which the clocks change."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from networks.opening_hours import DAYS, OpeningHours, OpeningPeriod, find_zone

ZURICH = "Europe/Zurich"
ZONES = [ZURICH, "UTC", "America/New_York", "Australia/Lord_Howe", "Asia/Kathmandu", "Pacific/Apia"]
MINUTE = timedelta(minutes=1)


def hours(
    opens: str = "10:00",
    closes: str = "18:00",
    *,
    days: tuple[str, ...] = DAYS,
    zone: str = ZURICH,
    closed_on: tuple[date, ...] = (),
) -> OpeningHours:
    period = OpeningPeriod(
        days, time.fromisoformat(opens), time.fromisoformat(closes), zone, closed_on
    )
    return OpeningHours((period,))


def local(text: str, zone: str = ZURICH, *, fold: int = 0) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=ZoneInfo(zone), fold=fold)


periods = st.builds(
    OpeningPeriod,
    days=st.sets(st.sampled_from(DAYS), min_size=1).map(lambda days: tuple(sorted(days))),
    opens=st.times(max_value=time(23, 59)).map(
        lambda at: at.replace(second=0, microsecond=0, fold=0)
    ),
    closes=st.times(max_value=time(23, 59)).map(
        lambda at: at.replace(second=0, microsecond=0, fold=0)
    ),
    zone=st.sampled_from(ZONES),
)
schedules = st.lists(periods, min_size=1, max_size=4).map(lambda found: OpeningHours(tuple(found)))
moments = st.datetimes(
    min_value=datetime(2026, 1, 1), max_value=datetime(2028, 1, 1), timezones=st.just(UTC)
)


@given(schedules, moments)
def test_it_changes_at_the_next_change_and_not_before(schedule: OpeningHours, at: datetime) -> None:
    change = schedule.next_change(at)

    if change is None:
        assert all(schedule.is_open(at + timedelta(hours=n)) for n in range(24 * 14))
        return
    assert change > at
    assert schedule.is_open(change) is not schedule.is_open(at)
    between = [at + (change - at) * n / 12 for n in range(12)]
    assert {schedule.is_open(one) for one in between} == {schedule.is_open(at)}
    assert schedule.is_open(change - timedelta(microseconds=1)) is schedule.is_open(at)


@given(schedules, moments)
def test_it_is_open_when_any_of_its_periods_is(schedule: OpeningHours, at: datetime) -> None:
    alone = [OpeningHours((period,)).is_open(at) for period in schedule.periods]

    assert schedule.is_open(at) is any(alone)


@given(periods, moments)
def test_on_a_day_without_a_change_of_clocks_the_clock_on_the_wall_decides(
    period: OpeningPeriod, at: datetime
) -> None:
    zone = find_zone(period.zone)
    around = [at + timedelta(hours=n) for n in range(-60, 61)]
    if len({one.astimezone(zone).utcoffset() for one in around}) > 1:
        return
    there = at.astimezone(zone)
    now, today, before = (
        there.time(),
        DAYS[there.weekday()] in period.days,
        (DAYS[(there - timedelta(days=1)).weekday()] in period.days),
    )

    if period.opens < period.closes:
        expected = today and period.opens <= now < period.closes
    else:
        expected = (today and now >= period.opens) or (before and now < period.closes)

    assert OpeningHours((period,)).is_open(at) is expected


@given(schedules, moments)
def test_what_is_left_of_the_day_is_never_more_than_the_time_until_its_end(
    schedule: OpeningHours, at: datetime
) -> None:
    rest = schedule.rest_of_day(at)

    assert bool(rest) is (schedule.closes_at(at) is not None)
    if rest:
        left = schedule.seconds_left(at)
        assert left is not None
        assert 0 < left <= (rest[-1].closes - at).total_seconds()


@given(moments)
def test_without_periods_it_is_always_open_and_never_changes(at: datetime) -> None:
    always = OpeningHours()

    assert always.is_open(at)
    assert (always.next_change(at), always.opens_at(at), always.closes_at(at)) == (None,) * 3
    assert (always.seconds_left(at), always.day_began(at)) == (None, None)


def test_it_opens_and_closes_at_the_minute() -> None:
    schedule = hours(days=("mon",))

    assert not schedule.is_open(local("2026-11-30 09:59:59"))
    assert schedule.is_open(local("2026-11-30 10:00"))
    assert schedule.is_open(local("2026-11-30 17:59:59"))
    assert not schedule.is_open(local("2026-11-30 18:00"))
    assert schedule.opens_at(local("2026-11-30 18:00")) == local("2026-12-07 10:00")


def test_across_midnight_it_belongs_to_the_day_on_which_it_opens() -> None:
    schedule = hours("20:00", "02:00", days=("fri",))

    assert schedule.is_open(local("2026-12-04 23:30"))
    assert schedule.is_open(local("2026-12-05 01:59"))
    assert not schedule.is_open(local("2026-12-05 02:00"))
    assert not schedule.is_open(local("2026-12-04 01:00"))
    assert schedule.day_began(local("2026-12-05 01:00")) == local("2026-12-04 00:00")


def test_equal_times_mean_a_whole_day_and_seven_of_them_never_end() -> None:
    one, all_week = hours("06:00", "06:00", days=("sat",)), hours("06:00", "06:00")

    assert one.closes_at(local("2026-12-05 12:00")) == local("2026-12-06 06:00")
    assert all_week.next_change(local("2026-12-05 12:00")) is None
    assert all_week.is_open(local("2026-12-05 06:00"))


@pytest.mark.parametrize(("opens", "expected"), [("02:30", "03:30"), ("03:00", "03:00")])
def test_in_the_hour_that_is_left_out_it_opens_an_hour_later(opens: str, expected: str) -> None:
    schedule = hours(opens, "12:00", days=("sun",))

    assert schedule.opens_at(local("2027-03-28 00:00")) == local(f"2027-03-28 {expected}")


def test_a_closing_in_the_hour_that_is_left_out_comes_an_hour_later() -> None:
    schedule = hours("22:00", "02:30", days=("sat",))

    assert schedule.closes_at(local("2027-03-27 23:00")) == local("2027-03-28 03:30")


def test_of_the_hour_that_comes_twice_the_first_opens_and_the_second_closes() -> None:
    opening, closing = hours("02:30", "12:00"), hours("22:00", "02:30")

    first, second = local("2026-10-25 02:30"), local("2026-10-25 02:30", fold=1)
    assert second - first == timedelta(0)  # Python compares by the clock on the wall
    assert opening.opens_at(local("2026-10-25 00:00")) == first.astimezone(UTC)
    assert closing.closes_at(local("2026-10-25 00:00")) == second.astimezone(UTC)
    assert second.astimezone(UTC) - first.astimezone(UTC) == timedelta(hours=1)


def test_the_day_on_which_clocks_change_is_an_hour_shorter_or_longer() -> None:
    night = hours("20:00", "10:00", days=("sat",))

    spring = night.seconds_left(local("2027-03-27 20:00"))
    autumn = night.seconds_left(local("2026-10-24 20:00"))

    assert (spring, autumn) == (13 * 3600, 15 * 3600)


def test_two_periods_of_a_day_have_a_break_between_them() -> None:
    morning, evening = hours("10:00", "13:00"), hours("14:00", "18:00")
    schedule = OpeningHours((*morning.periods, *evening.periods))

    assert schedule.closes_at(local("2026-12-01 10:00")) == local("2026-12-01 13:00")
    assert schedule.opens_at(local("2026-12-01 13:00")) == local("2026-12-01 14:00")
    assert schedule.seconds_left(local("2026-12-01 12:00")) == 5 * 3600
    assert schedule.rest_of_day(local("2026-12-01 12:00"))[-1].closes == local("2026-12-01 18:00")
    assert schedule.day_began(local("2026-12-01 15:00")) == local("2026-12-01 00:00")


def test_periods_that_touch_are_one() -> None:
    schedule = OpeningHours((*hours("10:00", "13:00").periods, *hours("13:00", "18:00").periods))

    assert schedule.closes_at(local("2026-12-01 11:00")) == local("2026-12-01 18:00")


def test_on_a_closed_date_it_does_not_open() -> None:
    schedule = hours(closed_on=(date(2026, 12, 25), date(2026, 12, 26)))

    assert not schedule.is_open(local("2026-12-25 12:00"))
    assert schedule.opens_at(local("2026-12-24 18:00")) == local("2026-12-27 10:00")


def test_closed_for_months_it_still_finds_the_day_on_which_it_opens() -> None:
    first = date(2026, 12, 1)
    schedule = hours(closed_on=tuple(first + timedelta(days=n) for n in range(90)))

    assert schedule.opens_at(local("2026-12-01 12:00")) == local("2027-03-01 10:00")


def test_with_every_day_closed_it_never_opens() -> None:
    closed = tuple(date(2026, 12, 1) + timedelta(days=n) for n in range(500))

    assert hours(closed_on=closed).opens_at(local("2026-12-03 12:00")) is None


def test_the_same_hours_elsewhere_are_other_hours() -> None:
    at = local("2026-12-01 10:30")

    assert hours().is_open(at)
    assert not hours(zone="America/New_York").is_open(at)


def test_an_unknown_zone_is_read_as_utc() -> None:
    assert hours(zone="Mars/Olympus").is_open(datetime(2026, 12, 1, 17, 59, tzinfo=UTC))


def test_before_opening_the_day_is_that_of_the_next_opening_once_it_has_begun() -> None:
    schedule = hours()

    assert schedule.day_began(local("2026-12-01 09:55")) == local("2026-12-01 00:00")
    assert schedule.day_began(local("2026-12-01 22:00")) is None


def test_a_place_that_is_open_for_days_has_no_single_day() -> None:
    schedule = hours("00:00", "00:00", days=("fri", "sat", "sun"))

    assert schedule.day_began(local("2026-12-04 12:00")) == local("2026-12-04 00:00")
    assert schedule.day_began(local("2026-12-06 12:00")) is None


def test_hours_are_read_from_json() -> None:
    stored = [{"days": ["mon"], "opens": "10:00", "closes": "18:00", "zone": ZURICH}]

    assert OpeningHours.from_json(stored) == hours(days=("mon",))
    assert OpeningHours.from_json(stored, ["2026-12-25"]) == hours(
        days=("mon",), closed_on=(date(2026, 12, 25),)
    )
    assert not OpeningHours.from_json(None)
