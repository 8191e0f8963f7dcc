"""How a socket follows a stream: where it starts, what it missed, and what it is still to be sent."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from heapq import merge

from lib.database_thread import DatabaseThread

from .cursors import Positions, Resync
from .events import Progress
from .models import Event
from .protocol import compact_json
from .streams import EncodedFrame, Stream

MAX_MISSED_EVENTS = 1000  # beyond that a fresh snapshot is the better answer
MAX_UNACKNOWLEDGED = 64  # frames sent ahead of the client's acknowledgements
STALLED_SECONDS = 10.0
_SNAPSHOT_SECONDS = 1.0
_MAX_FRAMES_AT_ONCE = 32


@dataclass(frozen=True, slots=True)
class SubscriptionStart:
    """Where a socket starts: send a welcome with `cursor` (and `html`), then `backlog`, then follow
    the stream from frame number `at` on. `changes`: how much had changed without an event before."""

    stream: Stream
    cursor: str
    at: int
    html: str | None = None  # a JSON object; None = recovered, nothing needs to be drawn again
    backlog: Sequence[EncodedFrame] = ()
    changes: int = 0


class Subscription:
    """A stream with what its sockets share: the snapshot and the frames that were missed are made
    once for all that connect at the same time."""

    def __init__(self, stream: Stream, thread: DatabaseThread) -> None:
        self.stream = stream
        self.empty_since: float | None = time.monotonic()
        self.changes = 0  # live updates so far: what they changed is in no event
        self.last_change: Progress | None = None
        self._thread = thread
        self._lock = asyncio.Lock()
        self._last_snapshot: tuple[float, SubscriptionStart] | None = None

    async def recover(
        self, cursor: str, read_log_now: Callable[[], Awaitable[None]]
    ) -> SubscriptionStart | None:
        """Start at `cursor`, with everything since then; None where some of it is lost."""
        stream = self.stream
        try:
            seen = Positions.parse(cursor)
        except Resync:
            return None
        if stream.feed.all_topics or not seen.same_epochs(stream.head):
            return None
        if not stream.head.reaches(seen):  # another process was faster than this one
            await read_log_now()
        async with self._lock:
            if not stream.head.reaches(seen) or not await self._extend_back_to(seen):
                return None
            missed = stream.frames_since(seen)
            if missed is None:
                return None
            return SubscriptionStart(
                stream, cursor, stream.count, backlog=missed, changes=self.changes
            )

    async def _extend_back_to(self, seen: Positions) -> bool:
        """Make the stream hold everything since `seen`; False where it cannot."""
        stream = self.stream
        if seen.reaches(stream.floor):
            return True
        if seen.distance(stream.head) > MAX_MISSED_EVENTS:
            return False
        stream.postpone_trimming()
        start, floor = seen.earliest(stream.floor), stream.floor
        earlier = await self._thread.run(_frames_between, stream, start, floor)
        if earlier is None or stream.floor != floor:
            return False
        stream.extend_back(earlier, start)
        return True

    def note_change(self, update: Progress) -> None:
        """Whoever comes now is not given the snapshot of before."""
        self.changes += 1
        self.last_change = update

    async def snapshot(self) -> SubscriptionStart:
        """Start at the present, rendered once for everybody who asks before the next event or change."""
        stream = self.stream
        async with self._lock:
            now = time.monotonic()
            if self._last_snapshot and self.is_current(self._last_snapshot[1]):
                if now - self._last_snapshot[0] < _SNAPSHOT_SECONDS:
                    return self._last_snapshot[1]
                self._last_snapshot = None
            # The position first: what comes while the snapshot is rendered is sent after it.
            at, cursor, changes = stream.count, str(stream.head), self.changes
            html = compact_json(dict(await self._thread.run(stream.snapshot)))
            start = SubscriptionStart(stream, cursor, at, html=html, changes=changes)
            self._last_snapshot = (now, start)
            return start

    def is_current(self, start: SubscriptionStart) -> bool:
        """Whether nothing has happened since."""
        return start.at == self.stream.count and start.changes == self.changes


def _frames_between(stream: Stream, start: Positions, end: Positions) -> list[EncodedFrame] | None:
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


class SendBuffer:
    """What one socket is still to be sent, and how far ahead of its acknowledgements that may go.

    With `window` None nothing is held back. Otherwise at most that many frames are sent and not
    acknowledged; `is_stalled(now)` once that has been so for STALLED_SECONDS.
    """

    def __init__(self, start: SubscriptionStart, window: int | None) -> None:
        self._stream: Stream = start.stream
        self._at = start.at
        self._backlog = start.backlog
        self._window = window
        self._unacknowledged: list[str] = []  # at most `window`; a deque takes 700 bytes more
        self._full_since: float | None = None

    def take(self, now: float) -> list[EncodedFrame]:
        """The next frames to send, in order; they count as sent. Raises `Lagged`."""
        room = _MAX_FRAMES_AT_ONCE
        if self._window is not None:
            room = min(room, self._window - len(self._unacknowledged))
        frames = self._next_frames(room) if room > 0 else []
        if self._window is not None:
            self._unacknowledged.extend(frame.cursor for frame in frames)
            if len(self._unacknowledged) >= self._window and self._full_since is None:
                self._full_since = now
        return frames

    def take_newest(self, frames: Sequence[EncodedFrame]) -> bool:
        """Count the newest frames of the stream as sent, if they are all that is to be sent and the
        window is not full after them."""
        if self._backlog or self._at + len(frames) != self._stream.count:
            return False
        if self._window is not None:
            if len(self._unacknowledged) + len(frames) >= self._window:
                return False
            self._unacknowledged.extend([frame.cursor for frame in frames])
        self._at += len(frames)
        return True

    def _next_frames(self, room: int) -> list[EncodedFrame]:
        if self._backlog:
            frames, self._backlog = list(self._backlog[:room]), self._backlog[room:]
            return frames
        frames = self._stream.frames_from(self._at, room)
        self._at += len(frames)
        return frames

    def acknowledge(self, cursor: str) -> None:
        """Everything up to `cursor` was drawn. A cursor that was not sent changes nothing."""
        if cursor in self._unacknowledged:
            del self._unacknowledged[: self._unacknowledged.index(cursor) + 1]
            self._full_since = None

    @property
    def is_caught_up(self) -> bool:
        return not self._backlog and self._at == self._stream.count

    def is_caught_up_at(self, at: int) -> bool:
        """Whether what was sent ends before the stream's frame number `at`, and nothing else is due."""
        return self.is_caught_up and self._at == at

    def is_stalled(self, now: float) -> bool:
        return self._full_since is not None and now - self._full_since >= STALLED_SECONDS
