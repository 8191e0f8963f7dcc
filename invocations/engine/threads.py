"""Database work on threads of our own: no broken connection is left for whoever comes next."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier
from typing import Protocol, TypeVar

from django.db import (
    InterfaceError,
    OperationalError,
    close_old_connections,
    connection,
    connections,
)

T = TypeVar("T")
CLOSE_SECONDS = 30.0
DATABASE_ERRORS = (OperationalError, InterfaceError)  # what is raised while the database is


class Threads(Protocol):
    """Where a coroutine does its blocking work."""

    async def in_database(self, work: Callable[[], T]) -> T:
        """Run short database work, again and again while the database is away."""
        ...

    async def in_media(self, work: Callable[[], T]) -> T:
        """Run something that decodes, reads or writes files."""
        ...


def close_connections(threads: ThreadPoolExecutor, count: int) -> None:
    """Close the connection that each of these threads has. Returns when they have."""
    together = Barrier(count)  # or the first would do it for all

    def close() -> None:
        together.wait(CLOSE_SECONDS)
        connections.close_all()

    for done in [threads.submit(close) for _ in range(count)]:
        done.result()


def fresh(work: Callable[[], T]) -> Callable[[], T]:
    """`work`, which leaves no broken connection behind for the next one on its thread."""

    def done() -> T:
        try:
            return work()
        except DATABASE_ERRORS:
            connection.close()
            raise
        finally:
            close_old_connections()

    return done
