"""Wake-ups over Redis pub/sub, for installations that have a Redis anyway (WAKEUP=redis)."""

from __future__ import annotations

import os
import time
from functools import lru_cache
from typing import Any, cast

import redis
from django.conf import settings
from redis.backoff import NoBackoff
from redis.retry import Retry

_PREFIX = "panic:wake:"
TIMEOUT_SECONDS = 2.0
REST_SECONDS = (
    1.0  # without another try after one that failed: nobody waits for a Redis that is away
)
_rests_until = 0.0


def _new_client(retries: int) -> redis.Redis:
    return redis.Redis.from_url(
        settings.REDIS_URL,
        socket_timeout=TIMEOUT_SECONDS,
        socket_connect_timeout=TIMEOUT_SECONDS,
        socket_keepalive=True,
        retry=Retry(NoBackoff(), retries),
    )


@lru_cache(maxsize=1)
def _client(pid: int) -> redis.Redis:
    """One pool per process: a forked child must not use its parent's connections."""
    return _new_client(retries=1)  # a connection that Redis has dropped meanwhile


def notify(channel: str, payload: str) -> None:
    global _rests_until
    if time.monotonic() < _rests_until:
        return
    try:
        _client(os.getpid()).publish(_PREFIX + channel, payload)
    except redis.RedisError:
        _rests_until = time.monotonic() + REST_SECONDS
        raise


class RedisReceiver:
    """A subscribed connection."""

    def __init__(self, channels: tuple[str, ...]) -> None:
        self._pid = os.getpid()
        self._client = _new_client(retries=0)  # what is missed meanwhile has to be noticed
        self._pubsub: Any = cast(Any, self._client).pubsub(ignore_subscribe_messages=True)
        self._pubsub.subscribe(*(_PREFIX + channel for channel in channels))
        self._socket = self._pubsub.connection._sock

    def fileno(self) -> int:
        return int(self._socket.fileno())

    def drain(self) -> list[tuple[str, str]]:
        wakeups: dict[tuple[str, str], None] = {}
        while self._pubsub.connection.can_read(timeout=0):
            message = self._pubsub.get_message(timeout=0)
            if message is not None:
                channel = message["channel"].decode().removeprefix(_PREFIX)
                wakeups[channel, message["data"].decode()] = None
        if self._pubsub.connection._sock is not self._socket:
            raise ConnectionError("The client has connected again by itself.")
        return list(wakeups)

    def close(self) -> None:
        if self._pid == os.getpid():
            self._pubsub.close()
            self._client.close()
