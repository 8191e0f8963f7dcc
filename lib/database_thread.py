"""Queries beside an event loop."""

from __future__ import annotations

import asyncio
import threading
import weakref
from collections.abc import Callable
from contextlib import suppress
from queue import SimpleQueue
from typing import Any, NamedTuple, TypeVar

from django.db import Error as DatabaseError
from django.db import connection

T = TypeVar("T")


class _Call(NamedTuple):
    function: Callable[..., Any]
    args: tuple[object, ...]
    answer: asyncio.Future[Any] | None = None  # None: nobody waits


class DatabaseThread:
    """One thread with a database connection of its own, which is replaced when it has broken. It starts
    with the first call, and ends with `shutdown` or when nothing refers to this object any more.

    Not an executor: its two futures for each call took a third more processor time than this, and
    every event of a live page waits for one.
    """

    def __init__(self, name: str) -> None:
        self._calls: SimpleQueue[_Call | None] = SimpleQueue()
        self._thread = threading.Thread(
            target=_carry_out, args=(self._calls,), name=name, daemon=True
        )
        self._end = weakref.finalize(self, self._calls.put, None)

    async def run(self, function: Callable[..., T], *args: object) -> T:
        """What the function returns. It must be repeatable: where the connection turns out to be
        broken, it is called once more with a new one. Raises RuntimeError after `shutdown`."""
        found: T = await self._put(_call, function, args)
        return found

    async def close(self) -> None:
        """Close the connection; the thread goes on."""
        await self._put(close_connection)

    def shutdown(self) -> None:
        """Close the connection and end the thread, after what was asked for before; nobody waits."""
        if self._end.alive:
            self._calls.put(_Call(close_connection, ()))
            self._end()

    def _put(self, function: Callable[..., Any], *args: object) -> asyncio.Future[Any]:
        if not self._end.alive:
            raise RuntimeError(f"the thread {self._thread.name!r} has ended")
        if self._thread.ident is None:
            self._thread.start()
        answer: asyncio.Future[Any] = asyncio.get_running_loop().create_future()
        self._calls.put(_Call(function, args, answer))
        return answer


def _carry_out(calls: SimpleQueue[_Call | None]) -> None:
    """Make one call after the other, until there is a None."""
    while (call := calls.get()) is not None:
        if call.answer is not None and call.answer.cancelled():
            continue
        value, error = None, None
        try:
            value = call.function(*call.args)
        except BaseException as raised:  # a border: whoever waits for the answer gets it
            error = raised
        if call.answer is not None:
            with suppress(RuntimeError):  # the loop is closed: nobody waits any more
                call.answer.get_loop().call_soon_threadsafe(_answer, call.answer, value, error)
        del call, value, error  # not until the next call comes


def _answer(answer: asyncio.Future[Any], value: object, error: BaseException | None) -> None:
    if answer.done():  # cancelled meanwhile
        return
    if error is None:
        answer.set_result(value)
    else:
        answer.set_exception(error)


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
