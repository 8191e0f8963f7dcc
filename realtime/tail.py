"""Following the event log: one reader per process, however many sockets there are."""

from __future__ import annotations

import asyncio
import json
import logging
import socket
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import suppress
from datetime import UTC, datetime
from functools import partial
from typing import Generic, NamedTuple, TypeVar

from django.db import Error as DatabaseError
from django.db import connection

from lib.database_thread import DatabaseThread, close_connection
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
Complete = Callable[[str, Sequence[Event], P], P]  # with those who joined since; as above
Deliver = Callable[[P], None]  # on the loop


class _Batch(NamedTuple, Generic[P]):
    """What is new in a topic; `prepared` is None where it has a gap."""

    topic: Topic
    events: list[Event]
    prepared: P | None


class Tail(Generic[P]):
    """Reads what is appended to the topics it was asked to follow, in order and without a gap.

    Its thread waits for wake-ups, reads and prepares, so that an event is passed between threads once:
    that takes longer than to read it, above all on a full machine. `lock` is held while a batch goes to
    the followers; a socket that joins takes it, so as to be either before the batch or after it. What was
    prepared before a socket joined is completed for it. Nothing is prepared twice for the same follower,
    which may remember what it has drawn: so there is one reader, whoever asks.
    """

    def __init__(
        self,
        prepare: Prepare[P],
        deliver: Deliver[P],
        reset: Callable[[str], None],
        show_progress: Callable[[Progress], None],
        complete: Complete[P] = lambda topic, events, prepared: prepared,
        is_complete: Callable[[P], bool] = lambda prepared: True,
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
        self._complete = complete
        self._is_complete = is_complete
        self._waiting = DatabaseThread("tail")
        self._thread = DatabaseThread("tail's questions")  # for what does not come by a wake-up
        self._task: WatchedTask | None = None
        self._listener: WakeUpListener | None = None
        self._interruption: tuple[socket.socket, socket.socket] | None = None
        self._asked: list[asyncio.Future[None]] = []  # who waits in `read_now` for the next round
        self._is_away = False  # the database, when it was asked last
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
        batches of it where there is very much; at once while the database is away."""
        if self._interruption is None or self._is_away:
            return
        asked = asyncio.get_running_loop().create_future()
        self._asked.append(asked)
        with suppress(BlockingIOError):  # full of others who ask
            self._interruption[0].send(b"?")
        await asked

    async def stop(self) -> None:
        """Stop reading and close the connection, until `follow` is called again."""
        self.heads = {}
        self._unread = set()
        if self._task is not None:
            await self._task.cancel()
            self._task = None
        self._answer(self._asked)
        if self._listener is not None and self._interruption is not None:
            self._interruption[0].close()  # which ends the wait
            await self._waiting.close()
            self._interruption[1].close()
            self._listener.close()
            self._listener = self._interruption = None
        await self._thread.close()

    # Reading

    async def _start(self) -> None:
        if self._task is None:
            # Bound before the first read, or what is committed in between waits for the next poll.
            self._listener = await asyncio.to_thread(
                WakeUpListener, EVENTS_CHANNEL, PROGRESS_CHANNEL
            )
            self._interruption = socket.socketpair()
            for end in self._interruption:
                end.setblocking(False)
            self.last_read_at = time.monotonic()
            work = partial(self._run, self._listener, self._interruption[1])
            self._task = WatchedTask("the tail", work)

    async def _run(self, listener: WakeUpListener, interruption: socket.socket) -> None:
        loop = asyncio.get_running_loop()
        pause = 0.0
        next_poll = loop.time() + POLL_SECONDS
        while True:
            report_round()
            timeout = 0.0 if self._unread else max(0.0, next_poll - loop.time())
            asked: list[asyncio.Future[None]] = []
            try:
                wakeups, read = await self._waiting.run(
                    self._await_events, listener, timeout, interruption
                )
                asked, self._asked = self._asked, []
                everything = bool(asked) or loop.time() >= next_poll
                if everything:
                    next_poll = loop.time() + POLL_SECONDS
                await self._handle_wakeups(wakeups, read, everything)
                if asked:
                    await self._read_rest()
                self.last_read_at = time.monotonic()
                pause, self._is_away = 0.0, False
            except Exception:  # a border: the sockets stay open until the database is back
                pause = min(_MAX_BACKOFF_SECONDS, pause * 2 or 0.25)
                logger.warning("The event log cannot be read.", exc_info=True)
                self._is_away = True
                self._answer([*asked, *self._asked])
                await asyncio.sleep(pause)
                next_poll = loop.time()
            finally:
                self._answer(asked)

    async def _read_rest(self) -> None:
        """More batches, where there is more than one."""
        for _ in range(_MAX_ROUNDS):
            if self._unread:
                await self._read_topics(set())

    @staticmethod
    def _answer(asked: Iterable[asyncio.Future[None]]) -> None:
        for one in asked:
            if not one.done():
                one.set_result(None)

    def _await_events(
        self, listener: WakeUpListener, timeout: float, interruption: socket.socket
    ) -> tuple[list[WakeUp], dict[str, _Batch[P]]]:
        """Wake-ups, and a batch of the first topic that they name with something new. In a thread.

        Of one topic only: a stream that follows two would number the second batch without the first.
        """
        wakeups = listener.wait(timeout, interruption)
        with suppress(BlockingIOError):
            interruption.recv(4096)
        read: dict[str, _Batch[P]] = {}
        try:
            for channel, name in wakeups:
                topic = self.heads.get(name) if channel == EVENTS_CHANNEL else None
                if topic is not None and (batch := self._read(topic)).events:
                    read[name] = batch
                    break
        except DatabaseError:  # reading it once more says why
            close_connection()
        return wakeups, read

    async def _handle_wakeups(
        self, wakeups: Sequence[WakeUp], read: Mapping[str, _Batch[P]], everything: bool
    ) -> None:
        names = {payload for channel, payload in wakeups if channel == EVENTS_CHANNEL}
        if everything or "" in names:
            await self._read_topics(None, read)
        elif names or self._unread:
            await self._read_topics(names, read)
        for channel, payload in wakeups:
            if channel == PROGRESS_CHANNEL and (update := parse_progress(payload)):
                self._show_progress(update)

    async def _read_topics(
        self, names: set[str] | None, read: Mapping[str, _Batch[P]] | None = None
    ) -> None:
        """Deliver a batch of what is new in each of these topics; None = in every one. `read`: those
        that have been read already.

        The lock is free between batches: a socket that joins does not wait until a flood of events
        is delivered, and no topic waits for that of another.
        """
        if names is None or (self.follow_all and not names <= self.heads.keys()):
            async with self.lock:
                names = await self._changed()
        read = read or {}
        # What was prepared already goes first, as it follows what was delivered last.
        for name in (*read, *(names | self._unread) - read.keys()):
            async with self.lock:
                topic = self.heads.get(name)
                more = topic is not None and await self._deliver_batch(topic, read.get(name))
            (self._unread.add if more else self._unread.discard)(name)

    async def _deliver_batch(self, topic: Topic, batch: _Batch[P] | None) -> bool:
        """Deliver one batch, this one if it was read; whether there may be more."""
        if batch is None or batch.topic is not topic:
            batch = await self._thread.run(self._read, topic)
        events, prepared = batch.events, batch.prepared
        if not events:
            return False
        if events[0].seq != topic.last_seq + 1 or prepared is None:
            self._reset_topic(topic.name)
            return False
        if not self._is_complete(prepared):
            prepared = await self._thread.run(self._complete, topic.name, events, prepared)
        topic.last_seq = events[-1].seq
        self._deliver(prepared)
        self.last_read_at = time.monotonic()
        return len(events) == BATCH

    def _read(self, topic: Topic) -> _Batch[P]:
        after = topic.last_seq
        with connection.cursor() as cursor:
            cursor.execute(_NEXT_EVENTS, [topic.pk, after, BATCH])
            events = [_event(topic, *row) for row in cursor.fetchall()]
        whole = events and events[-1].seq - after == len(events)
        return _Batch(topic, events, self._prepare(topic.name, events) if whole else None)

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
