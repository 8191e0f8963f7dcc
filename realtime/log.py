"""Writing to and reading from the event log.

Writers append in the transaction that changes the state they report, so that there is no event
without its change and no change without its event. The number comes from the topic's own row: its
lock is held until commit, so a reader who has seen number n never finds a lower one later. (A serial
id over the whole table lost a fifth of the events for a reader on Postgres.)
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db import connection, transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from lib.compiled_statements import CompiledInsert, open_cursor

from . import wakeup
from .cursors import Cursor, Resync
from .models import Event, Topic
from .models.topic import new_epoch

EVENTS_CHANNEL = "events"
_EVENTS = CompiledInsert(Event)
INSERT_BATCH = 100  # parameters of a statement are limited
PRUNE_BATCH = 1000  # short write transactions: others wait for them on SQLite


class NotInTransaction(RuntimeError):
    """An event was appended outside of the transaction whose change it reports."""


# Writing


def append(topic: str, type: str, data: Mapping[str, object]) -> Cursor:  # noqa: A002
    """Add one event to `topic`; readers are woken when the surrounding transaction commits."""
    return append_many(topic, [(type, data)])


def append_many(topic: str, events: Iterable[tuple[str, Mapping[str, object]]]) -> Cursor:
    """Add events to `topic`, in this order, in two statements. The cursor is that of the last."""
    if not connection.in_atomic_block:
        raise NotInTransaction(f"an event for {topic!r} needs a transaction around it")
    rows = [(kind, dict(data)) for kind, data in events]
    if not rows:
        return position(topic)
    topic_id, epoch, last = _take_numbers(topic, len(rows))
    now = timezone.now()
    numbered = [
        {"topic_id": topic_id, "seq": seq, "type": kind, "data": data, "created_at": now}
        for seq, (kind, data) in enumerate(rows, start=last - len(rows) + 1)
    ]
    for first in range(0, len(numbered), INSERT_BATCH):
        _EVENTS.create_many(numbered[first : first + INSERT_BATCH])
    _notify_on_commit(topic)
    return Cursor(epoch, last)


def _take_numbers(topic: str, count: int) -> tuple[int, str, int]:
    """Reserve `count` numbers: the topic's id, its epoch and the last number taken."""
    with open_cursor(connection) as cursor:
        cursor.execute(
            "UPDATE realtime_topic SET last_seq = last_seq + %s WHERE name = %s"
            " RETURNING id, epoch, last_seq",
            [count, topic],
        )
        row = cursor.fetchone()
        if row is None:  # the topic's first event; another process may be writing it too
            cursor.execute(
                "INSERT INTO realtime_topic (name, epoch, last_seq) VALUES (%s, %s, %s)"
                " ON CONFLICT (name) DO UPDATE"
                " SET last_seq = realtime_topic.last_seq + excluded.last_seq"
                " RETURNING id, epoch, last_seq",
                [topic, new_epoch(), count],
            )
            row = cursor.fetchone()
    return int(row[0]), str(row[1]), int(row[2])


@dataclass(frozen=True, slots=True)
class _Notify:
    topic: str

    def __call__(self) -> None:
        wakeup.notify(EVENTS_CHANNEL, self.topic)


def _notify_on_commit(topic: str) -> None:
    notify = _Notify(topic)
    # A rolled-back savepoint takes its callbacks with it, so the list itself is what to ask.
    if not any(callback[1] == notify for callback in connection.run_on_commit):
        transaction.on_commit(notify)


# Reading


def position(topic: str) -> Cursor:
    """Where `topic` ends now. Its numbering begins here if it has not begun yet."""
    return _topic(topic).position


def read_after(topic: str, cursor: Cursor | str | None, limit: int) -> list[Event]:
    """At most `limit` events that follow `cursor`, oldest first; None = from the oldest kept.

    Raises `Resync` when the cursor is malformed, of another epoch, ahead of the topic, or so old
    that events after it were already pruned.
    """
    row = _topic(topic)
    first = None if cursor is None else _parse_cursor(row, cursor).seq + 1
    found = Event.objects.filter(topic=row).order_by("seq")
    events = list((found if first is None else found.filter(seq__gte=first))[:limit])
    if first is not None and first <= row.last_seq and (not events or events[0].seq != first):
        raise Resync(_("What came after this cursor is no longer kept."))
    for event in events:
        event.topic = row
    return events


def _parse_cursor(row: Topic, cursor: Cursor | str) -> Cursor:
    cursor = Cursor.parse(cursor) if isinstance(cursor, str) else cursor
    if cursor.epoch != row.epoch:
        raise Resync(_("This cursor is from before the events were numbered anew."))
    if cursor.seq > row.last_seq:
        raise Resync(_("This cursor is ahead of everything that has happened."))
    return cursor


def _topic(name: str) -> Topic:
    row = Topic.objects.filter(name=name).first()
    return row or Topic.objects.get_or_create(name=name)[0]


# Retention


def prune(keep: timedelta, *, max_per_topic: int = 100_000, now: datetime | None = None) -> int:
    """Delete events older than `keep`, and all but the newest `max_per_topic` of each topic.

    Returns how many. Works in small steps of its own; not to be called inside a transaction.
    """
    oldest = (now or timezone.now()) - keep
    return sum(_prune_topic(topic, oldest, max_per_topic) for topic in Topic.objects.order_by("id"))


def _prune_topic(topic: Topic, oldest: datetime, max_per_topic: int) -> int:
    deleted = 0
    while True:
        head = Event.objects.filter(topic=topic).order_by("seq").values_list("seq", "created_at")
        expired = [
            seq
            for seq, created_at in head[:PRUNE_BATCH]
            if created_at < oldest or seq <= topic.last_seq - max_per_topic
        ]
        if expired:
            Event.objects.filter(topic=topic, seq__lte=expired[-1]).delete()
            deleted += len(expired)
        if len(expired) < PRUNE_BATCH:
            return deleted
