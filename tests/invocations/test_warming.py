"""Warming a network's models: asked for by a curator, done by a worker, told slot by slot."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from datetime import timedelta

import pytest
from django.utils import timezone
from django_q.models import OrmQ

from accounts.models import User
from invocations import halts
from invocations.engine import sentences, warm_up
from invocations.engine.runner import Runner
from invocations.models import Spending, Warming
from invocations.refusals import Halted
from networks.models import Network
from platforms.base import Call, Modality, Model, Output, Platform, Warmed, Warmth
from platforms.errors import Unavailable
from platforms.registry import registered_temporarily

from .conftest import ring
from .test_runner import wait_until

pytestmark = pytest.mark.django_db(transaction=True)
DUMMY = "dummy:text-to-text"


class SlowPlatform(Platform):
    """Takes its time, and charges for it."""

    slug, label = "slow", "Slow"

    def __init__(self) -> None:
        self.asked: list[Call] = []
        self.open = threading.Event()
        self.outcome: Warmed | Exception = Warmed(Warmth.WARM, "Hot.", charged=True)

    def models(self) -> list[Model]:
        return [
            Model(f"slow:{kind}", f"Slow {kind}", Modality(kind), Modality.TEXT, usd=0.25)
            for kind in ("text", "image")
        ]

    async def invoke(self, call: Call) -> Output:
        raise AssertionError("nobody asked for an answer")

    async def warm(self, call: Call) -> Warmed:
        self.asked.append(call)
        while not self.open.is_set():
            await call.sleep(0.01)
        if isinstance(self.outcome, Exception):
            raise self.outcome
        return self.outcome


@pytest.fixture
def slow() -> Iterator[SlowPlatform]:
    with registered_temporarily(one := SlowPlatform()):
        yield one


@pytest.fixture
def runner() -> Iterator[Runner]:
    one = Runner(1)
    yield one
    one.drain(0)
    one.close()


@pytest.fixture
def network(alice: User, slow: SlowPlatform) -> Network:
    slots = ring("slow:text", DUMMY, "slow:text")
    return Network.create(alice, name="Ovens", slots=slots, budgets={"usd_per_day": 1.0})


def carry(runner: Runner, network: Network) -> None:
    """What the queue would hand to a worker."""
    runner.warm(network.pk, [slot.model for slot in network.ring])


def states(network: Network) -> list[tuple[str | None, str]]:
    return [(slot.state, slot.words) for slot in warm_up.warmth_of_slots(network, timezone.now())]


def test_before_anybody_asks_nothing_is_known(network: Network) -> None:
    assert states(network) == [(None, "")] * 3


def test_asking_says_so_at_once_and_leaves_the_work_to_a_worker(
    network: Network, slow: SlowPlatform
) -> None:
    warm_up.warm(network=network, at=timezone.now())

    assert states(network) == [("warming", "Being loaded.")] * 3
    assert OrmQ.objects.count() == 1
    assert not slow.asked


def test_a_worker_asks_each_model_once_with_something_harmless(
    network: Network, slow: SlowPlatform, runner: Runner
) -> None:
    slow.open.set()
    warm_up.warm(network=network, at=timezone.now())

    carry(runner, network)

    ready = ("warm", "Dummy keeps its models ready.")
    wait_until(lambda: states(network) == [("warm", "Hot."), ready, ("warm", "Hot.")])
    (call,) = slow.asked
    assert isinstance(call.input, str)
    assert call.input


def test_what_is_charged_counts_as_a_call(
    network: Network, slow: SlowPlatform, runner: Runner
) -> None:
    slow.open.set()
    warm_up.warm(network=network, at=timezone.now())

    carry(runner, network)

    wait_until(lambda: states(network)[0][0] == "warm")
    lately = Spending.objects.filter(network=network).lately(timezone.now())
    assert (lately.hour.calls, lately.hour.usd) == (1, 0.25)


def test_a_network_that_has_spent_its_day_warms_nothing(
    network: Network, slow: SlowPlatform, runner: Runner
) -> None:
    Spending.book(network, price=1.0, at=timezone.now())
    warm_up.warm(network=network, at=timezone.now())

    carry(runner, network)

    wait_until(lambda: states(network)[0][0] == "failed")
    assert "dollars of today" in states(network)[0][1]
    assert not slow.asked


def test_a_failure_is_told_in_words(network: Network, slow: SlowPlatform, runner: Runner) -> None:
    slow.outcome = Unavailable("The slow one is out.")
    slow.open.set()
    warm_up.warm(network=network, at=timezone.now())

    carry(runner, network)

    wait_until(lambda: states(network)[0] == ("failed", "The slow one is out."))


def test_a_picture_is_there_for_a_model_that_looks(
    network: Network, slow: SlowPlatform, runner: Runner
) -> None:
    network.slots = ring("slow:image")
    network.save()
    slow.open.set()
    warm_up.warm(network=network, at=timezone.now())

    carry(runner, network)

    wait_until(lambda: states(network) == [("warm", "Hot.")])
    assert getattr(slow.asked[0].input, "content_type", "") == "image/png"


def test_asking_a_second_time_does_not_ask_the_models_twice(network: Network) -> None:
    at = timezone.now()
    warm_up.warm(network=network, at=at)

    warm_up.warm(network=network, at=at + timedelta(seconds=5))

    assert OrmQ.objects.count() == 1


def test_but_one_whose_worker_died_can_be_asked_for_again(network: Network) -> None:
    at = timezone.now()
    warm_up.warm(network=network, at=at)
    later = at + timedelta(minutes=16)
    assert [slot.state for slot in warm_up.warmth_of_slots(network, later)] == ["unknown"] * 3

    warm_up.warm(network=network, at=later)

    assert OrmQ.objects.count() == 2


def test_what_left_the_ring_is_forgotten(network: Network) -> None:
    warm_up.warm(network=network, at=timezone.now())
    network.slots = ring(DUMMY)
    network.save()

    warm_up.warm(network=network, at=timezone.now())

    assert list(Warming.objects.values_list("model", flat=True)) == [DUMMY]


def test_nothing_is_warmed_while_everything_is_stopped(network: Network, alice: User) -> None:
    halts.stop_all(stopped_by=alice, at=timezone.now())

    with pytest.raises(Halted):
        warm_up.warm(network=network, at=timezone.now())

    assert not Warming.objects.exists()


def test_a_stop_all_reaches_what_is_being_warmed(
    network: Network,
    slow: SlowPlatform,
    runner: Runner,
    alice: User,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(warm_up, "HALT_CHECK_SECONDS", 0.05)
    warm_up.warm(network=network, at=timezone.now())
    carry(runner, network)
    wait_until(lambda: bool(slow.asked))

    halts.stop_all(stopped_by=alice, at=timezone.now())

    wait_until(lambda: states(network)[0] == ("failed", sentences.WARM_UP_STOPPED))
    assert slow.asked[0].cancelled.is_set()
