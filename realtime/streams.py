"""One feed's frames, encoded once for all who follow it, with a memory of the last few hundred."""

from __future__ import annotations

import json
import logging
import secrets
import time
from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import NamedTuple, Protocol, cast

from django.conf import settings
from django.db import Error as DatabaseError

from .cursors import Cursor, Positions
from .feeds import Denied, Feed, Frame
from .models import Event
from .wire import framed, unframed

logger = logging.getLogger(__name__)

RING_FRAMES = 512
RING_BYTES = 4_000_000
KEEP_SECONDS = 30.0
# How long after its commit a change is shown. Long enough for most of the wall to have received
# it, so that displays flip together; one frame at 60 Hz, so that nobody can see the wait.
LEAD_MS = getattr(settings, "LIVE_LEAD_MS", 16)


class Lagged(Exception):
    """The reader stands before everything that is still remembered."""


class Follower(Protocol):
    """Whoever wants to know that there is more; `offer` says what, and how it is sent."""

    def wake(self) -> None: ...

    def offer(self, frames: Sequence[Encoded], wire: bytes) -> None: ...

    def resync(self) -> None: ...

    def whisper(self, text: str) -> None: ...


@dataclass(frozen=True, slots=True)
class Encoded:
    """An event as it goes over the wire."""

    topic: int  # index in the feed's topics
    seq: int
    cursor: str
    wire: bytes

    @property
    def text(self) -> str:
        return unframed(self.wire)

    def at(self, cursor: str) -> Encoded:
        """The same event for a reader whose other positions differ."""
        rest = self.text[len(_head(self.cursor)) :]
        return replace(self, cursor=cursor, wire=framed(_head(cursor) + rest))


class Prepared(NamedTuple):
    """Frames that are ready to go, and the position after them. `ask_anew`: who may follow has
    changed."""

    frames: list[Encoded]
    head: Positions
    ask_anew: bool = False


def _head(cursor: str) -> str:
    return f'{{"type":"event","cursor":"{cursor}"'


def compact(value: object) -> str:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))


class Stream:
    """A feed, where it has come to, and the frames that led there.

    `count` numbers the frames over the stream's life; the ring holds the last of them. `floor` is
    the position before the oldest frame in the ring: every event between floor and head that
    concerns the feed is in it. All but `prepare` and `prepare_earlier` belong to the event loop.
    """

    def __init__(self, feed: Feed, head: Positions) -> None:
        self.feed = feed
        self.head = Positions((Cursor(secrets.token_hex(6), 0),)) if feed.all_topics else head
        self.floor = self.head
        self.count = 0
        self.followers: set[Follower] = set()
        self._ring: deque[Encoded] = deque()
        self._bytes = 0
        self._keep_until = 0.0

    # In a thread

    def prepare(self, events: Sequence[Event]) -> Prepared:
        """The frames of events that follow the head, and the head after them."""
        return self._encode_all(events, self.head)

    def prepare_earlier(self, events: Sequence[Event], start: Positions) -> list[Encoded]:
        """The frames of events between `start` and the floor."""
        return self._encode_all(events, start).frames

    def _encode_all(self, events: Sequence[Event], head: Positions) -> Prepared:
        frames = []
        ask_anew = False
        last = {self.feed.redraws(event): event for event in events}
        for event in events:
            drawn_later = last[name] is not event if (name := self.feed.redraws(event)) else False
            try:
                frame = Frame() if drawn_later else self._render(event)
            except Denied:
                frame, ask_anew = Frame(), True
            if self.feed.all_topics:
                if frame is None:
                    continue
                topic, seq = 0, head.cursors[0].seq + 1
            else:
                topic, seq = self.feed.topics.index(event.topic.name), event.seq
            head = head.moved(topic, seq)
            if frame is not None:
                frames.append(_encoded(event, frame, topic, seq, str(head)))
        return Prepared(frames, head, ask_anew)

    def _render(self, event: Event) -> Frame | None:
        try:
            return self.feed.render(event)
        except (DatabaseError, Denied):  # the tail tries again; the hub asks everybody in anew
            raise
        except Exception:  # a border: one event that cannot be drawn must not end the show
            logger.exception("Feed %s cannot render event %s.", self.feed.key, event.cursor)
            return Frame()

    # On the loop

    def extend(self, prepared: Prepared) -> None:
        """Take in what `prepare` gave and tell everybody."""
        frames, self.head = prepared.frames, prepared.head
        if not frames:
            return
        self._ring.extend(frames)
        self.count += len(frames)
        self._bytes += sum(len(frame.wire) for frame in frames)
        self.trim()
        wire = b"".join(frame.wire for frame in frames)
        for follower in tuple(self.followers):
            follower.offer(frames, wire)

    def extend_back(self, frames: Sequence[Encoded], floor: Positions) -> None:
        """Take in what `prepare_earlier` gave."""
        self._ring.extendleft(reversed(frames))
        self._bytes += sum(len(frame.wire) for frame in frames)
        self.floor = floor
        self.keep()

    def keep(self) -> None:
        """Forget nothing for a while: where one was away, many were."""
        self._keep_until = time.monotonic() + KEEP_SECONDS

    def trim(self) -> None:
        """Forget the oldest frames when there are too many."""
        if time.monotonic() < self._keep_until and len(self._ring) < 4 * RING_FRAMES:
            return
        while len(self._ring) > RING_FRAMES or (self._bytes > RING_BYTES and len(self._ring) > 64):
            frame = self._ring.popleft()
            self._bytes -= len(frame.wire)
            self.floor = Positions.parse(frame.cursor)

    def since(self, number: int, limit: int) -> list[Encoded]:
        """At most `limit` frames from the `number`-th of the stream's life on."""
        first = number - (self.count - len(self._ring))
        if first < 0:
            raise Lagged
        return [self._ring[i] for i in range(first, min(first + limit, len(self._ring)))]

    def missed(self, seen: Positions) -> list[Encoded] | None:
        """What a reader who stands at `seen` lacks, in order; None if the ring is too short."""
        if not seen.reaches(self.floor):
            return None
        known = [cursor.seq for cursor in seen.cursors]
        frames = [frame for frame in self._ring if frame.seq > known[frame.topic]]
        if len(known) == 1:
            return frames
        # Another process may have merged the topics in another order: as long as the reader is ahead
        # in some topic, the cursors are its own, or it would be told things twice.
        for index, frame in enumerate(frames):
            position = Positions.parse(frame.cursor)
            if position.reaches(seen):
                break
            frames[index] = frame.at(str(position.latest(seen)))
        return frames


def _encoded(event: Event, frame: Frame, topic: int, seq: int, cursor: str) -> Encoded:
    """The frame as it goes over the wire: encoded once where several streams show the same."""
    key = f"encoded {cursor}"
    known = cast("dict[object, Encoded]", event.notes.setdefault(key, {}))
    shown = tuple(frame.html.items())
    if frame.data is None and shown in known:
        return known[shown]
    encoded = Encoded(topic, seq, cursor, framed(_text(cursor, event, frame)))
    if frame.data is None:
        known[shown] = encoded
    return encoded


def _text(cursor: str, event: Event, frame: Frame) -> str:
    rest = compact(
        {
            "event": event.type,
            "data": event.data if frame.data is None else frame.data,
            "html": frame.html,
            "show_at": int(event.created_at.timestamp() * 1000) + LEAD_MS,
        }
    )
    return f"{_head(cursor)},{rest[1:]}"
