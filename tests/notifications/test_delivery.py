"""How what has happened becomes messages: at once, in digests, again, and once."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import TypeVar

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from networks.models import Network
from notifications import outbox
from notifications.models import Channel, Delivery, DeliveryReport, DeliveryState, Notification
from notifications.occasions import Level, Occasion
from notifications.status import status_of
from tests.displays.board_sending import Threads

from .conftest import AddChannel, Recorder, deliver, later

T = TypeVar("T")

pytestmark = pytest.mark.django_db


def fail_run(network: Network, at: datetime, reason: str = "The model broke.") -> None:
    facts: outbox.Facts = {
        "network": network.name,
        "reason": reason,
        **outbox.page("runs:detail", "abc"),
    }
    outbox.tell_about_network(
        network, Occasion.RUN_FAILED, subject=network.public_id, facts=facts, at=at
    )


def waiting(channel: Channel) -> int:
    return channel.notifications.waiting().count()


def test_the_first_thing_is_told_at_once(
    network: Network, add_channel: AddChannel, recorder: Recorder, at: datetime
) -> None:
    channel = add_channel()
    fail_run(network, at)

    assert Channel.due_for_message(at) == [channel.pk]
    deliver(channel, recorder.prepare)

    (message,) = recorder.sent
    assert message.title == "PANIC!: A run fails"
    assert message.body == "A run of “Whispers” failed: The model broke."
    assert message.level is Level.FAILURE
    last = channel.deliveries.get()
    assert (last.state, last.count, last.is_test) == (DeliveryState.SENT, 1, False)
    assert status_of(channel).code == "sent"


def test_a_thousand_failures_are_one_message_and_then_digests(
    network: Network, add_channel: AddChannel, recorder: Recorder, at: datetime
) -> None:
    channel = add_channel(digest_minutes=10)
    fail_run(network, at)
    deliver(channel, recorder.prepare)

    for n in range(999):
        fail_run(network, at, f"Reason {n}.")
        if n % 100 == 0:
            assert Channel.due_for_message(timezone.now()) == []
            deliver(channel, recorder.prepare)
    later(channel, 11)
    with CaptureQueriesContext(
        connection,
    ) as queries:
        deliver(channel, recorder.prepare)
    deliver(channel, recorder.prepare)

    assert len(recorder.sent) == 2
    digest = recorder.sent[1]
    assert digest.title == "PANIC!: 999 messages"
    assert digest.body == "A run of “Whispers” failed: Reason 998. (999 times)"
    assert len(queries) < 30
    assert waiting(channel) == 0


def test_a_digest_has_a_line_for_each_thing_and_is_short(
    network: Network, add_channel: AddChannel, recorder: Recorder, at: datetime
) -> None:
    channel = add_channel()
    for n in range(30):
        facts: outbox.Facts = {
            "network": f"{n}",
            "reason": "x" * 900,
            **outbox.page("runs:detail", "x"),
        }
        outbox.tell_about_network(network, Occasion.RUN_FAILED, subject=f"{n}", facts=facts, at=at)

    deliver(channel, recorder.prepare)

    (digest,) = recorder.sent
    assert digest.body.startswith("20 other things.")
    assert len(digest.body) <= 1_800


def test_what_fails_is_tried_again_ever_less_often_and_is_in_the_next_message(
    network: Network, add_channel: AddChannel, recorder: Recorder, at: datetime
) -> None:
    channel = add_channel()
    recorder.report = DeliveryReport(DeliveryState.FAILED, "refused", 503)
    fail_run(network, at)
    pauses = []
    for _ in range(9):
        deliver(channel, recorder.prepare)
        assert channel.next_try_at is not None
        pauses.append(round((channel.next_try_at - timezone.now()).total_seconds() / 30))
        later(channel, 61)

    assert pauses == [1, 2, 4, 8, 16, 32, 64, 120, 120]
    assert channel.deliveries.newest_first()[0].problem_words == "The service refused it. (503)"
    assert status_of(channel).code == "failed"
    fail_run(network, at, "Another one.")
    recorder.report = DeliveryReport(DeliveryState.SENT)
    deliver(channel, recorder.prepare)
    assert recorder.sent[-1].title == "PANIC!: 2 messages"
    assert channel.failing_since is None


def test_a_channel_that_fails_for_a_day_is_marked(
    network: Network, add_channel: AddChannel, recorder: Recorder, at: datetime
) -> None:
    channel = add_channel()
    recorder.report = DeliveryReport(DeliveryState.FAILED, "unreachable")
    fail_run(network, at)
    deliver(channel, recorder.prepare)

    assert status_of(channel).code == "failed"
    later(channel, 24 * 60 + 1)

    assert status_of(channel).code == "failing"
    assert Channel.due_for_message(timezone.now()) == [channel.pk]


def test_what_a_worker_had_not_begun_to_send_is_sent_by_another(
    network: Network, add_channel: AddChannel, recorder: Recorder, at: datetime
) -> None:
    channel = add_channel()
    fail_run(network, at)
    lost = Channel.claim_message(channel.pk, at=at)
    assert lost is not None

    assert Channel.claim_message(channel.pk, at=timezone.now()) is None
    later(channel, 2)
    deliver(channel, recorder.prepare)

    assert len(recorder.sent) == 1
    states = list(channel.deliveries.order_by("id").values_list("state", "problem"))
    assert states == [(DeliveryState.FAILED, "died"), (DeliveryState.SENT, "")]
    assert not Delivery.begin_sending(lost.delivery.token, at=timezone.now())


def test_what_a_worker_was_sending_when_it_died_is_uncertain_and_not_sent_again(
    network: Network, add_channel: AddChannel, recorder: Recorder, at: datetime
) -> None:
    channel = add_channel()
    fail_run(network, at)
    lost = Channel.claim_message(channel.pk, at=at)
    assert lost is not None
    assert Delivery.begin_sending(lost.delivery.token, at=timezone.now())
    later(channel, 2)

    assert Channel.due_for_message(timezone.now()) == [channel.pk]
    deliver(channel, recorder.prepare)

    assert recorder.sent == []
    last = channel.deliveries.get()
    assert last.state == DeliveryState.UNCERTAIN
    assert "may have arrived" in last.problem_words
    assert status_of(channel).code == "uncertain"
    assert Channel.due_for_message(timezone.now()) == []


def test_the_message_after_an_uncertain_one_says_so(
    network: Network, add_channel: AddChannel, recorder: Recorder, at: datetime
) -> None:
    channel = add_channel()
    recorder.report = DeliveryReport(DeliveryState.UNCERTAIN, "no-answer")
    fail_run(network, at)
    deliver(channel, recorder.prepare)
    recorder.report = DeliveryReport(DeliveryState.SENT)
    fail_run(network, at)
    later(channel, 20)

    deliver(channel, recorder.prepare)

    assert "may not have arrived" in recorder.sent[1].body
    later(channel, 20)
    fail_run(network, at)
    deliver(channel, recorder.prepare)
    assert "may not have arrived" not in recorder.sent[2].body


class SlowThreads(Threads):
    """Lets two minutes go by, and another worker look, before the database work of this number."""

    def __init__(self, channel: Channel, before: int) -> None:
        self.channel, self.before, self.calls = channel, before, 0

    async def in_database(self, work: Callable[[], T]) -> T:
        self.calls += 1
        if self.calls == self.before:
            await super().in_database(self.give_up)
        return await super().in_database(work)

    def give_up(self) -> None:
        later(self.channel, 2)
        for lost in self.channel.deliveries.expired(timezone.now()):
            self.channel._close_lost(lost, at=timezone.now())


def test_a_report_that_comes_too_late_changes_nothing(
    network: Network, add_channel: AddChannel, recorder: Recorder, at: datetime
) -> None:
    channel = add_channel()
    fail_run(network, at)

    deliver(channel, recorder.prepare, SlowThreads(channel, before=3))

    assert len(recorder.sent) == 1
    assert channel.deliveries.get().state == DeliveryState.UNCERTAIN


def test_a_claim_that_was_lost_while_it_was_prepared_is_not_sent(
    network: Network, add_channel: AddChannel, recorder: Recorder, at: datetime
) -> None:
    channel = add_channel()
    fail_run(network, at)

    deliver(channel, recorder.prepare, SlowThreads(channel, before=2))

    assert recorder.sent == []
    assert recorder.discarded == 1
    assert waiting(channel) == 1


def test_two_workers_that_ask_at_once_get_one_message(
    network: Network, add_channel: AddChannel, at: datetime
) -> None:
    channel = add_channel()
    fail_run(network, at)

    taken = [Channel.claim_message(channel.pk, at=at) for _ in range(2)]

    assert [one is None for one in taken] == [False, True]


def test_a_test_goes_at_once_and_the_rest_still_waits(
    network: Network, add_channel: AddChannel, recorder: Recorder, at: datetime
) -> None:
    channel = add_channel()
    fail_run(network, at)
    deliver(channel, recorder.prepare)
    fail_run(network, at)
    channel.put(Occasion.TEST, at=at)

    deliver(channel, recorder.prepare)

    assert recorder.sent[1].body == "This is a test. Messages arrive here."
    assert waiting(channel) == 1
    assert channel.deliveries.newest_first()[0].is_test


def test_a_test_that_fails_is_not_repeated(
    add_channel: AddChannel, recorder: Recorder, at: datetime
) -> None:
    channel = add_channel()
    recorder.report = DeliveryReport(DeliveryState.FAILED, "unreachable")
    channel.put(Occasion.TEST, at=at)

    deliver(channel, recorder.prepare)

    assert waiting(channel) == 0
    assert Channel.due_for_message(timezone.now()) == []
    assert status_of(channel).code == "failed"


def test_a_channel_that_is_switched_off_hears_nothing_and_forgets_what_waited(
    network: Network, add_channel: AddChannel, at: datetime
) -> None:
    channel = add_channel()
    fail_run(network, at)

    channel.change(enabled=False)
    fail_run(network, at)

    assert Notification.objects.count() == 0
    assert Channel.due_for_message(timezone.now()) == []


def test_old_and_orphaned_notifications_are_removed(
    network: Network, add_channel: AddChannel, at: datetime
) -> None:
    gone, channel = add_channel(), add_channel()
    fail_run(network, at)
    fail_run(network, at - timedelta(days=8))
    Channel.objects.filter(pk=gone.pk)._raw_delete("default")

    Notification.prune(at)

    assert list(Notification.objects.values_list("channel_id", "created_at")) == [(channel.pk, at)]


def test_times_written_before_the_clock_was_set_back_do_not_hold_a_channel(
    network: Network, add_channel: AddChannel, at: datetime
) -> None:
    channel = add_channel()
    fail_run(network, at)
    far = at + timedelta(days=30)

    Channel.objects.filter(pk=channel.pk).update(quiet_until=far, next_try_at=far)

    assert Channel.due_for_message(at) == [channel.pk]
