"""A thread with a connection of its own, beside an event loop."""

from __future__ import annotations

import asyncio
import gc
import threading

import pytest

from lib.database_thread import DatabaseThread


def test_calls_are_made_one_after_the_other_in_a_thread_of_their_own() -> None:
    async def run() -> list[tuple[int, str]]:
        thread = DatabaseThread("reader")
        work = [thread.run(lambda n: (n, threading.current_thread().name), n) for n in range(5)]
        found = await asyncio.gather(*work)
        thread.shutdown()
        return found

    assert asyncio.run(run()) == [(n, "reader") for n in range(5)]


def test_an_error_reaches_whoever_waits_and_the_thread_goes_on() -> None:
    async def run() -> int:
        thread = DatabaseThread("reader")
        with pytest.raises(ValueError, match="no number"):
            await thread.run(_fail)
        found = await thread.run(lambda: 7)
        thread.shutdown()
        return found

    assert asyncio.run(run()) == 7


def test_a_call_that_was_given_up_before_its_turn_is_not_made() -> None:
    made: list[int] = []
    started, go_on = threading.Event(), threading.Event()

    def wait() -> None:
        started.set()
        go_on.wait(20)

    async def run() -> None:
        thread = DatabaseThread("reader")
        first = asyncio.ensure_future(thread.run(wait))
        second = asyncio.ensure_future(thread.run(lambda: made.append(2)))
        await asyncio.to_thread(started.wait, 20)
        second.cancel()
        await asyncio.gather(second, return_exceptions=True)
        go_on.set()
        await first
        await thread.run(lambda: made.append(3))
        thread.shutdown()

    asyncio.run(run())

    assert made == [3]


def test_after_its_end_nothing_can_be_asked() -> None:
    async def run() -> None:
        thread = DatabaseThread("reader")
        worker = await thread.run(threading.current_thread)
        thread.shutdown()
        thread.shutdown()
        await asyncio.to_thread(worker.join, 20)
        assert not worker.is_alive()
        with pytest.raises(RuntimeError, match="has ended"):
            await thread.run(lambda: 7)

    asyncio.run(run())


def test_a_thread_ends_with_the_object_it_belongs_to() -> None:
    async def run() -> threading.Thread:
        return await DatabaseThread("reader").run(threading.current_thread)

    worker = asyncio.run(run())
    gc.collect()
    worker.join(20)

    assert not worker.is_alive()


def _fail() -> None:
    raise ValueError("no number")
