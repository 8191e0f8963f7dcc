"""The event log: numbers without a gap, in the order of commits."""

from __future__ import annotations

import threading
from datetime import timedelta

import pytest
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from realtime import log, wakeup
from realtime.cursors import Cursor, Positions, Resync
from realtime.models import Event, Topic

from .fixtures import append_many_now, append_now


def test_cursor_survives_being_written_down() -> None:
    cursor = Cursor("1f2e", 17)

    assert Cursor.parse(str(cursor)) == cursor


@pytest.mark.parametrize(
    "text", ["", ":", "a", "a:", ":1", "a:-1", "a:01", "a:1:2", "a b:1", "a:٣"]
)
def test_text_that_is_no_cursor_asks_for_a_snapshot(text: str) -> None:
    with pytest.raises(Resync):
        Cursor.parse(text)


def test_positions_tell_who_has_seen_more() -> None:
    here = Positions.parse("a:3~b:5")
    there = Positions.parse("a:4~b:2")

    assert not here.reaches(there)
    assert str(here.earliest(there)) == "a:3~b:2"
    assert here.distance(there) == 1
    assert str(here.with_seq(1, 9)) == "a:3~b:9"


@pytest.mark.django_db(transaction=True)
def test_event_without_a_transaction_is_refused() -> None:
    with pytest.raises(log.NotInTransaction):
        log.append("network:1", "run.started", {})

    assert not Event.objects.exists()


@pytest.mark.django_db
def test_numbers_of_a_topic_follow_each_other() -> None:
    cursors = [append_now(n) for n in range(3)]
    other = append_now(0, topic="network:2")

    assert [cursor.seq for cursor in cursors] == [1, 2, 3]
    assert other.seq == 1
    assert other.epoch != cursors[0].epoch
    assert log.position("network:1") == cursors[-1]


@pytest.mark.django_db
def test_many_events_cost_two_statements() -> None:
    append_now(0)

    with (
        CaptureQueriesContext(
            connection,
        ) as queries,
        transaction.atomic(),
    ):
        cursor = log.append_many("network:1", [("a.begun", {"n": n}) for n in range(50)])

    statements = [query["sql"] for query in queries if "SAVEPOINT" not in query["sql"]]
    assert len(statements) == 2
    assert cursor.seq == 51


@pytest.mark.django_db(transaction=True)
def test_rolled_back_event_leaves_no_gap() -> None:
    append_now(1)
    with pytest.raises(RuntimeError), transaction.atomic():  # noqa: PT012
        log.append("network:1", "run.started", {})
        raise RuntimeError

    assert append_now(2).seq == 2


@pytest.mark.django_db(transaction=True)
def test_doorbell_rings_once_per_topic_and_only_after_commit() -> None:
    with wakeup.WakeUpListener("events") as listener:
        with transaction.atomic():
            log.append("network:1", "a.begun", {})
            with pytest.raises(RuntimeError), transaction.atomic():  # noqa: PT012
                log.append("network:2", "a.begun", {})
                raise RuntimeError
            log.append("network:1", "a.ended", {})
            assert len(connection.run_on_commit) == 1
            assert listener.wait(0) == []

        assert listener.wait(20) == [("events", "network:1")]


@pytest.mark.django_db
def test_reading_goes_on_after_a_cursor() -> None:
    first = append_now(0)
    append_many_now(range(1, 6))

    events = log.read_after("network:1", str(first), limit=3)

    assert [event.data["n"] for event in events] == [1, 2, 3]
    assert str(events[0].cursor) == f"{first.epoch}:2"
    assert log.read_after("network:1", log.position("network:1"), limit=3) == []


@pytest.mark.django_db
def test_reading_without_a_cursor_begins_at_the_oldest_kept() -> None:
    append_many_now(range(5))
    Event.objects.filter(seq__lte=2).delete()

    assert [event.seq for event in log.read_after("network:1", None, limit=2)] == [3, 4]


@pytest.mark.django_db
def test_cursor_that_cannot_be_continued_asks_for_a_snapshot() -> None:
    last = append_many_now(range(5))
    Event.objects.filter(seq__lte=2).delete()

    for cursor in (f"{last.epoch}:1", f"{last.epoch}:6", "other:3", "junk"):
        with pytest.raises(Resync):
            log.read_after("network:1", cursor, limit=10)
    assert len(log.read_after("network:1", f"{last.epoch}:2", limit=10)) == 3


@pytest.mark.django_db
def test_everything_pruned_still_is_a_gap_for_those_who_missed_it() -> None:
    last = append_many_now(range(5))
    Event.objects.all().delete()

    assert log.read_after("network:1", last, limit=10) == []
    with pytest.raises(Resync):
        log.read_after("network:1", f"{last.epoch}:4", limit=10)


@pytest.mark.django_db
def test_pruning_forgets_the_old_and_the_too_many() -> None:
    append_many_now(range(10))
    append_many_now(range(3), topic="network:2")
    Event.objects.filter(topic__name="network:1", seq__lte=4).update(
        created_at=timezone.now() - timedelta(days=8)
    )

    assert log.prune(timedelta(days=7)) == 4
    assert log.prune(timedelta(days=7), max_per_topic=2) == 5
    assert list(Event.objects.order_by("pk").values_list("seq", flat=True)) == [9, 10, 2, 3]


@pytest.mark.django_db(transaction=True)
def test_writers_at_the_same_time_leave_no_gap_and_number_by_commit() -> None:
    writers, each = 6, 20
    committed: list[int] = []
    barrier = threading.Barrier(writers)

    def write(writer: int) -> None:
        barrier.wait()
        for n in range(each):
            with transaction.atomic():
                cursor = log.append("network:1", "a.happened", {"writer": writer, "n": n})
            committed.append(cursor.seq)
        connection.close()

    seen: list[int] = []
    threads = [threading.Thread(target=write, args=(writer,)) for writer in range(writers)]
    cursor = log.position("network:1")
    for thread in threads:
        thread.start()
    while any(thread.is_alive() for thread in threads) or cursor.seq < writers * each:
        for event in log.read_after("network:1", cursor, limit=50):
            seen.append(event.seq)
            cursor = event.cursor
    for thread in threads:
        thread.join()

    assert seen == list(range(1, writers * each + 1))
    assert sorted(committed) == seen
    assert Topic.objects.count() == 1
