"""Connects sockets with streams: one hub per web process.

hub.viewer_count("display:abc")          how many sockets of this process follow a feed
hub.on_ack(callback)                callback(feed_key, socket_id, cursor) at each acknowledgement
hub.on_status(callback)             callback(feed_key, status) when a client says how it is
hub.add_background_task(task)       run task(hub) for as long as sockets are open
"""

from __future__ import annotations

import asyncio
import logging
import time
from collections import Counter
from collections.abc import Callable, Coroutine, Mapping, Sequence
from functools import partial
from typing import Any, NamedTuple, Protocol
from weakref import WeakKeyDictionary

from lib.database_thread import DatabaseThread
from lib.watched_tasks import WatchedTask, report_round

from . import protocol
from .access import AccessRevalidation, RevalidatedConnection
from .cursors import Cursor, Positions
from .events import Progress
from .feeds import Feed
from .models import Event
from .streams import Follower, PreparedFrames, Stream, prepare_all
from .subscriptions import Subscription, SubscriptionStart
from .tail import Tail

logger = logging.getLogger(__name__)

STREAM_LINGER_SECONDS = 30.0  # after its last socket has left: sockets tend to return together
TICK_SECONDS = 0.5
MAX_RENDERINGS = 3  # of a live update, while one event follows the other

AckCallback = Callable[[str, str, str], None]
StatusCallback = Callable[[str, Mapping[str, object]], None]
BackgroundTask = Callable[["Hub"], Coroutine[Any, Any, None]]
StreamKey = tuple[str, str]  # key and language of its feed
_ack_callbacks: list[AckCallback] = []
_status_callbacks: list[StatusCallback] = []
_background_tasks: list[BackgroundTask] = []


class Prepared(NamedTuple):
    """Frames for each stream that there was in this generation."""

    generation: int
    frames: list[tuple[Stream, PreparedFrames]]


class HubConnection(RevalidatedConnection, Follower, Protocol):
    """A socket, as far as the hub is concerned."""

    @property
    def username(self) -> str:
        """Of the person at the other end; empty where nobody is signed in."""
        ...

    def tick(self, now: float) -> None: ...

    def send_present(self, text: str, *, at: int) -> None: ...


class Hub:
    """Streams by key, the tail that feeds them, and the clock that watches the sockets."""

    def __init__(self) -> None:
        self._subscriptions: dict[StreamKey, Subscription] = {}
        self._connections: dict[HubConnection, Stream] = {}
        self._generation = 0  # of the streams: one more with each that is new
        self._tail = Tail(
            self._prepare,
            self._deliver,
            self._reset,
            self.show_progress,
            self._complete,
            self._is_complete,
        )
        self._thread = DatabaseThread("hub")
        self._clock: WatchedTask | None = None
        self._ticked_at = time.monotonic()
        self._revalidation = AccessRevalidation()
        self._background_tasks: list[WatchedTask] = []
        self._progress_tasks: set[asyncio.Future[None]] = set()

    def viewer_count(self, key: str) -> int:
        streams = [one.stream for one in tuple(self._subscriptions.values())]
        return sum(len(stream.followers) for stream in streams if stream.feed.key == key)

    def heads(self) -> dict[str, Cursor]:
        return {name: row.position for name, row in tuple(self._tail.heads.items())}

    def stalled_seconds(self) -> float:
        """Seconds since the clock or the tail last ran, whichever is longer ago."""
        if self._clock is None:
            return 0.0
        return time.monotonic() - min(self._ticked_at, self._tail.last_read_at)

    def audience(self) -> Counter[tuple[str, str]]:
        """Who follows what: (key of a feed, user name) -> number of sockets."""
        connections = tuple(self._connections.items())
        return Counter((stream.feed.key, connection.username) for connection, stream in connections)

    def followed_feeds(self) -> list[Feed]:
        """Every feed that has sockets now; one that is read in several languages, once for each."""
        streams = [subscription.stream for subscription in tuple(self._subscriptions.values())]
        return [stream.feed for stream in streams if stream.followers]

    # Joining

    async def join(self, feed: Feed, cursor: str, connection: HubConnection) -> SubscriptionStart:
        """Let `connection` follow `feed`, from `cursor` on if nothing after it is lost."""
        subscription = await self._subscription_of(feed)
        self._add(subscription, connection)
        start = await subscription.recover(cursor, self._tail.read_now) if cursor else None
        return start or await subscription.snapshot()

    def leave(self, connection: HubConnection) -> None:
        stream = self._connections.pop(connection, None)
        if stream is None:
            return
        stream.followers.discard(connection)
        subscription = self._subscriptions.get(_key_of(stream.feed))
        if not stream.followers and subscription and subscription.stream is stream:
            subscription.empty_since = time.monotonic()

    def _add(self, subscription: Subscription, connection: HubConnection) -> None:
        subscription.empty_since = None
        subscription.stream.followers.add(connection)
        self._connections[connection] = subscription.stream
        if self._clock is None:
            self._ticked_at = time.monotonic()
            self._clock = WatchedTask("the hub's clock", self._run_clock)
            self._background_tasks = [
                WatchedTask(f"the background task {one.__name__}", partial(one, self))
                for one in _background_tasks
            ]

    async def _subscription_of(self, feed: Feed) -> Subscription:
        key = _key_of(feed)
        if (found := self._subscriptions.get(key)) and found.stream.feed.topics == feed.topics:
            return found
        async with self._tail.lock:
            if found := self._subscriptions.get(key):
                if found.stream.feed.topics == feed.topics:
                    return found
                self._end(found.stream)  # the feed of this key follows other topics now
            if feed.all_topics:
                await self._tail.follow_everything()
                heads: list[Cursor] = []
            else:
                heads = await self._tail.follow(feed.topics)
            subscription = Subscription(Stream(feed, Positions(tuple(heads))), self._thread)
            self._subscriptions[key] = subscription
            self._generation += 1  # after it is there: what was prepared without it is of before
            return subscription

    async def refresh(self, connection: HubConnection) -> None:
        """Show the present to a socket that was busy when live updates came: no frame has what they changed."""
        stream = self._connections.get(connection)
        subscription = self._subscriptions.get(_key_of(stream.feed)) if stream else None
        if subscription is None or subscription.stream is not stream:
            return
        try:
            present = await subscription.snapshot()
        except Exception:  # a border: the socket stays, and is as before
            logger.exception("Feed %s cannot be shown anew.", subscription.stream.feed.key)
            return
        if update := subscription.last_change:
            text = protocol.progress(update.type, update.data, present.html or "{}")
            connection.send_present(text, at=present.at)

    # Calls from the tail

    def _prepare(self, topic: str, events: Sequence[Event]) -> Prepared:
        generation = self._generation  # before it is asked which streams there are
        return Prepared(generation, prepare_all(self._streams_of(topic), events))

    def _complete(self, topic: str, events: Sequence[Event], prepared: Prepared) -> Prepared:
        """With the streams that are new since."""
        generation = self._generation
        done = {stream for stream, _ in prepared.frames}
        missing = [stream for stream in self._streams_of(topic) if stream not in done]
        return Prepared(generation, prepared.frames + prepare_all(missing, events))

    def _is_complete(self, prepared: Prepared) -> bool:
        return prepared.generation == self._generation

    def _deliver(self, prepared: Prepared) -> None:
        for stream, update in prepared.frames:
            if not self._is_open(stream):  # ended, or followed by nobody, since it was prepared
                continue
            stream.extend(update)
            if update.access_changed:
                self._end(stream)

    def _is_open(self, stream: Stream) -> bool:
        found = self._subscriptions.get(_key_of(stream.feed))
        return found is not None and found.stream is stream

    def _reset(self, topic: str) -> None:
        for stream in self._streams_of(topic):
            self._end(stream)

    def _end(self, stream: Stream) -> None:
        del self._subscriptions[_key_of(stream.feed)]
        for connection in tuple(stream.followers):
            connection.resync()

    def show_progress(self, update: Progress) -> None:
        """Send progress to the sockets that follow its topic now; no event waits for it."""
        for subscription in tuple(self._subscriptions.values()):
            if update.topic in subscription.stream.feed.topics:
                subscription.note_change(update)
        for stream in self._streams_of(update.topic):
            if (found := stream.feed.command(update)) is not None:
                for connection in tuple(stream.followers):
                    connection.send_command(protocol.command(*found))
                continue
            task = asyncio.ensure_future(self._render_progress(stream, update))
            self._progress_tasks.add(task)
            task.add_done_callback(self._progress_tasks.discard)

    async def _render_progress(self, stream: Stream, update: Progress) -> None:
        try:
            html = await self._progress_html(stream, update)
        except Exception:  # a border: the next update replaces this one
            logger.exception("Feed %s cannot show progress.", stream.feed.key)
            return
        if html:
            text = protocol.progress(update.type, update.data, protocol.compact_json(html))
            for connection in tuple(stream.followers):
                connection.send_progress(text)

    async def _progress_html(self, stream: Stream, update: Progress) -> Mapping[str, str]:
        """As it is after the events that have been sent: what was rendered before one must not replace it."""
        for _ in range(MAX_RENDERINGS):
            count = stream.count
            html = await self._thread.run(stream.render_progress, update)
            if stream.count == count:
                break
        return html

    def _streams_of(self, topic: str) -> list[Stream]:
        streams = [subscription.stream for subscription in tuple(self._subscriptions.values())]
        return [s for s in streams if s.feed.all_topics or topic in s.feed.topics]

    # The clock

    async def _run_clock(self) -> None:
        while True:
            await asyncio.sleep(TICK_SECONDS)
            report_round()
            now = self._ticked_at = time.monotonic()
            connections = tuple(self._connections)
            for connection in connections:
                connection.tick(now)
            self._revalidation.start_if_due(connections, now)
            for key, subscription in tuple(self._subscriptions.items()):
                subscription.stream.trim()
                if (
                    subscription.empty_since is not None
                    and now - subscription.empty_since > STREAM_LINGER_SECONDS
                ):
                    del self._subscriptions[key]
            async with self._tail.lock:
                if await self._stop_if_unused():
                    clock, self._clock = self._clock, None
                    await self._stop_background_tasks()
                    if clock is not None:
                        await clock.cancel()

    async def _stop_if_unused(self) -> bool:
        """Let the tail read only what has sockets or had some lately; without any it stops."""
        feeds = [subscription.stream.feed for subscription in self._subscriptions.values()]
        self._tail.forget(
            (name for feed in feeds for name in feed.topics),
            follow_all=any(feed.all_topics for feed in feeds),
        )
        if not feeds:
            await self._tail.stop()
        return not feeds

    async def _stop_background_tasks(self) -> None:
        self._revalidation.cancel()
        tasks, self._background_tasks = self._background_tasks, []
        for task in tasks:
            await task.cancel()

    async def close(self) -> None:
        """Stop everything; clients are asked to reconnect, to another process."""
        self._subscriptions.clear()
        await self._stop_background_tasks()
        for connection in tuple(self._connections):
            connection.resync()
        if self._clock is not None:
            await self._clock.cancel()
            self._clock = None
        await self._tail.stop()
        self._thread.shutdown()


def _key_of(feed: Feed) -> StreamKey:
    return feed.key, feed.language


_hubs: WeakKeyDictionary[asyncio.AbstractEventLoop, Hub] = WeakKeyDictionary()


def current() -> Hub:
    """The hub of the running event loop: in a web process there is one."""
    loop = asyncio.get_running_loop()
    if loop not in _hubs:
        _hubs[loop] = Hub()
    return _hubs[loop]


def viewer_count(key: str) -> int:
    """How many sockets of this process follow the feed of this key."""
    return sum(hub.viewer_count(key) for hub in tuple(_hubs.values()))


def topic_positions() -> dict[str, Cursor]:
    """How far this process has read each topic that its sockets follow."""
    heads = [hub.heads() for hub in tuple(_hubs.values())]
    return {name: cursor for each in heads for name, cursor in each.items()}


def stalled_seconds() -> float:
    """For how many seconds this process has not passed on events; 0.0 without sockets. What does runs
    twice a second, also when nothing happens."""
    return max((hub.stalled_seconds() for hub in tuple(_hubs.values())), default=0.0)


def socket_count() -> int:
    """How many sockets this process holds."""
    return sum(len(hub._connections) for hub in tuple(_hubs.values()))


def on_ack(callback: AckCallback) -> None:
    """Call `callback(feed_key, socket_id, cursor)` on the event loop at each acknowledgement. It must be
    quick and must not query."""
    _ack_callbacks.append(callback)


def on_status(callback: StatusCallback) -> None:
    """Call `callback(feed_key, status)` on the event loop with what clients say of themselves: JSON of any
    form. It must be quick and must not query."""
    _status_callbacks.append(callback)


def add_background_task(task: BackgroundTask) -> None:
    """Run `task(hub)` for every hub of this process, from its first socket until there has been none for
    a while; then it is cancelled."""
    if task not in _background_tasks:
        _background_tasks.append(task)


def acknowledged(feed_key: str, socket_id: str, cursor: str) -> None:
    for callback in _ack_callbacks:
        try:
            callback(feed_key, socket_id, cursor)
        except Exception:  # a border: the socket goes on
            logger.exception("Socket %s: the callback on %s failed.", socket_id, cursor)


def status_received(feed_key: str, status: Mapping[str, object]) -> None:
    for callback in _status_callbacks:
        try:
            callback(feed_key, status)
        except Exception:  # a border: the socket goes on
            logger.exception("The callback on a status of %s failed.", feed_key)
