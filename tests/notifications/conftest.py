from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from asgiref.sync import async_to_sync
from django.utils import timezone

from accounts.models import User
from notifications import delivery
from notifications.models import Channel, Delivery, DeliveryReport, DeliveryState, PendingMessage
from notifications.occasions import SELECTABLE
from notifications.sender import Prepare
from notifications.texts import MessageText
from tests.displays.board_sending import Threads
from tests.fake_servers.process import FakeServer, running_server

AddChannel = Callable[..., Channel]


class Recorder:
    """In the place of a service: notes what it is sent, and answers as it is told."""

    def __init__(self) -> None:
        self.sent: list[MessageText] = []
        self.discarded = 0
        self.report = DeliveryReport(DeliveryState.SENT)

    def prepare(self, message: PendingMessage, text: MessageText) -> _RecordedMessage:
        return _RecordedMessage(self, text)


class _RecordedMessage:
    def __init__(self, recorder: Recorder, text: MessageText) -> None:
        self._recorder, self._text = recorder, text

    def send(self) -> DeliveryReport:
        self._recorder.sent.append(self._text)
        return self._recorder.report

    def discard(self) -> None:
        self._recorder.discarded += 1


@pytest.fixture
def recorder() -> Recorder:
    return Recorder()


@pytest.fixture
def at() -> datetime:
    return timezone.now()


@pytest.fixture
def add_channel(alice: User) -> AddChannel:
    """Adds a channel of alice's, which hears everything, to an address that nobody is asked about."""

    def add(owner: User | None = None, **fields: Any) -> Channel:
        fields = {
            "address": "json://127.0.0.1:9/hook",
            "name": "Watch",
            "service": "Webhook",
            "occasions": [one.value for one in SELECTABLE],
            **fields,
        }
        return Channel.add(owner or alice, **fields)

    return add


def deliver(channel: Channel, prepare: Prepare, threads: Threads | None = None) -> None:
    """As a worker does."""
    async_to_sync(delivery.deliver)(channel.pk, threads or Threads(), prepare=prepare)
    channel.refresh_from_db()


def later(channel: Channel, minutes: float) -> None:
    """So much time goes by."""
    shift = timedelta(minutes=minutes)
    fields = ("quiet_until", "next_try_at", "failing_since")
    Channel.objects.filter(pk=channel.pk).update(
        **{name: at - shift for name in fields if (at := getattr(channel, name))}
    )
    for one in Delivery.objects.filter(channel=channel):
        Delivery.objects.filter(pk=one.pk).update(lease_until=one.lease_until - shift)
    channel.refresh_from_db()


@pytest.fixture(scope="package")
def receiver_process(tmp_path_factory: pytest.TempPathFactory) -> Iterator[FakeServer]:
    journal: Path = tmp_path_factory.mktemp("receiver") / "journal.jsonl"
    with running_server("receiver", journal) as one:
        yield one


@pytest.fixture
def receiver(receiver_process: FakeServer) -> FakeServer:
    """A webhook, of this machine."""
    receiver_process.reset()
    receiver_process.journal.write_text("")
    return receiver_process
