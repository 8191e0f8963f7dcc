from __future__ import annotations

from datetime import datetime, timedelta

import pytest

from invocations import forecasts
from invocations.engine import outcomes
from invocations.engine.outcomes import Result
from networks.models import Network

from .manual_worker import start, take

pytestmark = pytest.mark.django_db


def test_a_lap_is_forecast_from_what_the_steps_took(network: Network, at: datetime) -> None:
    network.pacing = [{"until_seconds": None, "delay_seconds": 3}]
    network.save()
    run = start(network, at)
    now = at
    for seconds in (2, 4, 6):
        claim = take(run, now)
        now += timedelta(seconds=seconds)
        outcomes.complete(claim, Result(text="x", usd=0.5), at=now)
        now += timedelta(seconds=3)

    lap = forecasts.forecast(network)

    assert (lap.seconds, lap.usd, lap.measured) == (2 * 4 + 2 * 3, 1.0, True)


def test_a_ring_that_never_ran_is_forecast_from_the_catalogue(network: Network) -> None:
    lap = forecasts.forecast(network)

    assert not lap.measured


def test_the_burn_rate_counts_the_last_hour_and_day(network: Network, at: datetime) -> None:
    run = start(network, at)
    outcomes.complete(take(run, at), Result(text="x", usd=0.5), at=at)
    later = at + timedelta(hours=2)
    outcomes.complete(take(run, later), Result(text="x", usd=0.25), at=later)

    spending = forecasts.recent_spending(network, later)

    assert (spending.calls_last_hour, spending.usd_last_hour, spending.usd_last_day) == (
        1,
        0.25,
        0.75,
    )
