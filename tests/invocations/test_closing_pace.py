"""Closing-time pacing: the day's money lasts until closing, evenly."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from invocations import budgets, closing_pace, runs
from invocations.closing_pace import interval_seconds
from invocations.engine import outcomes
from invocations.engine.claims import Holder, claim_step
from invocations.models import Run, Spending
from invocations.states import RunState
from networks.models import Network
from platforms.adapters.dummy import Dummy
from platforms.base import Modality, Model
from platforms.registry import registered_temporarily

PERIOD = {"days": ["mon", "tue"], "opens": "10:00", "closes": "18:00", "zone": "UTC"}
OPENING = datetime(2026, 12, 7, 10, tzinfo=UTC)  # a Monday
CLOSING = OPENING + timedelta(hours=8)
HOUR = timedelta(hours=1)


@given(
    seconds=st.floats(1, 86_400), usd=st.floats(0.01, 1_000), price=st.floats(0.0001, 10)
)  # fmt: skip
def test_the_money_lasts_for_the_time_that_is_left(
    seconds: float, usd: float, price: float
) -> None:
    interval = interval_seconds(seconds_left=seconds, usd_left=usd, usd_per_step=price)

    assert 0 < interval <= seconds
    if usd >= price:
        assert seconds / interval * price == pytest.approx(usd)
    else:
        assert interval == seconds


def test_what_costs_nothing_is_not_slowed() -> None:
    assert interval_seconds(seconds_left=3600, usd_left=0, usd_per_step=0) == 0


class Priced(Dummy):
    slug, label = "priced", "Priced"

    def models(self) -> list[Model]:
        return [Model("priced:words", "Words", Modality.TEXT, Modality.TEXT, usd=0.2)]


@pytest.fixture
def paced(network: Network) -> Iterator[Network]:
    """Forty steps of twenty cents in eight hours: one in twelve minutes."""
    network.set_opening_hours([PERIOD])
    slots = [{"model": "priced:words"}]
    Network.objects.update(pace_to_closing=True, budgets={"usd_per_day": 8.0}, slots=slots)
    network.refresh_from_db()
    with registered_temporarily(Priced()):
        yield network


def work_until(run: Run, end: datetime, *, usd: float = 0.2, seconds: float = 5) -> list[datetime]:
    """Take every step when it is due; when each began."""
    begun = []
    while (step := run.invocations.open().first()) and step.due_at and step.due_at < end:
        at = step.due_at
        taken = claim_step(step.pk, holder=Holder("test"), at=at)
        if taken is not None:
            begun.append(at)
            result = outcomes.Result("red, a balloon", usd=usd)
            outcomes.complete(taken, result, at=at + timedelta(seconds=seconds))
    return begun


@pytest.mark.django_db
def test_a_day_is_spent_evenly_and_goes_on_the_next_day_with_new_money(paced: Network) -> None:
    run = runs.start_run(network=paced, prompt="a red balloon", at=OPENING).run

    begun = work_until(run, CLOSING + timedelta(hours=24))

    first = Counter(int((at - OPENING) / HOUR) for at in begun if at < CLOSING)
    second = Counter(int((at - OPENING) / HOUR) - 24 for at in begun if at > CLOSING)
    run.refresh_from_db()
    assert run.state == RunState.RUNNING
    assert not [at for at in begun if not paced.hours.is_open(at)]
    for day in (first, second):
        assert sum(day.values()) in (39, 40)  # of the forty that the money is for
        assert set(day) == set(range(8))
        assert max(day.values()) - min(day.values()) <= 1


@pytest.mark.django_db
def test_dearer_steps_than_the_catalogue_says_come_less_often(paced: Network) -> None:
    run = runs.start_run(network=paced, prompt="a red balloon", at=OPENING).run

    begun = work_until(run, CLOSING, usd=0.4)

    assert len(begun) in (20, 21)  # the limit knows the price of the last one when it has ended
    assert begun[-1] > CLOSING - HOUR


@pytest.mark.django_db
def test_the_networks_own_pacing_stays_where_it_is_slower(paced: Network) -> None:
    Network.objects.update(pacing=[{"until_seconds": None, "delay_seconds": 1800}])
    paced.refresh_from_db()
    run = runs.start_run(network=paced, prompt="a red balloon", at=OPENING).run

    begun = work_until(run, CLOSING)

    assert len(begun) == 16


@pytest.mark.django_db
def test_a_network_without_the_option_spends_as_fast_as_its_pacing_says(paced: Network) -> None:
    Network.objects.update(pace_to_closing=False)
    run = runs.start_run(network=paced, prompt="a red balloon", at=OPENING).run

    begun = work_until(run, CLOSING)

    assert begun[-1] < OPENING + HOUR
    run.refresh_from_db()
    assert run.state == RunState.COMPLETED


@pytest.mark.django_db
def test_without_a_limit_or_while_it_is_closed_there_is_no_pace(paced: Network) -> None:
    assert closing_pace.pace_of_network(paced, OPENING) is not None
    assert closing_pace.pace_of_network(paced, CLOSING) is None

    paced.budgets = {}
    assert closing_pace.pace_of_network(paced, OPENING) is None


@pytest.mark.django_db
def test_its_day_of_money_begins_anew_each_day(paced: Network) -> None:
    Spending.book(paced, price=8.0, at=CLOSING - HOUR)

    assert budgets.reached_limit(paced, CLOSING - HOUR / 2, price=0.2)
    assert budgets.reached_limit(paced, OPENING + timedelta(hours=24), price=0.2) is None

    paced.pace_to_closing = False
    assert budgets.reached_limit(paced, OPENING + timedelta(hours=24), price=0.2)
