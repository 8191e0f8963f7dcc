"""The wall clock leaps by an hour, either way, while runs are under way."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from django.test import override_settings
from django.utils import timezone

from accounts.models import User
from invocations import refusals, runs
from invocations.engine import claims, outcomes, sweep
from invocations.engine.outcomes import Result
from invocations.engine.sweep import Clock
from invocations.leases import LOCAL_LEASE
from invocations.models import Attempt, Invocation, Run
from invocations.states import Stale
from networks.models import Network
from platforms.base import Limits
from platforms.errors import Unavailable
from platforms.registry import registered_temporarily

from .changing_platform import WORDS, Shelf
from .conftest import NOON
from .manual_worker import last, start, states, take

pytestmark = pytest.mark.django_db
HOUR = timedelta(hours=1)
FAR = "another-host~0:1:a"
LEAPS = [HOUR, -HOUR]


class Hands:
    """A machine's two clocks, and the dispatcher that holds one against the other every second."""

    def __init__(self) -> None:
        self.wall, self.monotonic = NOON, 1000.0
        self.clock = Clock(lambda: self.wall, lambda: self.monotonic)

    def leap(self, by: timedelta) -> None:
        self.wall += by
        self.sweep()

    def sweep(self) -> int:
        self.clock.adjust()
        return sweep.sweep(self.wall).requeued

    def pass_by(self, seconds: float) -> None:
        self.wall += timedelta(seconds=seconds)
        self.monotonic += seconds


@pytest.fixture
def hands() -> Hands:
    return Hands()


@pytest.fixture
def shelf() -> Iterator[Shelf]:
    one = Shelf()
    with registered_temporarily(one):
        yield one


@pytest.mark.parametrize("leap", LEAPS)
def test_a_call_that_is_under_way_is_not_taken_for_lost(
    network: Network, hands: Hands, leap: timedelta
) -> None:
    run = start(network, hands.wall)
    claim = take(run, hands.wall, worker=FAR)

    hands.leap(leap)
    outcomes.complete(claim, Result(text="as if nothing had happened"), at=hands.wall)

    assert states(run) == ["completed", "ready"]
    assert Attempt.objects.get().outcome == "completed"
    assert (Attempt.objects.get().seconds or 0) >= 0


@pytest.mark.parametrize("leap", LEAPS)
def test_a_worker_that_dies_around_the_leap_is_missed_in_time(
    network: Network, hands: Hands, leap: timedelta
) -> None:
    run = start(network, hands.wall)
    take(run, hands.wall, worker=FAR)

    hands.leap(leap)
    hands.pass_by(LOCAL_LEASE.total_seconds() + 1)

    assert hands.sweep() == 1
    assert claims.claim_step(last(run).pk, holder=claims.Holder(FAR), at=hands.wall) is not None


def test_a_lease_that_had_run_out_before_the_leap_is_not_spared(
    network: Network, hands: Hands
) -> None:
    take(start(network, hands.wall), hands.wall, worker=FAR)
    hands.pass_by(LOCAL_LEASE.total_seconds() + 1)

    hands.wall += HOUR

    assert hands.sweep() == 1


def test_a_worker_whose_own_clock_is_wrong_is_fenced_out_and_nothing_is_asked_for_twice(
    network: Network, at: datetime
) -> None:
    """One of two hosts an hour ahead: its sweep takes every lease for over."""
    run = start(network, at)
    zombie = take(run, at, worker=FAR)
    zombie.attempt.remember("prediction-7")

    sweep.sweep(at + HOUR)
    heir = take(run, at + HOUR, worker="ahead~0:2:b")
    outcomes.complete(heir, Result(text="collected"), at=at + HOUR)
    with pytest.raises(Stale):
        outcomes.complete(zombie, Result(text="late"), at=at)

    assert (heir.attempt.reference, heir.attempt.idempotency_key) == (
        "prediction-7",
        zombie.attempt.idempotency_key,
    )
    assert states(run) == ["completed", "ready"]


@pytest.mark.parametrize("leap", LEAPS)
def test_pacing_waits_no_longer_than_it_says(
    network: Network, hands: Hands, leap: timedelta
) -> None:
    Network.objects.filter(pk=network.pk).update(
        pacing=[{"until_seconds": None, "delay_seconds": 15}]
    )
    run = start(network, hands.wall)
    outcomes.complete(take(run, hands.wall), Result(text="one"), at=hands.wall)

    hands.leap(leap)
    hands.pass_by(15)
    hands.sweep()

    assert claims.claim_step(last(run).pk, holder=claims.Holder(FAR), at=hands.wall) is not None


def test_a_run_from_the_future_is_paced_as_a_young_one(network: Network, at: datetime) -> None:
    Network.objects.filter(pk=network.pk).update(
        pacing=[
            {"until_seconds": 600, "delay_seconds": 1},
            {"until_seconds": None, "delay_seconds": 600},
        ],
        budgets={"hours_per_run": 1},
    )
    run = start(network, at)
    claim = take(run, at)

    outcomes.complete(claim, Result(text="one"), at=at - HOUR)

    assert last(run).due_at == at - HOUR + timedelta(seconds=1)


def test_a_retry_waits_no_longer_than_it_says(network: Network, hands: Hands) -> None:
    run = start(network, hands.wall)
    outcomes.fail(take(run, hands.wall), Unavailable("Down."), at=hands.wall)

    hands.leap(-HOUR)
    hands.pass_by(1)

    assert claims.claim_step(last(run).pk, holder=claims.Holder(FAR), at=hands.wall) is not None


@pytest.mark.parametrize("leap", LEAPS)
def test_the_lockout_is_never_longer_than_it_says(
    network: Network, hands: Hands, leap: timedelta
) -> None:
    runs.start_run(network=network, prompt="first", at=hands.wall)

    hands.leap(leap)
    hands.pass_by(30)
    second = runs.start_run(network=network, prompt="second", at=hands.wall)

    assert second.created


@pytest.mark.parametrize(
    "moment",
    [
        datetime(2030, 3, 31, 0, 59, 50, tzinfo=UTC),  # the hour that Europe leaves out
        datetime(2030, 10, 27, 0, 59, 50, tzinfo=UTC),  # the hour that comes twice
        datetime(2016, 12, 31, 23, 59, 50, tzinfo=UTC),  # a leap second
    ],
)
def test_no_season_and_no_leap_second_changes_a_lockout(network: Network, moment: datetime) -> None:
    with timezone.override(ZoneInfo("Europe/Berlin")):
        runs.start_run(network=network, prompt="first", at=moment)
        for seconds in (9, 11, 29):
            with pytest.raises(refusals.Lockout):
                runs.start_run(
                    network=network, prompt="second", at=moment + timedelta(seconds=seconds)
                )
        later = moment + timedelta(seconds=30)
        assert runs.start_run(network=network, prompt="second", at=later).created


@override_settings(PLATFORM_LIMITS={"shelf": Limits(calls_per_minute=1)})
def test_calls_that_were_made_in_the_future_do_not_fill_this_minute(
    shelf: Shelf, alice: User, at: datetime
) -> None:
    network = Network.create(
        alice,
        name="Limited",
        slots=[{"model": WORDS.id}],
        pacing=[{"until_seconds": None, "delay_seconds": 0}],
    )
    run = start(network, at)
    outcomes.complete(take(run, at), Result(text="one"), at=at)
    Invocation.objects.filter(run=run, sequence=1).update(due_at=at - HOUR)

    assert claims.claim_step(last(run).pk, holder=claims.Holder(FAR), at=at - HOUR) is not None


@pytest.mark.parametrize("leap", LEAPS)
def test_a_stop_and_a_new_prompt_around_the_leap_leave_one_run(
    network: Network, hands: Hands, leap: timedelta
) -> None:
    claim = take(start(network, hands.wall), hands.wall)

    hands.leap(leap)
    newer = start(network, hands.wall)
    outcomes.complete(claim, Result(text="late"), at=hands.wall)

    assert list(Run.objects.order_by("id").values_list("state", flat=True)) == [
        "stopped",
        "running",
    ]
    assert states(newer) == ["ready"]
    assert Attempt.objects.get().outcome == "late"
