"""One feed's frames, encoded once for all sockets that follow it; the last few hundred are kept."""

from __future__ import annotations

import logging
import secrets
import time
from collections import deque
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import groupby
from typing import NamedTuple, Protocol, cast

from django.conf import settings
from django.db import Error as DatabaseError
from django.utils import translation

from .cursors import Cursor, Positions
from .events import Progress
from .feeds import Denied, Feed, Frame
from .models import Event
from .protocol import compact_json, decode_frame, encode_frame

logger = logging.getLogger(__name__)

MAX_BUFFERED_FRAMES = 512
MAX_BUFFERED_BYTES = 4_000_000
TRIM_PAUSE_SECONDS = 30.0
# How long after it was written a change is shown. Long enough for most displays to have received it, so
# that they change in the same frame; more would only be waited for.
LEAD_MS = getattr(settings, "LIVE_LEAD_MS", 10)


class Lagged(Exception):
    """The reader's position is before the oldest frame that is still kept."""


class Follower(Protocol):
    """A socket, as far as a stream is concerned. `offer` gives it new frames, and their bytes."""

    def wake(self) -> None: ...

    def offer(self, frames: Sequence[EncodedFrame], wire: bytes) -> None: ...

    def resync(self) -> None: ...

    def send_progress(self, text: str) -> None: ...

    def send_command(self, text: str) -> None: ...


@dataclass(frozen=True, slots=True)
class EncodedFrame:
    """An event as it is sent."""

    topic: int  # index in the feed's topics
    seq: int
    cursor: str
    wire: bytes

    @property
    def text(self) -> str:
        return decode_frame(self.wire)

    def with_cursor(self, cursor: str) -> EncodedFrame:
        """The same event for a reader whose other positions differ."""
        rest = self.text[len(_frame_head(self.cursor)) :]
        return replace(self, cursor=cursor, wire=encode_frame(_frame_head(cursor) + rest))


class PreparedFrames(NamedTuple):
    """Frames that are ready to be sent, and the position after them. `access_changed`: who may follow
    may have changed."""

    frames: list[EncodedFrame]
    head: Positions
    access_changed: bool = False


def _frame_head(cursor: str) -> str:
    return f'{{"type":"event","cursor":"{cursor}"'


class Stream:
    """A feed, its position in the log, and its latest frames.

    `count` numbers the frames over the stream's life; the last of them are kept. `floor` is the
    position before the oldest frame that is kept: every event between floor and head that concerns
    the feed has its frame. What is not said to run in a thread belongs to the event loop.
    """

    def __init__(self, feed: Feed, head: Positions) -> None:
        self.feed = feed
        self.head = Positions((Cursor(secrets.token_hex(6), 0),)) if feed.all_topics else head
        self.floor = self.head
        self.count = 0
        self.followers: set[Follower] = set()
        self._frames: deque[EncodedFrame] = deque()
        self._bytes = 0
        self._trim_after = 0.0

    # In a thread, each in the language of the feed

    def prepare(self, events: Sequence[Event]) -> PreparedFrames:
        """The frames of events that follow the head, and the head after them."""
        return prepare_all([self], events)[0][1]

    def prepare_earlier(self, events: Sequence[Event], start: Positions) -> list[EncodedFrame]:
        """The frames of events between `start` and the floor."""
        with self._language():
            return self._encode_all(events, start).frames

    def snapshot(self) -> Mapping[str, str]:
        with self._language():
            return self.feed.snapshot()

    def render_progress(self, progress: Progress) -> Mapping[str, str]:
        with self._language():
            return self.feed.render_progress(progress)

    def _language(self) -> translation.override:
        return translation.override(_language_of(self))

    def _encode_all(self, events: Sequence[Event], head: Positions) -> PreparedFrames:
        frames = []
        access_changed = False
        redrawn = self._redrawn_later(events) if len(events) > 1 else ()
        for index, event in enumerate(events):
            try:
                frame = Frame() if index in redrawn else self._render(event)
            except Denied:
                frame, access_changed = Frame(), True
            if self.feed.all_topics:
                if frame is None:
                    continue
                topic, seq = 0, head.cursors[0].seq + 1
            else:
                topic, seq = self.feed.topics.index(event.topic.name), event.seq
            head = head.with_seq(topic, seq)
            if frame is not None:
                frames.append(_encode(event, frame, topic, seq, str(head)))
        return PreparedFrames(frames, head, access_changed)

    def _redrawn_later(self, events: Sequence[Event]) -> set[int]:
        """Indices of those after which another one shows the same, and newer."""
        keys = [self.feed.redraw_key(event) for event in events]
        last = {key: index for index, key in enumerate(keys)}
        return {index for index, key in enumerate(keys) if key and last[key] != index}

    def _render(self, event: Event) -> Frame | None:
        try:
            return self.feed.render(event)
        except (DatabaseError, Denied):  # the tail tries again; the hub disconnects everybody
            raise
        except Exception:  # a border: one event that cannot be rendered must not end the stream
            logger.exception("Feed %s cannot render event %s.", self.feed.key, event.cursor)
            return Frame()

    # On the loop

    def extend(self, prepared: PreparedFrames) -> None:
        """Add what `prepare` returned and offer it to every follower."""
        frames, self.head = prepared.frames, prepared.head
        if not frames:
            return
        self._frames.extend(frames)
        self.count += len(frames)
        self._bytes += sum(len(frame.wire) for frame in frames)
        self.trim()
        wire = b"".join(frame.wire for frame in frames)
        for follower in tuple(self.followers):
            follower.offer(frames, wire)

    def extend_back(self, frames: Sequence[EncodedFrame], floor: Positions) -> None:
        """Add what `prepare_earlier` returned."""
        self._frames.extendleft(reversed(frames))
        self._bytes += sum(len(frame.wire) for frame in frames)
        self.floor = floor
        self.postpone_trimming()

    def postpone_trimming(self) -> None:
        """Keep all frames for a while: where one socket was away, many were."""
        self._trim_after = time.monotonic() + TRIM_PAUSE_SECONDS

    def trim(self) -> None:
        """Drop the oldest frames when there are too many."""
        if time.monotonic() < self._trim_after and len(self._frames) < 4 * MAX_BUFFERED_FRAMES:
            return
        while len(self._frames) > MAX_BUFFERED_FRAMES or (
            self._bytes > MAX_BUFFERED_BYTES and len(self._frames) > 64
        ):
            frame = self._frames.popleft()
            self._bytes -= len(frame.wire)
            self.floor = Positions.parse(frame.cursor)

    def frames_from(self, number: int, limit: int) -> list[EncodedFrame]:
        """At most `limit` frames from the `number`-th of the stream's life on."""
        first = number - (self.count - len(self._frames))
        if first < 0:
            raise Lagged
        return [self._frames[i] for i in range(first, min(first + limit, len(self._frames)))]

    def frames_since(self, seen: Positions) -> list[EncodedFrame] | None:
        """The frames that a reader at `seen` lacks, in order; None if too few are kept."""
        if not seen.reaches(self.floor):
            return None
        known = [cursor.seq for cursor in seen.cursors]
        frames = [frame for frame in self._frames if frame.seq > known[frame.topic]]
        if len(known) == 1:
            return frames
        # Another process may have merged the topics in another order: as long as the reader is ahead
        # in some topic, the cursors are its own, or it would get events twice.
        for index, frame in enumerate(frames):
            position = Positions.parse(frame.cursor)
            if position.reaches(seen):
                break
            frames[index] = frame.with_cursor(str(position.latest(seen)))
        return frames


def prepare_all(
    streams: Iterable[Stream], events: Sequence[Event]
) -> list[tuple[Stream, PreparedFrames]]:
    """`Stream.prepare` for each of them, of one language after the other: to change it costs as much as
    a stream that shows what another has drawn."""
    found = []
    for first in events[:1]:
        first.begins_batch = True
    for language, alike in groupby(sorted(streams, key=_language_of), key=_language_of):
        with translation.override(language):
            found += [(stream, stream._encode_all(events, stream.head)) for stream in alike]
    return found


def _language_of(stream: Stream) -> str:
    return stream.feed.language or settings.LANGUAGE_CODE


def _encode(event: Event, frame: Frame, topic: int, seq: int, cursor: str) -> EncodedFrame:
    """The frame as it is sent: encoded once where several streams show the same."""
    key = f"encoded {cursor}"
    known = cast("dict[object, EncodedFrame]", event.notes.setdefault(key, {}))
    shown = tuple(frame.html.items())
    if frame.data is None and shown in known:
        return known[shown]
    encoded = EncodedFrame(topic, seq, cursor, encode_frame(_frame_text(cursor, event, frame)))
    if frame.data is None:
        known[shown] = encoded
    return encoded


def _frame_text(cursor: str, event: Event, frame: Frame) -> str:
    rest = compact_json(
        {
            "event": event.type,
            "data": event.data if frame.data is None else frame.data,
            "html": frame.html,
            "show_at": int(event.created_at.timestamp() * 1000) + LEAD_MS,
        }
    )
    return f"{_frame_head(cursor)},{rest[1:]}"
