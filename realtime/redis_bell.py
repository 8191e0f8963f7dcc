"""Doorbell over Redis pub/sub, for installations that have a Redis anyway (WAKEUP=redis)."""

from __future__ import annotations

import os
from functools import lru_cache
from typing import Any

import redis
from django.conf import settings

_PREFIX = "panic:wake:"


@lru_cache(maxsize=1)
def _client(pid: int) -> redis.Redis:
    """One pool per process: a forked child must not speak on its parent's connections."""
    return redis.Redis.from_url(settings.REDIS_URL, socket_timeout=2)


def ring(channel: str, payload: str) -> None:
    _client(os.getpid()).publish(_PREFIX + channel, payload)


class RedisBell:
    """A subscribed connection."""

    def __init__(self, channels: tuple[str, ...]) -> None:
        client: Any = _client(os.getpid())
        self._pubsub = client.pubsub(ignore_subscribe_messages=True)
        self._pid = os.getpid()
        self._pubsub.subscribe(*(_PREFIX + channel for channel in channels))

    def fileno(self) -> int:
        return int(self._pubsub.connection._sock.fileno())

    def drain(self) -> list[tuple[str, str]]:
        rings: dict[tuple[str, str], None] = {}
        while self._pubsub.connection.can_read(timeout=0):
            message = self._pubsub.get_message(timeout=0)
            if message is not None:
                channel = message["channel"].decode().removeprefix(_PREFIX)
                rings[channel, message["data"].decode()] = None
        return list(rings)

    def close(self) -> None:
        if self._pid == os.getpid():
            self._pubsub.close()
