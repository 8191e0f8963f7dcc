from __future__ import annotations

import time
from collections.abc import Iterator
from datetime import datetime, timedelta

import pytest
from django.utils import timezone
from django_q.models import OrmQ
from django_q.signing import SignedPackage
from django_q.tasks import async_task
from pytest_django import DjangoCaptureOnCommitCallbacks

from invocations.engine import dispatcher, periodic_tasks, sweep
from invocations.engine.dispatcher import RowBroker
from invocations.models import WorkerHeartbeat
from networks.models import Network
from realtime import wakeup

from .manual_worker import start

pytestmark = pytest.mark.django_db


def rows(messages: list[tuple[str, str]]) -> list[int]:
    """The invocations that the messages point at."""
    return [SignedPackage.loads(package)["args"][0] for ack, package in messages if ack == "row"]


@pytest.fixture
def cluster(monkeypatch: pytest.MonkeyPatch) -> Iterator[dispatcher.Dispatcher]:
    monkeypatch.setattr(periodic_tasks, "_tasks", {})  # those of other layers, for once
    one = dispatcher.Dispatcher()
    one._canary_sent = time.monotonic()  # no canary for a while
    yield one
    one.close()


def test_a_due_row_becomes_a_message(network: Network, cluster: dispatcher.Dispatcher) -> None:
    step = start(network, timezone.now()).invocations.get()

    assert rows(cluster.next_messages()) == [step.pk]


def test_a_start_names_its_step_to_the_dispatcher(
    network: Network,
    monkeypatch: pytest.MonkeyPatch,
    django_capture_on_commit_callbacks: DjangoCaptureOnCommitCallbacks,
) -> None:
    notified: list[tuple[str, ...]] = []
    monkeypatch.setattr(wakeup, "notify", lambda *what: notified.append(what))

    with django_capture_on_commit_callbacks(execute=True):
        step = start(network, timezone.now()).invocations.get()

    assert notified[0] == ("work", str(step.pk))


def test_a_step_that_is_named_is_offered_before_anything_is_read(
    cluster: dispatcher.Dispatcher, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(cluster, "_due", list)
    monkeypatch.setattr(cluster._listener, "wait", lambda _: [("work", ""), ("work", "17")])

    assert rows(cluster.next_messages()) == [17]
    assert rows(cluster.next_messages()) == []


def test_a_message_is_not_repeated_at_once(
    network: Network, cluster: dispatcher.Dispatcher
) -> None:
    start(network, timezone.now())
    cluster.next_messages()

    assert rows(cluster.next_messages()) == []


def test_a_row_that_nobody_took_is_dealt_again(
    network: Network, cluster: dispatcher.Dispatcher
) -> None:
    step = start(network, timezone.now()).invocations.get()
    cluster.next_messages()
    cluster._offered[step.pk] -= dispatcher.DISPATCH_AGAIN_SECONDS

    assert rows(cluster.next_messages()) == [step.pk]


def test_what_is_not_due_is_waited_for_to_the_moment(
    network: Network, cluster: dispatcher.Dispatcher, monkeypatch: pytest.MonkeyPatch
) -> None:
    pauses: list[float] = []
    wait = cluster._listener.wait

    def recorded_wait(pause: float) -> list[wakeup.WakeUp]:
        pauses.append(pause)
        return wait(pause)

    monkeypatch.setattr(cluster._listener, "wait", recorded_wait)
    due = timezone.now() + timedelta(seconds=0.3)
    step = start(network, due).invocations.get()

    found = rows(cluster.next_messages())

    assert found == [step.pk]
    assert timezone.now() >= due
    assert max(pauses, default=0.0) <= 0.3 < dispatcher.MAX_WAIT_SECONDS


def test_steps_go_on_though_a_periodic_task_cannot_be_asked(
    network: Network, cluster: dispatcher.Dispatcher
) -> None:
    def fail(at: datetime) -> list[int]:
        raise OSError("no such folder")

    periodic_tasks.register("panic.tasks.watch_disk", fail)
    step = start(network, timezone.now()).invocations.get()

    assert rows(cluster.next_messages()) == [step.pk]


def test_a_canary_flies_every_two_seconds(cluster: dispatcher.Dispatcher) -> None:
    cluster._canary_sent -= dispatcher.CANARY_SECONDS

    acks = [ack for ack, _ in cluster.next_messages()]

    assert acks == ["canary"]


def test_a_canary_that_comes_round_shows_life_and_beats() -> None:
    broker = RowBroker()
    dispatcher.ClusterHeartbeat()._file.unlink(missing_ok=True)

    broker.acknowledge("canary")

    assert dispatcher.ClusterHeartbeat()._file.exists()
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


def test_a_sign_of_life_does_not_wait_for_a_slow_sweep(
    cluster: dispatcher.Dispatcher, monkeypatch: pytest.MonkeyPatch
) -> None:
    swept: list[datetime] = []
    monkeypatch.setattr(
        sweep,
        "sweep",
        lambda at: swept.append(at) or sweep.Swept(0, []),  # type: ignore[func-returns-value]
    )
    cluster._canary_sent = 0.0

    first = [ack for ack, _ in cluster.next_messages()]
    before = len(swept)
    cluster.next_messages()

    assert first == ["canary"]
    assert (before, len(swept)) == (0, 1)
