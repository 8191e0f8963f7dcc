"""Queries beside an event loop."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from typing import TypeVar

from django.db import Error as DatabaseError
from django.db import connection

T = TypeVar("T")


class DatabaseThread:
    """One thread with a database connection of its own, which is replaced when it has broken."""

    def __init__(self, name: str) -> None:
        self._executor = ThreadPoolExecutor(1, thread_name_prefix=name)

    async def run(self, function: Callable[..., T], *args: object) -> T:
        """What the function returns. It must be repeatable: where the connection turns out to be
        broken, it is called once more with a new one."""
        loop = asyncio.get_running_loop()
        return await loop.run_in_executor(self._executor, _call, function, args)

    async def close(self) -> None:
        """Close the connection; the thread goes on."""
        await asyncio.get_running_loop().run_in_executor(self._executor, close_connection)

    def shutdown(self) -> None:
        self._executor.submit(close_connection)
        self._executor.shutdown(wait=False)


def _call(function: Callable[..., T], args: tuple[object, ...]) -> T:
    try:
        return function(*args)
    except DatabaseError:
        broken = connection.connection is not None and not connection.is_usable()
        close_connection()
        if not broken:
            raise
    try:
        return function(*args)
    except DatabaseError:
        close_connection()
        raise


def close_connection() -> None:
    """Close the connection of the thread this runs in."""
    with suppress(DatabaseError):
        connection.close()
