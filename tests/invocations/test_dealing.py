from __future__ import annotations

import time
from collections.abc import Iterator
from datetime import timedelta

import pytest
from django.utils import timezone
from django_q.models import OrmQ
from django_q.signing import SignedPackage
from django_q.tasks import async_task

from invocations.engine import dealing
from invocations.engine.broker import RowBroker
from invocations.models import WorkerHeartbeat
from networks.models import Network

from .engine import start

pytestmark = pytest.mark.django_db


def rows(messages: list[tuple[str, str]]) -> list[int]:
    """The invocations that the messages point at."""
    return [SignedPackage.loads(package)["args"][0] for ack, package in messages if ack == "row"]


@pytest.fixture
def dealer() -> Iterator[dealing.Dealer]:
    one = dealing.Dealer()
    one._sang = time.monotonic()  # no canary for a while
    yield one
    one.close()


def test_a_due_row_becomes_a_message(network: Network, dealer: dealing.Dealer) -> None:
    step = start(network, timezone.now()).invocations.get()

    assert rows(dealer.deal()) == [step.pk]


def test_a_message_is_not_repeated_at_once(network: Network, dealer: dealing.Dealer) -> None:
    start(network, timezone.now())
    dealer.deal()

    assert rows(dealer.deal()) == []


def test_a_row_that_nobody_took_is_dealt_again(network: Network, dealer: dealing.Dealer) -> None:
    step = start(network, timezone.now()).invocations.get()
    dealer.deal()
    dealer._offered[step.pk] -= dealing.OFFER_AGAIN

    assert rows(dealer.deal()) == [step.pk]


def test_what_is_not_due_is_waited_for_to_the_moment(
    network: Network, dealer: dealing.Dealer
) -> None:
    due = timezone.now() + timedelta(seconds=0.2)
    step = start(network, due).invocations.get()

    dealt = rows(dealer.deal())
    late = (timezone.now() - due).total_seconds()

    assert dealt == [step.pk]
    assert 0 <= late < 0.2


def test_a_canary_flies_every_two_seconds(dealer: dealing.Dealer) -> None:
    dealer._sang -= dealing.CANARY_EVERY

    acks = [ack for ack, _ in dealer.deal()]

    assert acks == ["canary"]


def test_a_canary_that_comes_round_shows_life_and_beats() -> None:
    broker = RowBroker()
    dealing.SignOfLife()._file.unlink(missing_ok=True)

    broker.acknowledge("canary")

    assert dealing.SignOfLife()._file.exists()
    assert WorkerHeartbeat.objects.count() == 1


def test_ordinary_tasks_are_carried_too() -> None:
    async_task("invocations.tasks.canary")
    broker = RowBroker()

    ordinary = broker._ordinary()

    assert [SignedPackage.loads(package)["func"] for _, package in ordinary] == [
        "invocations.tasks.canary"
    ]
    broker.acknowledge(ordinary[0][0])
    assert not OrmQ.objects.exists()
