"""Following the event log: one reader per process, however many sockets there are."""

from __future__ import annotations

import asyncio
import json
import logging
import time
from collections.abc import Callable, Iterable, Sequence
from contextlib import suppress
from datetime import UTC, datetime
from functools import partial
from typing import Generic, TypeVar

from django.db import Error as DatabaseError
from django.db import connection

from lib.database_thread import DatabaseThread
from lib.watched_tasks import WatchedTask, report_round

from .cursors import Cursor
from .events import PROGRESS_CHANNEL, Progress, parse_progress
from .log import EVENTS_CHANNEL
from .models import Event, Topic
from .wakeup import WakeUp, WakeUpListener

logger = logging.getLogger(__name__)

POLL_SECONDS = 1.0  # what a lost wake-up costs at most
BATCH = 500
_MAX_BACKOFF_SECONDS = 5.0
_MAX_ROUNDS = 3  # more than a socket may have missed and still recover

# SQL, because every event waits for it: 0.04 ms, where a raw queryset takes 0.11 and the ORM 0.30;
# three times as much each where the processor was idle before.
_NEXT_EVENTS = (
    "SELECT id, seq, type, data, created_at FROM realtime_event"
    " WHERE topic_id = %s AND seq > %s ORDER BY seq LIMIT %s"
)

P = TypeVar("P")
Prepare = Callable[[str, Sequence[Event]], P]  # in the tail's thread; may query
Deliver = Callable[[P], None]  # on the loop


class Tail(Generic[P]):
    """Reads what is appended to the topics it was asked to follow, in order and without a gap.

    `lock` is held while a batch is on its way from the log to the followers; a socket that joins
    takes it, so as to be either before the batch or after it.
    """

    def __init__(
        self,
        prepare: Prepare[P],
        deliver: Deliver[P],
        reset: Callable[[str], None],
        show_progress: Callable[[Progress], None],
    ) -> None:
        self.lock = asyncio.Lock()
        self.heads: dict[str, Topic] = {}  # `last_seq` = what was delivered
        self.follow_all = False
        self._unread: set[str] = set()  # topics with more to deliver than one batch
        self._known: set[str] = set()  # with follow_all: any other name is a new topic
        self._prepare = prepare
        self._deliver = deliver
        self._reset = reset
        self._show_progress = show_progress
        self._thread = DatabaseThread("tail")
        self._task: WatchedTask | None = None
        self._listener: WakeUpListener | None = None
        self.last_read_at = time.monotonic()

    # Joining and leaving, with the lock held

    async def follow(self, names: Iterable[str]) -> list[Cursor]:
        """Read these topics too, from their end on; returns the ends, in the order of `names`."""
        names = list(names)
        await self._start()
        if new := [name for name in names if name not in self.heads]:
            self.heads.update(await self._thread.run(_topics, new))
        return [self.heads[name].position for name in names]

    async def follow_everything(self) -> None:
        await self._start()
        rows = await self._thread.run(_all_topics)
        for name, row in rows.items():
            self.heads.setdefault(name, row)
        self._known = set(rows)
        self.follow_all = True

    def forget(self, keep: Iterable[str], *, follow_all: bool) -> None:
        """Read only these topics from now on."""
        self.follow_all = follow_all
        if not follow_all:
            kept = set(keep)
            self.heads = {name: row for name, row in self.heads.items() if name in kept}

    async def read_now(self) -> None:
        """Return when everything that was committed before this call has been delivered, or the first
        batches of it where there is very much."""
        with suppress(DatabaseError):
            await self._read_topics(None)
            for _ in range(_MAX_ROUNDS):
                if self._unread:
                    await self._read_topics(set())

    async def stop(self) -> None:
        """Stop reading and close the connection, until `follow` is called again."""
        self.heads = {}
        self._unread = set()
        if self._task is not None:
            await self._task.cancel()
            self._task = None
        if self._listener is not None:
            self._listener.close()
            self._listener = None
        await self._thread.close()

    # Reading

    async def _start(self) -> None:
        if self._task is None:
            # Bound before the first read, or what is committed in between waits for the next poll.
            self._listener = await asyncio.to_thread(
                WakeUpListener, EVENTS_CHANNEL, PROGRESS_CHANNEL
            )
            self.last_read_at = time.monotonic()
            self._task = WatchedTask("the tail", partial(self._run, self._listener))

    async def _run(self, listener: WakeUpListener) -> None:
        loop = asyncio.get_running_loop()
        pause = 0.0
        next_poll = loop.time() + POLL_SECONDS
        while True:
            report_round()
            timeout = 0.0 if self._unread else max(0.0, next_poll - loop.time())
            wakeups = await listener.wait_async(timeout)
            everything = loop.time() >= next_poll
            if everything:
                next_poll = loop.time() + POLL_SECONDS
            try:
                await self._handle_wakeups(wakeups, everything)
                self.last_read_at = time.monotonic()
                pause = 0.0
            except Exception:  # a border: the sockets stay open until the database is back
                pause = min(_MAX_BACKOFF_SECONDS, pause * 2 or 0.25)
                logger.warning("The event log cannot be read.", exc_info=True)
                await asyncio.sleep(pause)
                next_poll = loop.time()

    async def _handle_wakeups(self, wakeups: Sequence[WakeUp], everything: bool) -> None:
        names = {payload for channel, payload in wakeups if channel == EVENTS_CHANNEL}
        if everything or "" in names:
            await self._read_topics(None)
        elif names or self._unread:
            await self._read_topics(names)
        for channel, payload in wakeups:
            if channel == PROGRESS_CHANNEL and (update := parse_progress(payload)):
                self._show_progress(update)

    async def _read_topics(self, names: set[str] | None) -> None:
        """Deliver a batch of what is new in each of these topics; None = in every one.

        The lock is free between batches: a socket that joins does not wait until a flood of events
        is delivered, and no topic waits for that of another.
        """
        if names is None or (self.follow_all and not names <= self.heads.keys()):
            async with self.lock:
                names = await self._changed()
        for name in (*names, *(self._unread - names)):
            async with self.lock:
                topic = self.heads.get(name)
                more = topic is not None and await self._deliver_batch(topic)
            (self._unread.add if more else self._unread.discard)(name)

    async def _deliver_batch(self, topic: Topic) -> bool:
        """Deliver one batch; whether there may be more."""
        events, prepared = await self._thread.run(self._read, topic)
        if not events:
            return False
        if events[0].seq != topic.last_seq + 1 or prepared is None:
            self._reset_topic(topic.name)
            return False
        topic.last_seq = events[-1].seq
        self._deliver(prepared)
        self.last_read_at = time.monotonic()
        return len(events) == BATCH

    def _read(self, topic: Topic) -> tuple[list[Event], P | None]:
        with connection.cursor() as cursor:
            cursor.execute(_NEXT_EVENTS, [topic.pk, topic.last_seq, BATCH])
            events = [_event(topic, *row) for row in cursor.fetchall()]
        whole = events and events[-1].seq - topic.last_seq == len(events)
        return events, self._prepare(topic.name, events) if whole else None

    async def _changed(self) -> set[str]:
        """Topics that have grown; those whose numbering started again are reset."""
        names = None if self.follow_all else list(self.heads)
        rows = await self._thread.run(_current, names)
        changed = set()
        for name, row in rows.items():
            head = self.heads.get(name)
            if head is None:
                head = self.heads[name] = self._head_of_new_topic(row)
            if head.epoch != row.epoch or row.last_seq < head.last_seq:
                self._reset_topic(name)
            elif row.last_seq > head.last_seq:
                changed.add(name)
        for name in self.heads.keys() - rows.keys():
            self._reset_topic(name)
        return changed

    def _head_of_new_topic(self, row: Topic) -> Topic:
        """With follow_all: a topic made since the last check is read from its first event on, one
        that was reset from its end."""
        seen = row.name in self._known
        self._known.add(row.name)
        last_seq = row.last_seq if seen else 0
        return Topic(pk=row.pk, name=row.name, epoch=row.epoch, last_seq=last_seq)

    def _reset_topic(self, name: str) -> None:
        logger.warning("Topic %s has a gap or another epoch; its followers start again.", name)
        del self.heads[name]
        self._reset(name)


def _event(topic: Topic, pk: int, seq: int, kind: str, data: str, at: datetime) -> Event:
    """A row of _NEXT_EVENTS. SQLite keeps UTC without a time zone."""
    at = at if at.tzinfo else at.replace(tzinfo=UTC)
    return Event(id=pk, topic=topic, seq=seq, type=kind, data=json.loads(data), created_at=at)


def _topics(names: Sequence[str]) -> dict[str, Topic]:
    """The rows of these topics; numbering begins where it has not begun yet."""
    rows = _current(names)
    for name in names:
        if name not in rows:
            rows[name] = Topic.objects.get_or_create(name=name)[0]
    return rows


def _all_topics() -> dict[str, Topic]:
    return _current(None)


def _current(names: Sequence[str] | None) -> dict[str, Topic]:
    rows = Topic.objects.all() if names is None else Topic.objects.filter(name__in=names)
    return {row.name: row for row in rows}
