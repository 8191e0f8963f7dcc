"""Wake-ups over Postgres LISTEN/NOTIFY."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from django.db import connection

from lib.compiled_statements import open_cursor

if TYPE_CHECKING:
    from psycopg import Connection

_PREFIX = "panic_"


def notify(channel: str, payload: str) -> None:
    """NOTIFY through Django's own connection. Inside a transaction it goes out at commit."""
    with open_cursor(connection) as cursor:
        cursor.execute("SELECT pg_notify(%s, %s)", [_PREFIX + channel, payload])


class PostgresReceiver:
    """A database session of its own that LISTENs."""

    def __init__(self, channels: tuple[str, ...]) -> None:
        # A copy knows the same database as Django's connection does, in tests too.
        wrapper = connection.copy()
        wrapper.ensure_connection()
        self._pid = os.getpid()
        self._connection: Connection = wrapper.connection
        for channel in channels:
            self._connection.execute(f'LISTEN "{_PREFIX}{channel}"')

    def fileno(self) -> int:
        return self._connection.pgconn.socket

    def drain(self) -> list[tuple[str, str]]:
        # One level below psycopg's generator, which drops what comes in while it does not run.
        self._connection.pgconn.consume_input()
        wakeups: dict[tuple[str, str], None] = {}
        while notify := self._connection.pgconn.notifies():
            wakeups[notify.relname.decode().removeprefix(_PREFIX), notify.extra.decode()] = None
        return list(wakeups)

    def close(self) -> None:
        if self._pid == os.getpid():  # a forked child would end its parent's session
            self._connection.close()
