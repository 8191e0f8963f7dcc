from __future__ import annotations

import asyncio

import pytest

from platforms.base import Call, unless_stopped
from platforms.errors import Cancelled
from platforms.registry import get_model

pytestmark = pytest.mark.asyncio


def a_call() -> Call:
    return Call(get_model("dummy:text-to-text"), "words", {}, {}, idempotency_key="key")


async def test_work_that_is_done_counts_although_the_stop_came_too() -> None:
    call = a_call()
    work = asyncio.create_task(asyncio.sleep(0, "done"))
    await work

    call.cancelled.set()

    assert await unless_stopped(call, work) == "done"


async def test_work_is_cancelled_by_a_stop() -> None:
    call = a_call()
    work = asyncio.create_task(asyncio.sleep(60))
    waiting = asyncio.create_task(unless_stopped(call, work))
    await asyncio.sleep(0)

    call.cancelled.set()
    with pytest.raises(Cancelled):
        await waiting

    assert work.cancelled()


async def test_errors_of_the_work_come_through() -> None:
    async def fails() -> None:
        raise ValueError("no")

    with pytest.raises(ValueError, match="no"):
        await unless_stopped(a_call(), fails())
