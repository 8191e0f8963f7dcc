"""A stream's front door: how a socket that comes, or comes back, begins."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable, Sequence
from concurrent.futures import Executor
from dataclasses import dataclass
from heapq import merge
from typing import TypeVar

from .cursors import Positions, Resync
from .models import Event
from .streams import Encoded, Stream, compact

MOST_MISSED = 1000  # events; beyond that a fresh snapshot is the better answer
_SNAPSHOT_AGE = 1.0

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Joined:
    """How a socket begins: welcome it with `cursor` (and `html`), send `backlog`, then follow the
    stream from frame number `at` on."""

    stream: Stream
    cursor: str
    at: int
    html: str | None = None  # a JSON object; None = recovered, nothing needs to be drawn anew
    backlog: Sequence[Encoded] = ()


class Place:
    """A stream, with the work of joining it done once for all who come at the same time."""

    def __init__(self, stream: Stream, thread: Executor) -> None:
        self.stream = stream
        self.empty_since: float | None = time.monotonic()
        self._thread = thread
        self._lock = asyncio.Lock()
        self._shot: tuple[float, Joined] | None = None  # the last snapshot, and when

    async def recover(self, cursor: str, look_now: Callable[[], Awaitable[None]]) -> Joined | None:
        """What was missed since `cursor`, whole; None where that cannot be told."""
        stream = self.stream
        try:
            seen = Positions.parse(cursor)
        except Resync:
            return None
        if stream.feed.all_topics or not seen.same_epochs(stream.head):
            return None
        if not stream.head.reaches(seen):  # another process was faster than this one
            await look_now()
        async with self._lock:
            if not stream.head.reaches(seen) or not await self._reach_back(seen):
                return None
            missed = stream.missed(seen)
            return None if missed is None else Joined(stream, cursor, stream.count, backlog=missed)

    async def _reach_back(self, seen: Positions) -> bool:
        """Make the stream remember everything since `seen`; False where it cannot."""
        stream = self.stream
        if seen.reaches(stream.floor):
            return True
        if seen.distance(stream.head) > MOST_MISSED:
            return False
        stream.keep()
        start, floor = seen.earliest(stream.floor), stream.floor
        earlier = await self._in_thread(_frames_between, stream, start, floor)
        if earlier is None or stream.floor != floor:
            return False
        stream.extend_back(earlier, start)
        return True

    async def snapshot(self) -> Joined:
        """The present, rendered once for everybody who asks before something happens."""
        stream = self.stream
        async with self._lock:
            now = time.monotonic()
            if self._shot and self._shot[1].at == stream.count:
                if now - self._shot[0] < _SNAPSHOT_AGE:
                    return self._shot[1]
                self._shot = None
            # The position first: what happens while the snapshot is drawn is sent after it.
            at, cursor = stream.count, str(stream.head)
            html = compact(dict(await self._in_thread(stream.feed.snapshot)))
            joined = Joined(stream, cursor, at, html=html)
            self._shot = (now, joined)
            return joined

    async def _in_thread(self, function: Callable[..., T], *args: object) -> T:
        loop = asyncio.get_running_loop()
        return await loop.run_in_executor(self._thread, function, *args)


def _frames_between(stream: Stream, start: Positions, end: Positions) -> list[Encoded] | None:
    """The frames of every event after `start` up to `end`; None if some are no longer kept."""
    found = []
    topics = zip(stream.feed.topics, start.cursors, end.cursors, strict=True)
    for name, first, last in topics:
        events = Event.objects.select_related("topic").filter(
            topic__name=name, topic__epoch=first.epoch, seq__gt=first.seq, seq__lte=last.seq
        )
        found.append(list(events.order_by("seq")))
        if len(found[-1]) != last.seq - first.seq:
            return None
    merged = list(merge(*found, key=lambda event: event.created_at))
    return stream.prepare_earlier(merged, start)
