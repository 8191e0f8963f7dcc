from __future__ import annotations

from datetime import datetime, timedelta

import pytest

from invocations.engine.sweep import Clock
from invocations.leases import LOCAL_LEASE
from invocations.models import Attempt, Invocation, RateLimiter, Run
from networks.models import Network

from .manual_worker import start, take

pytestmark = pytest.mark.django_db
HOUR = timedelta(hours=1)


class Hands:
    """The hands of both clocks, to be turned by the test."""

    def __init__(self, at: datetime) -> None:
        self.wall, self.monotonic = at, 1000.0
        self.clock = Clock(lambda: self.wall, lambda: self.monotonic)

    def pass_by(self, seconds: float) -> None:
        self.wall += timedelta(seconds=seconds)
        self.monotonic += seconds


def waiting(network: Network, at: datetime, seconds: float) -> Invocation:
    """A step that waits for so many seconds more."""
    step = start(network, at).invocations.get()
    Invocation.objects.update(due_at=at + timedelta(seconds=seconds))
    return step


def test_a_step_that_waits_does_not_wait_for_an_hour_more(network: Network, at: datetime) -> None:
    hands = Hands(at)
    step = waiting(network, at, 30)

    hands.wall -= HOUR
    hands.pass_by(10)
    hands.clock.adjust()

    step.refresh_from_db()
    assert step.due_at == at - HOUR + timedelta(seconds=30)


def test_it_is_heeded_once(network: Network, at: datetime) -> None:
    hands = Hands(at)
    step = waiting(network, at, 30)

    hands.wall -= HOUR
    hands.clock.adjust()
    hands.clock.adjust()

    step.refresh_from_db()
    assert step.due_at == at - HOUR + timedelta(seconds=30)


@pytest.mark.parametrize("leap", [HOUR, timedelta(), timedelta(seconds=-1)])
def test_forwards_and_small_corrections_change_nothing(
    network: Network, at: datetime, leap: timedelta
) -> None:
    hands = Hands(at)
    step = waiting(network, at, 7200)

    hands.wall += leap
    hands.pass_by(10)
    hands.clock.adjust()

    step.refresh_from_db()
    assert step.due_at == at + timedelta(seconds=7200)


def test_lockouts_leases_and_a_platforms_rest_end_when_they_should(
    network: Network, at: datetime
) -> None:
    hands = Hands(at)
    take(start(network, at), at)
    RateLimiter.objects.create(
        key="replicate", held_until=at + LOCAL_LEASE, open_until=at + LOCAL_LEASE
    )

    hands.wall -= HOUR
    hands.clock.adjust()

    assert Run.objects.get().lockout_until == at - HOUR + timedelta(seconds=30)
    assert Attempt.objects.get().lease_until == at - HOUR + LOCAL_LEASE
    gate = RateLimiter.objects.get()
    assert (gate.held_until, gate.open_until) == (
        at - HOUR + LOCAL_LEASE,
        at - HOUR + LOCAL_LEASE,
    )


def test_a_paused_run_stays_paused(network: Network, at: datetime) -> None:
    hands = Hands(at)
    step = start(network, at).invocations.get()
    Invocation.objects.update(due_at=None)

    hands.wall -= HOUR
    hands.clock.adjust()

    step.refresh_from_db()
    assert step.due_at is None
