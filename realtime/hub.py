"""Where sockets meet streams: one hub per web process.

hub.viewers("display:abc")          how many sockets of this process follow a feed
hub.on_ack(callback)                hear what was drawn: callback(feed_key, socket_id, cursor)
hub.accompany(company)              run company(hub) as a task for as long as somebody watches
"""

from __future__ import annotations

import asyncio
import logging
import time
from collections import Counter
from collections.abc import Callable, Coroutine, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from typing import Any, Protocol, TypeVar
from weakref import WeakKeyDictionary

from .cursors import Cursor, Positions
from .doorman import Doorman, Guest
from .feeds import Feed
from .models import Event
from .places import Joined, Place
from .progress import Progress
from .streams import Encoded, Prepared, Stream, compact
from .tail import Tail, hang_up

logger = logging.getLogger(__name__)

LINGER = 30.0  # seconds a stream outlives its last socket: they tend to come back together
TICK = 0.5

T = TypeVar("T")
Acked = Callable[[str, str, str], None]
Company = Callable[["Hub"], Coroutine[Any, Any, None]]
_ack_callbacks: list[Acked] = []
_company: list[Company] = []


class Member(Guest, Protocol):
    """A socket, as far as the hub is concerned."""

    @property
    def who(self) -> str:
        """Who is at the other end; empty for a stranger."""
        ...

    def wake(self) -> None: ...

    def offer(self, frames: Sequence[Encoded], wire: bytes) -> None: ...

    def resync(self) -> None: ...

    def whisper(self, text: str) -> None: ...

    def tick(self, now: float) -> None: ...


class Hub:
    """Streams by key, the tail that feeds them, and the clock that watches the sockets."""

    def __init__(self) -> None:
        self._places: dict[str, Place] = {}
        self._members: dict[Member, Stream] = {}
        self._tail = Tail(self._prepare, self._deliver, self._reset, self.show)
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="hub")
        self._clock: asyncio.Task[None] | None = None
        self._turned_at = time.monotonic()
        self._doorman = Doorman()
        self._company: list[asyncio.Task[None]] = []
        self._showing: set[asyncio.Future[None]] = set()

    def viewers(self, key: str) -> int:
        place = self._places.get(key)
        return len(place.stream.followers) if place else 0

    def heads(self) -> dict[str, Cursor]:
        return {name: row.position for name, row in tuple(self._tail.heads.items())}

    def silence(self) -> float:
        """For how many seconds neither the clock nor the tail has turned, whichever is worse."""
        if self._clock is None:
            return 0.0
        return time.monotonic() - min(self._turned_at, self._tail.looked_at)

    def audience(self) -> Counter[tuple[str, str]]:
        """Who follows what: (key of a feed, who) -> sockets."""
        members = tuple(self._members.items())
        return Counter((stream.feed.key, member.who) for member, stream in members)

    def followed(self) -> list[Feed]:
        """Every feed that somebody follows now."""
        streams = [place.stream for place in tuple(self._places.values())]
        return [stream.feed for stream in streams if stream.followers]

    # Joining

    async def join(self, feed: Feed, cursor: str, member: Member) -> Joined:
        """Let `member` follow `feed`, from `cursor` on if nothing after it is lost."""
        place = await self._place(feed)
        self._enter(place, member)
        joined = await place.recover(cursor, self._tail.look_now) if cursor else None
        return joined or await place.snapshot()

    def leave(self, member: Member) -> None:
        stream = self._members.pop(member, None)
        if stream is None:
            return
        stream.followers.discard(member)
        place = self._places.get(stream.feed.key)
        if not stream.followers and place and place.stream is stream:
            place.empty_since = time.monotonic()

    def _enter(self, place: Place, member: Member) -> None:
        place.empty_since = None
        place.stream.followers.add(member)
        self._members[member] = place.stream
        if self._clock is None:
            self._turned_at = time.monotonic()
            self._clock = asyncio.create_task(self._run_clock())
            self._company = [asyncio.create_task(_kept(one, self)) for one in _company]

    async def _place(self, feed: Feed) -> Place:
        if (found := self._places.get(feed.key)) and found.stream.feed.topics == feed.topics:
            return found
        async with self._tail.lock:
            if found := self._places.get(feed.key):
                if found.stream.feed.topics == feed.topics:
                    return found
                self._end(found.stream)  # what the key stands for follows something else now
            if feed.all_topics:
                await self._tail.follow_everything()
                heads: list[Cursor] = []
            else:
                heads = await self._tail.follow(feed.topics)
            place = Place(Stream(feed, Positions(tuple(heads))), self._thread)
            self._places[feed.key] = place
            return place

    # The tail's ends

    def _prepare(self, topic: str, events: Sequence[Event]) -> list[tuple[Stream, Prepared]]:
        return [(stream, stream.prepare(events)) for stream in self._streams_of(topic)]

    def _deliver(self, prepared: list[tuple[Stream, Prepared]]) -> None:
        for stream, news in prepared:
            stream.extend(news)
            if news.ask_anew:
                self._end(stream)

    def _reset(self, topic: str) -> None:
        for stream in self._streams_of(topic):
            self._end(stream)

    def _end(self, stream: Stream) -> None:
        del self._places[stream.feed.key]
        for member in tuple(stream.followers):
            member.resync()

    def show(self, news: Progress) -> None:
        """Progress goes to those who look now; no event waits for it."""
        for stream in self._streams_of(news.topic):
            task = asyncio.ensure_future(self._show(stream, news))
            self._showing.add(task)
            task.add_done_callback(self._showing.discard)

    async def _show(self, stream: Stream, news: Progress) -> None:
        try:
            html = await self._in_thread(stream.feed.render_progress, news)
        except Exception:  # a border: what was to be shown is over in a moment anyway
            logger.exception("Feed %s cannot show progress.", stream.feed.key)
            return
        if html:
            frame = {"type": "progress", "event": news.type, "data": news.data, "html": html}
            for member in tuple(stream.followers):
                member.whisper(compact(frame))

    def _streams_of(self, topic: str) -> list[Stream]:
        streams = [place.stream for place in tuple(self._places.values())]
        return [s for s in streams if s.feed.all_topics or topic in s.feed.topics]

    # The clock

    async def _run_clock(self) -> None:
        while True:
            await asyncio.sleep(TICK)
            now = self._turned_at = time.monotonic()
            members = tuple(self._members)
            for member in members:
                member.tick(now)
            self._doorman.look(members, now)
            for key, place in tuple(self._places.items()):
                place.stream.trim()
                if place.empty_since is not None and now - place.empty_since > LINGER:
                    del self._places[key]
            async with self._tail.lock:
                if await self._rested():
                    self._clock = None
                    self._dismiss()
                    return

    async def _rested(self) -> bool:
        """Let the tail read only what somebody follows; with nobody left it stops."""
        feeds = [place.stream.feed for place in self._places.values()]
        self._tail.forget(
            (name for feed in feeds for name in feed.topics),
            follow_all=any(feed.all_topics for feed in feeds),
        )
        if not feeds:
            await self._tail.stop()
        return not feeds

    def _dismiss(self) -> None:
        self._doorman.leave()
        for task in self._company:
            task.cancel()
        self._company = []

    async def close(self) -> None:
        """End everything; sockets are told to begin anew elsewhere."""
        self._places.clear()
        self._dismiss()
        for member in tuple(self._members):
            member.resync()
        if self._clock is not None:
            self._clock.cancel()
            with suppress(asyncio.CancelledError):
                await self._clock
            self._clock = None
        await self._tail.stop()
        await self._in_thread(hang_up)
        self._thread.shutdown(wait=False)

    async def _in_thread(self, function: Callable[..., T], *args: object) -> T:
        loop = asyncio.get_running_loop()
        return await loop.run_in_executor(self._thread, function, *args)


_hubs: WeakKeyDictionary[asyncio.AbstractEventLoop, Hub] = WeakKeyDictionary()


def current() -> Hub:
    """The hub of the running event loop: in a web process there is one."""
    loop = asyncio.get_running_loop()
    if loop not in _hubs:
        _hubs[loop] = Hub()
    return _hubs[loop]


def viewers(key: str) -> int:
    """How many sockets of this process follow the feed of this key."""
    return sum(hub.viewers(key) for hub in tuple(_hubs.values()))


def positions() -> dict[str, Cursor]:
    """How far this process has followed each topic that somebody watches in it."""
    heads = [hub.heads() for hub in tuple(_hubs.values())]
    return {name: cursor for each in heads for name, cursor in each.items()}


def silence() -> float:
    """For how many seconds what passes events on in this process has stood still; it turns twice a
    second, also when nothing happens."""
    return max((hub.silence() for hub in tuple(_hubs.values())), default=0.0)


def sockets() -> int:
    """How many sockets this process holds."""
    return sum(len(hub._members) for hub in tuple(_hubs.values()))


def on_ack(callback: Acked) -> None:
    """Call `callback(feed_key, socket_id, cursor)` on the event loop whenever a socket says what it
    has drawn. It must be quick and must not query."""
    _ack_callbacks.append(callback)


def accompany(company: Company) -> None:
    """Run `company(hub)` beside every hub of this process, from its first socket until nobody has
    watched for a while; it is cancelled then."""
    if company not in _company:
        _company.append(company)


async def _kept(company: Company, hub: Hub) -> None:
    try:
        await company(hub)
    except Exception:  # a border: those who watch do not suffer with it
        logger.exception("The company %r has left.", company)


def acknowledged(feed_key: str, socket_id: str, cursor: str) -> None:
    for callback in _ack_callbacks:
        try:
            callback(feed_key, socket_id, cursor)
        except Exception:  # a border: a listener's mistake is not the socket's
            logger.exception("Socket %s: the callback on %s failed.", socket_id, cursor)
