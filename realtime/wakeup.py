"""The doorbell between processes: "look now", lossy by design.

    ring("work")                        # fire and forget, from any process and thread
    with Listener("work", "cancel") as listener:
        for channel, payload in listener.wait(1.0): ...

Whoever listens looks by itself once in a while as well, so a lost ring costs time, never data. In a
transaction ring from `transaction.on_commit`. Bind the listener before the first look, or what
happens in between goes unnoticed until the next one.

Unix datagrams carry it on SQLite, LISTEN/NOTIFY on Postgres, Redis where WAKEUP asks for it.
"""

from __future__ import annotations

import asyncio
import logging
import os
import re
import select
import time
from collections.abc import Callable
from types import TracebackType
from typing import Protocol

from django.conf import settings
from django.db import connection

from . import datagrams, notifications

logger = logging.getLogger(__name__)

Ring = tuple[str, str]  # channel, payload; an empty payload may stand for anything
_NAME = re.compile(r"[a-z][a-z_]{0,30}")
PAYLOAD_MAX = 4000  # bytes; Postgres refuses 8,000


class Bell(Protocol):
    """One end of a transport: a file descriptor to wait on, and what has come in."""

    def fileno(self) -> int: ...

    def drain(self) -> list[Ring]:
        """Everything that is pending; never blocks. OSError when the bell is broken."""
        ...

    def close(self) -> None: ...


def ring(channel: str, payload: str = "") -> None:
    """Wake every listener of `channel`, in whatever process. Never raises, never waits.

    On Postgres it is a query: not from a coroutine.
    """
    try:
        if len(payload.encode()) > PAYLOAD_MAX:
            raise ValueError(f"a payload of {len(payload)} characters")
        _ring(channel, payload)
    except Exception:  # a border: nobody's work may fail because a bell did
        logger.warning("The doorbell %r could not be rung.", channel, exc_info=True)


def _ring(channel: str, payload: str) -> None:
    if _transport() == "redis":
        from . import redis_bell

        redis_bell.ring(channel, payload)
    elif _transport() == "postgres":
        notifications.ring(channel, payload)
    else:
        datagrams.ring(channel, payload)


def _transport() -> str:
    if getattr(settings, "WAKEUP", "") == "redis" and settings.REDIS_URL:
        return "redis"
    return "postgres" if connection.vendor == "postgresql" else "datagrams"


def _open(channels: tuple[str, ...]) -> Bell:
    if _transport() == "redis":
        from . import redis_bell

        return redis_bell.RedisBell(channels)
    if _transport() == "postgres":
        return notifications.NotificationBell(channels)
    return datagrams.DatagramBell(channels)


class Listener:
    """Hears the rings of some channels from the moment it is made. For one waiter at a time.

    In a forked child it binds anew by itself. While its transport is broken, waiting lasts the
    whole timeout and answers nothing; the first wait that works again answers every channel with an
    empty payload, because something may have been missed.
    """

    def __init__(self, *channels: str) -> None:
        if not channels or not all(_NAME.fullmatch(name) for name in channels):
            raise ValueError(f"not names of channels: {channels!r}")
        self.channels = channels
        self._bell: Bell | None = None
        self._pid = 0
        self._missed = False
        self._ensure()

    def wait(self, timeout: float) -> list[Ring]:
        """Rings that came in, at once if there are any; empty after `timeout` seconds."""
        bell = self._ensure()
        if bell is None:
            time.sleep(timeout)
            return []
        if rings := self._drain(bell):
            return rings
        poll = select.poll()
        poll.register(bell.fileno(), select.POLLIN)
        return self._drain(bell) if poll.poll(max(0.0, timeout) * 1000) else []

    async def wait_async(self, timeout: float) -> list[Ring]:
        """The same without holding up the running event loop."""
        bell = self._bell if self._pid == os.getpid() else None
        bell = bell or await asyncio.to_thread(self._ensure)
        if bell is None:
            await asyncio.sleep(timeout)
            return []
        if rings := self._drain(bell):
            return rings
        await _readable(bell.fileno(), timeout)
        return self._drain(bell)

    def close(self) -> None:
        bell, self._bell = self._bell, None
        if bell is not None:
            _quietly(bell.close)

    def __enter__(self) -> Listener:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.close()

    def _ensure(self) -> Bell | None:
        if self._bell is not None and self._pid == os.getpid():
            return self._bell
        if self._bell is not None:  # inherited through a fork: the parent goes on using its own
            self.close()
        try:
            self._bell = _open(self.channels)
        except Exception:  # a border: whoever waits must survive a database that is away
            self._broken()
            return None
        self._pid = os.getpid()
        return self._bell

    def _drain(self, bell: Bell) -> list[Ring]:
        try:
            rings = bell.drain()
        except Exception:  # as above
            self._broken()
            return []
        if self._missed:
            self._missed = False
            rings.extend((channel, "") for channel in self.channels)
        return rings

    def _broken(self) -> None:
        if not self._missed:
            logger.warning("The doorbell %s is broken.", self.channels, exc_info=True)
        self._missed = True
        self.close()


async def _readable(descriptor: int, seconds: float) -> None:
    loop = asyncio.get_running_loop()
    ready: asyncio.Future[None] = loop.create_future()
    loop.add_reader(descriptor, _resolve, ready)
    try:
        # Not `wait_for`: up to Python 3.11 it swallows a cancellation that comes with a ring.
        async with asyncio.timeout(max(0.0, seconds)):
            await ready
    except TimeoutError:
        return
    finally:
        loop.remove_reader(descriptor)


def _resolve(ready: asyncio.Future[None]) -> None:
    if not ready.done():
        ready.set_result(None)


def _quietly(action: Callable[[], None]) -> None:
    try:
        action()
    except Exception:  # a border: closing what is broken may break once more
        logger.debug("Closing a doorbell failed.", exc_info=True)
