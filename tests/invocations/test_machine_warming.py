"""Models in the memory of each machine are loaded on all of them."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta

import pytest
from django.utils import timezone

from accounts.models import User
from invocations import machine_warming
from invocations.engine import warm_up
from invocations.engine.runner import Runner
from invocations.models import Spending, Warming, WorkerHeartbeat
from networks.models import Network
from platforms.base import Call, Modality, Model, Output, Platform, Warmed, Warmth
from platforms.registry import registered_temporarily

from .conftest import ring
from .test_runner import wait_until

pytestmark = pytest.mark.django_db(transaction=True)


class MemoryPlatform(Platform):
    slug, label, of_machine = "memory", "Memory", True

    def __init__(self) -> None:
        self.loaded: list[str] = []

    def models(self) -> list[Model]:
        return [Model("memory:one", "One", Modality.TEXT, Modality.TEXT)]

    async def invoke(self, call: Call) -> Output:
        raise AssertionError("nobody asked for an answer")

    async def warm(self, call: Call) -> Warmed:
        self.loaded.append(call.model.id)
        return Warmed(Warmth.WARM, "In memory.")


@pytest.fixture
def memory() -> Iterator[MemoryPlatform]:
    with registered_temporarily(one := MemoryPlatform()):
        yield one


@pytest.fixture
def network(alice: User, memory: MemoryPlatform, monkeypatch: pytest.MonkeyPatch) -> Network:
    monkeypatch.setattr(machine_warming, "_sent", {})
    slots = ring("memory:one", "dummy:text-to-text")
    return Network.create(alice, name="Oven", slots=slots)


@pytest.fixture
def second_machine() -> None:
    for host in ("one", "two"):
        WorkerHeartbeat.beat(host, at=timezone.now())


def asked_row() -> Warming:
    return Warming.objects.get(model="memory:one")


def test_a_machine_loads_once_what_any_of_them_was_asked_to_load(
    network: Network, second_machine: None
) -> None:
    now = timezone.now()
    assert machine_warming.due_warmings(now) == []
    warm_up.warm(network=network, at=now)

    assert machine_warming.due_warmings(now) == [asked_row().pk]  # and nothing of the dummy
    assert machine_warming.due_warmings(now) == []
    later = now + timedelta(hours=20)
    for host in ("one", "two"):
        WorkerHeartbeat.beat(host, at=later)
    warm_up.warm(network=network, at=later)
    assert machine_warming.due_warmings(later) == [asked_row().pk]


def test_what_was_asked_long_ago_is_not_loaded(network: Network, second_machine: None) -> None:
    now = timezone.now()
    warm_up.warm(network=network, at=now - timedelta(minutes=16))

    assert machine_warming.due_warmings(now) == []


def test_a_machine_alone_loads_nothing_twice(network: Network) -> None:
    now = timezone.now()
    WorkerHeartbeat.beat("one", at=now)
    WorkerHeartbeat.beat("gone", at=now - timedelta(minutes=5))
    warm_up.warm(network=network, at=now)

    assert machine_warming.due_warmings(now) == []


def test_loading_it_here_says_and_costs_nothing(network: Network, memory: MemoryPlatform) -> None:
    warm_up.warm(network=network, at=timezone.now())
    pk = asked_row().pk
    runner = Runner(1)

    runner.run_in_background(lambda threads: warm_up.load_here(pk, threads))
    wait_until(lambda: memory.loaded == ["memory:one"])
    runner.drain(0)
    runner.close()

    assert asked_row().state == "warming"  # the one who was asked says how it went
    assert not Spending.objects.exists()
