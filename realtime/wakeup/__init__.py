"""Wake-ups between processes: they say that there is something to read, and may be lost.

    wakeup.notify("work")                        # from any process and thread
    with wakeup.WakeUpListener("work", "cancel") as listener:
        for channel, payload in listener.wait(1.0): ...

A listener also polls once in a while, so a lost wake-up costs time, never data. In a transaction,
notify from `transaction.on_commit`. Make the listener before the first poll, or what happens in
between goes unnoticed until the next one.

The transport is Unix datagrams on SQLite, LISTEN/NOTIFY on Postgres, and Redis where WAKEUP says so.
"""

from __future__ import annotations

import asyncio
import logging
import os
import re
import select
import socket
import time
from types import TracebackType
from typing import Protocol

from django.conf import settings
from django.db import connection

from . import datagrams, postgres

logger = logging.getLogger(__name__)

WakeUp = tuple[str, str]  # channel, payload; an empty payload may stand for anything
_NAME = re.compile(r"[a-z][a-z_]{0,30}")
MAX_PAYLOAD_BYTES = 4000  # bytes; Postgres refuses 8,000
REOPEN_SECONDS = 0.25  # between two tries to open a transport that is broken


class WakeUpReceiver(Protocol):
    """The receiving end of a transport: a file descriptor to wait on, and what has come in."""

    def fileno(self) -> int: ...

    def drain(self) -> list[WakeUp]:
        """Everything that is pending; never blocks. Raises OSError when the connection is broken."""
        ...

    def close(self) -> None: ...


def notify(channel: str, payload: str = "") -> None:
    """Wake every listener of `channel`, in whatever process. Never raises, never waits.

    On Postgres it is a query: do not call it from a coroutine.
    """
    try:
        if len(payload.encode()) > MAX_PAYLOAD_BYTES:
            raise ValueError(f"a payload of {len(payload)} characters")
        _send(channel, payload)
    except Exception:  # a border: the caller's work does not fail with it
        logger.warning("The wake-up on channel %r could not be sent.", channel, exc_info=True)


def _send(channel: str, payload: str) -> None:
    if _transport() == "redis":
        from . import redis

        redis.notify(channel, payload)
    elif _transport() == "postgres":
        postgres.notify(channel, payload)
    else:
        datagrams.notify(channel, payload)


def _transport() -> str:
    if getattr(settings, "WAKEUP", "") == "redis" and settings.REDIS_URL:
        return "redis"
    return "postgres" if connection.vendor == "postgresql" else "datagrams"


def _open(channels: tuple[str, ...]) -> WakeUpReceiver:
    if _transport() == "redis":
        from . import redis

        return redis.RedisReceiver(channels)
    if _transport() == "postgres":
        return postgres.PostgresReceiver(channels)
    return datagrams.DatagramReceiver(channels)


class WakeUpListener:
    """Receives the wake-ups of some channels from the moment it is made. For one waiter at a time.

    In a forked child it opens its own transport. Waiting never fails: while the transport is broken
    it lasts for REOPEN_SECONDS at most and returns nothing; the first wait that works again returns
    every channel with an empty payload, because something may have been missed.
    """

    def __init__(self, *channels: str) -> None:
        if not channels or not all(_NAME.fullmatch(name) for name in channels):
            raise ValueError(f"not names of channels: {channels!r}")
        self.channels = channels
        self._receiver: WakeUpReceiver | None = None
        self._pid = 0
        self._missed = False
        self._open_if_needed()

    def wait(self, timeout: float, interruption: socket.socket | None = None) -> list[WakeUp]:
        """Wake-ups that came in, at once if there are any; empty after `timeout` seconds, or where
        `interruption` can be read, as it can be once its other end is closed."""
        receiver = self._open_if_needed()
        if receiver is not None:
            wakeups, descriptor = self._drain(receiver)
            if descriptor is not None and not wakeups:
                poll = select.poll()
                poll.register(descriptor, select.POLLIN)
                if interruption is not None:
                    poll.register(interruption, select.POLLIN)
                wakeups = self._drain(receiver)[0] if poll.poll(max(0.0, timeout) * 1000) else []
            if self._receiver is not None:
                return wakeups
        time.sleep(min(timeout, REOPEN_SECONDS))
        return []

    async def wait_async(self, timeout: float) -> list[WakeUp]:
        """The same without blocking the running event loop."""
        receiver = self._receiver if self._pid == os.getpid() else None
        receiver = receiver or await asyncio.to_thread(self._open_if_needed)
        if receiver is not None:
            wakeups, descriptor = self._drain(receiver)
            if descriptor is not None and not wakeups:
                await _readable(descriptor, timeout)
                wakeups, _ = self._drain(receiver)
            if self._receiver is not None:
                return wakeups
        await asyncio.sleep(min(timeout, REOPEN_SECONDS))
        return []

    def close(self) -> None:
        receiver, self._receiver = self._receiver, None
        if receiver is not None:
            _close_quietly(receiver)

    def __enter__(self) -> WakeUpListener:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.close()

    def _open_if_needed(self) -> WakeUpReceiver | None:
        if self._receiver is not None and self._pid == os.getpid():
            return self._receiver
        if self._receiver is not None:  # inherited through a fork: the parent goes on using it
            self.close()
        try:
            self._receiver = _open(self.channels)
        except Exception:  # a border: the caller goes on while the database is away
            self._mark_broken()
            return None
        self._pid = os.getpid()
        return self._receiver

    def _drain(self, receiver: WakeUpReceiver) -> tuple[list[WakeUp], int | None]:
        """What has come in, and the descriptor to wait on for more; None when it is broken."""
        try:
            wakeups, descriptor = receiver.drain(), receiver.fileno()
        except Exception:  # as above
            self._mark_broken()
            return [], None
        if self._missed:
            self._missed = False
            wakeups.extend((channel, "") for channel in self.channels)
        return wakeups, descriptor

    def _mark_broken(self) -> None:
        if not self._missed:
            logger.warning("Wake-ups on %s cannot be received.", self.channels, exc_info=True)
        self._missed = True
        self.close()


async def _readable(descriptor: int, seconds: float) -> None:
    loop = asyncio.get_running_loop()
    ready: asyncio.Future[None] = loop.create_future()
    loop.add_reader(descriptor, _resolve, ready)
    # Not `wait_for`: up to Python 3.11 it swallows a cancellation that comes with a wake-up.
    timer = loop.call_later(max(0.0, seconds), _resolve, ready)
    try:
        await ready
    finally:
        timer.cancel()
        loop.remove_reader(descriptor)


def _resolve(ready: asyncio.Future[None]) -> None:
    if not ready.done():
        ready.set_result(None)


def _close_quietly(receiver: WakeUpReceiver) -> None:
    try:
        receiver.close()
    except Exception:  # a border: closing what is broken may fail as well
        logger.debug("Closing a receiver of wake-ups failed.", exc_info=True)
