"""What calls took and how they failed, as `/metrics` says it: each attempt is counted once, in whichever process."""

from __future__ import annotations

from datetime import datetime, timedelta
from itertools import takewhile
from typing import Any

import pytest
from django.test import Client
from prometheus_client.core import Metric

from invocations import call_measures, removal
from invocations.engine import claims, outcomes
from invocations.metrics import metrics
from invocations.models import RateLimiter
from networks.models import Network
from platforms.errors import Refused, Unavailable

from .manual_worker import start, take

pytestmark = pytest.mark.django_db
LATER = timedelta(seconds=20)


@pytest.fixture(autouse=True)
def counting(network: Network, at: datetime) -> None:
    """Counting has begun."""
    call_measures.count_ended(at)


def family(name: str, at: datetime) -> Metric:
    return next(one for one in metrics(at) if one.name == name)


def value(name: str, sample: str, at: datetime, **labels: str) -> float:
    found = family(name, at).samples
    return sum(
        one.value for one in found if one.name == sample and labels.items() <= one.labels.items()
    )


def test_a_call_is_counted_once_however_many_processes_count(
    network: Network, at: datetime
) -> None:
    claim = take(start(network, at), at)
    outcomes.complete(claim, outcomes.Result(text="a flame"), at=at + timedelta(seconds=2))

    counted = [call_measures.count_ended(at + LATER) for _ in range(3)]

    assert counted == [1, 0, 0]
    assert value("panic_call_seconds", "panic_call_seconds_count", at, platform="dummy") == 1
    assert value("panic_call_seconds", "panic_call_seconds_sum", at, platform="dummy") == 2
    buckets = {
        one.labels["le"]: one.value
        for one in family("panic_call_seconds", at).samples
        if one.name.endswith("_bucket")
    }
    assert (buckets["1.0"], buckets["2.5"], buckets["+Inf"]) == (0, 1, 1)


def test_two_that_count_at_the_same_time_do_not_add_twice(
    network: Network, at: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    claim = take(start(network, at), at)
    outcomes.complete(claim, outcomes.Result(text="a flame"), at=at + timedelta(seconds=2))
    counted = []

    def overtaken(*given: Any) -> Any:
        monkeypatch.undo()
        counted.append(call_measures.count_ended(at + LATER))  # the other process
        return takewhile(*given)

    monkeypatch.setattr(call_measures, "takewhile", overtaken)

    counted.append(call_measures.count_ended(at + LATER))

    assert counted == [1, 0]
    assert value("panic_call_seconds", "panic_call_seconds_count", at) == 1


def test_a_long_call_is_counted_when_it_has_ended(network: Network, at: datetime) -> None:
    claim = take(start(network, at), at)
    before = call_measures.count_ended(at + LATER)
    outcomes.complete(claim, outcomes.Result(text="a flame"), at=at + timedelta(seconds=90))

    after = call_measures.count_ended(at + timedelta(seconds=100))

    assert (before, after) == (0, 1)
    assert value("panic_call_seconds", "panic_call_seconds_bucket", at, le="60.0") == 0
    assert value("panic_call_seconds", "panic_call_seconds_bucket", at, le="120.0") == 1


def test_errors_are_counted_by_their_code(network: Network, at: datetime) -> None:
    run = start(network, at)
    outcomes.fail(take(run, at), Unavailable("the line is dead"), at=at)

    call_measures.count_ended(at + LATER)

    labels = {"platform": "dummy", "code": Unavailable.code}
    assert value("panic_call_errors", "panic_call_errors_total", at, **labels) == 1
    assert value("panic_call_errors", "panic_call_errors_total", at, code=Refused.code) == 0


def test_a_hop_is_what_passes_after_a_step_may_begin(network: Network, at: datetime) -> None:
    run = start(network, at)
    outcomes.complete(take(run, at), outcomes.Result(text="a flame"), at=at)
    second = run.invocations.get(sequence=1)
    assert second.due_at is not None
    began = second.due_at + timedelta(milliseconds=40)
    claim = claims.claim_step(second.pk, holder=claims.Holder("a worker"), at=began)
    assert claim is not None
    outcomes.complete(claim, outcomes.Result(text="a moth"), at=began)

    call_measures.count_ended(at + LATER)

    name = "panic_hop_overhead_seconds"
    assert value(name, f"{name}_count", at) == 1
    assert value(name, f"{name}_bucket", at, le="0.025") == 0
    assert value(name, f"{name}_bucket", at, le="0.05") == 1


def test_a_run_that_is_deleted_stays_counted(network: Network, at: datetime) -> None:
    run = start(network, at)
    outcomes.complete(take(run, at), outcomes.Result(text="a flame"), at=at)
    call_measures.count_ended(at + LATER)

    removal.delete_run(run=run, at=at)

    assert value("panic_call_seconds", "panic_call_seconds_count", at) == 1


def test_nothing_is_due_while_nothing_is_called(network: Network, at: datetime) -> None:
    assert call_measures.due_count(at) == []

    take(start(network, at), at)

    assert call_measures.due_count(at) == [0]


def test_an_open_circuit_breaker_is_told(at: datetime, client: Client) -> None:
    RateLimiter.objects.create(key="replicate/abc", open_until=at + LATER)
    RateLimiter.objects.create(key="replicate", open_until=at + LATER)
    RateLimiter.objects.create(key="openai", open_until=at - LATER)

    open_ones = [one.labels["key"] for one in family("panic_breaker_open", at).samples]

    assert open_ones == ["replicate"]
