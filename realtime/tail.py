"""Following the event log: one reader per process, whatever the audience."""

from __future__ import annotations

import asyncio
import json
import logging
import time
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from datetime import UTC, datetime
from typing import Generic, TypeVar

from django.db import Error as DatabaseError
from django.db import connection

from . import progress
from .cursors import Cursor
from .log import DOORBELL
from .models import Event, Topic
from .progress import Progress
from .wakeup import Listener, Ring

logger = logging.getLogger(__name__)

SLOW_POLL = 1.0  # seconds; what a lost ring costs at most
BATCH = 500
_BACKOFF_MOST = 5.0
_ROUNDS_AT_ONCE = 3  # more than a socket may have missed without beginning anew

# As SQL, and read by hand, because everything that is seen waits for it: 0.04 ms, of which a raw
# queryset makes 0.11 and the ORM 0.30; three times as much each where the processor was idle before.
_FOLLOWING = (
    "SELECT id, seq, type, data, created_at FROM realtime_event"
    " WHERE topic_id = %s AND seq > %s ORDER BY seq LIMIT %s"
)

T = TypeVar("T")
P = TypeVar("P")
Prepare = Callable[[str, Sequence[Event]], P]  # in the tail's thread; may query
Deliver = Callable[[P], None]  # on the loop


class Tail(Generic[P]):
    """Reads what is appended to the topics it was asked to follow, in order and without a gap.

    `lock` is held while a batch is on its way from the log to the followers; whoever joins takes it,
    so as to be either before the batch or behind it.
    """

    def __init__(
        self,
        prepare: Prepare[P],
        deliver: Deliver[P],
        reset: Callable[[str], None],
        pass_on: Callable[[Progress], None],
    ) -> None:
        self.lock = asyncio.Lock()
        self.heads: dict[str, Topic] = {}  # `last_seq` = what was delivered
        self.follow_all = False
        self._unread: set[str] = set()  # topics with more to deliver than one batch
        self._known: set[str] = set()  # with follow_all: a name not in here is a new topic
        self._prepare = prepare
        self._deliver = deliver
        self._reset = reset
        self._pass_on = pass_on
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="tail")
        self._task: asyncio.Task[None] | None = None
        self._listener: Listener | None = None
        self.looked_at = time.monotonic()

    # Joining and leaving, with the lock held

    async def follow(self, names: Iterable[str]) -> list[Cursor]:
        """Read these topics too, from their end on, which is returned in the order of names."""
        names = list(names)
        await self._start()
        if new := [name for name in names if name not in self.heads]:
            self.heads.update(await self._in_thread(_topics, new))
        return [self.heads[name].position for name in names]

    async def follow_everything(self) -> None:
        await self._start()
        rows = await self._in_thread(_all_topics)
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

    async def look_now(self) -> None:
        """Return when everything that was committed before this call has been delivered, or in a
        flood the beginning of it."""
        with suppress(DatabaseError):
            await self._look(None)
            for _ in range(_ROUNDS_AT_ONCE):
                if self._unread:
                    await self._look(set())

    async def stop(self) -> None:
        """Read nothing any more and hold no connection, until somebody follows again."""
        self.heads = {}
        self._unread = set()
        if self._task is not None:
            self._task.cancel()
            with suppress(asyncio.CancelledError):
                await self._task
            self._task = None
        if self._listener is not None:
            self._listener.close()
            self._listener = None
        await self._in_thread(hang_up)

    # Reading

    async def _start(self) -> None:
        if self._task is None:
            # Bound before the first read, or what is committed in between waits for the slow poll.
            self._listener = await asyncio.to_thread(Listener, DOORBELL, progress.DOORBELL)
            self.looked_at = time.monotonic()
            self._task = asyncio.create_task(self._run(self._listener))

    async def _run(self, listener: Listener) -> None:
        loop = asyncio.get_running_loop()
        pause = 0.0
        next_poll = loop.time() + SLOW_POLL
        while True:
            patience = 0.0 if self._unread else max(0.0, next_poll - loop.time())
            rings = await listener.wait_async(patience)
            everything = loop.time() >= next_poll
            if everything:
                next_poll = loop.time() + SLOW_POLL
            try:
                await self._heed(rings, everything)
                self.looked_at = time.monotonic()
                pause = 0.0
            except Exception:  # a border: the sockets stay open until the database is back
                pause = min(_BACKOFF_MOST, pause * 2 or 0.25)
                logger.warning("The event log cannot be read.", exc_info=True)
                await self._in_thread(hang_up)
                await asyncio.sleep(pause)
                next_poll = loop.time()

    async def _heed(self, rings: Sequence[Ring], everything: bool) -> None:
        rung = {payload for channel, payload in rings if channel == DOORBELL}
        if everything or "" in rung:
            await self._look(None)
        elif rung or self._unread:
            await self._look(rung)
        for channel, payload in rings:
            if channel == progress.DOORBELL and (news := progress.understand(payload)):
                self._pass_on(news)

    async def _look(self, rung: set[str] | None) -> None:
        """Deliver a batch of what is new in each of these topics; None = look at every one.

        The lock is free between batches: whoever joins does not wait for the end of a flood, and no
        topic waits for that of another.
        """
        if rung is None or (self.follow_all and not rung <= self.heads.keys()):
            async with self.lock:
                rung = await self._changed()
        for name in (*rung, *(self._unread - rung)):
            async with self.lock:
                topic = self.heads.get(name)
                more = topic is not None and await self._step(topic)
            (self._unread.add if more else self._unread.discard)(name)

    async def _step(self, topic: Topic) -> bool:
        """Deliver one batch; whether there may be more."""
        events, prepared = await self._in_thread(self._read, topic)
        if not events:
            return False
        if events[0].seq != topic.last_seq + 1 or prepared is None:
            self._lost(topic.name)
            return False
        topic.last_seq = events[-1].seq
        self._deliver(prepared)
        self.looked_at = time.monotonic()
        return len(events) == BATCH

    def _read(self, topic: Topic) -> tuple[list[Event], P | None]:
        with connection.cursor() as cursor:
            cursor.execute(_FOLLOWING, [topic.pk, topic.last_seq, BATCH])
            events = [_event(topic, *row) for row in cursor.fetchall()]
        whole = events and events[-1].seq - topic.last_seq == len(events)
        return events, self._prepare(topic.name, events) if whole else None

    async def _changed(self) -> set[str]:
        """Topics that have grown; those whose numbering began anew are reset."""
        names = None if self.follow_all else list(self.heads)
        rows = await self._in_thread(_current, names)
        changed = set()
        for name, row in rows.items():
            head = self.heads.get(name)
            if head is None:
                head = self.heads[name] = self._newcomer(row)
            if head.epoch != row.epoch or row.last_seq < head.last_seq:
                self._lost(name)
            elif row.last_seq > head.last_seq:
                changed.add(name)
        for name in self.heads.keys() - rows.keys():
            self._lost(name)
        return changed

    def _newcomer(self, row: Topic) -> Topic:
        """With follow_all: a topic born since the last look is read from its first event on, one
        that was lost from its end."""
        seen = row.name in self._known
        self._known.add(row.name)
        last_seq = row.last_seq if seen else 0
        return Topic(pk=row.pk, name=row.name, epoch=row.epoch, last_seq=last_seq)

    def _lost(self, name: str) -> None:
        logger.warning("Topic %s has a gap or another epoch; its followers begin anew.", name)
        del self.heads[name]
        self._reset(name)

    async def _in_thread(self, function: Callable[..., T], *args: object) -> T:
        loop = asyncio.get_running_loop()
        return await loop.run_in_executor(self._thread, function, *args)


def _event(topic: Topic, pk: int, seq: int, kind: str, data: str, at: datetime) -> Event:
    """A row of _FOLLOWING. SQLite keeps moments in UTC and does not say so."""
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


def hang_up() -> None:
    """Close the connection of the thread this runs in."""
    with suppress(DatabaseError):
        connection.close()
