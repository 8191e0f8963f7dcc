"""A stop, at every moment of a call to a vendor that has no job to cancel."""

from __future__ import annotations

import asyncio

import pytest

from platforms.errors import Cancelled
from tests.fake_servers.process import FakeServer
from tests.platforms.hosted_platforms import Asked, HostedPlatform

pytestmark = [pytest.mark.enable_socket, pytest.mark.asyncio]


async def test_a_call_stopped_before_it_began_asks_nobody(
    hosted: HostedPlatform, vendor: FakeServer
) -> None:
    asked = Asked(vendor, hosted.writer())
    asked.call.cancelled.set()

    with pytest.raises(Cancelled) as stopped:
        await asked.answer()

    assert stopped.value.outcome == "cancelled"
    assert not asked.entries("create")


async def test_a_stop_that_comes_while_the_request_is_prepared_asks_nobody(
    hosted: HostedPlatform, vendor: FakeServer
) -> None:
    asked = Asked(vendor, hosted.writer())

    async def look() -> None:
        asked.call.cancelled.set()

    asked.call.on_begin = look

    with pytest.raises(Cancelled) as stopped:
        await asked.answer()

    assert stopped.value.outcome == "cancelled"
    assert not asked.entries("create")


async def test_a_stop_drops_a_request_at_once_and_admits_that_it_may_be_paid(
    hosted: HostedPlatform, vendor: FakeServer
) -> None:
    asked = Asked(vendor, hosted.writer(), {"error": "hang"})
    work = asyncio.create_task(asked.answer())
    while not asked.entries("create"):
        await asyncio.sleep(0.01)

    asked.call.cancelled.set()
    async with asyncio.timeout(30):  # the request would hang for an hour
        with pytest.raises(Cancelled) as stopped:
            await work

    assert stopped.value.outcome == "uncertain"


async def test_a_worker_that_goes_drops_the_request_without_calling_it_stopped(
    hosted: HostedPlatform, vendor: FakeServer
) -> None:
    asked = Asked(vendor, hosted.writer(), {"error": "hang"})
    work = asyncio.create_task(asked.answer())
    while not asked.entries("create"):
        await asyncio.sleep(0.01)

    work.cancel()
    await asyncio.wait({work})

    assert work.cancelled()


async def test_twenty_calls_share_one_loop_and_one_pool(
    hosted: HostedPlatform, vendor: FakeServer
) -> None:
    vendor.control(default={"together": 20})
    asked = [Asked(vendor, hosted.writer()) for _ in range(20)]

    async with asyncio.timeout(60):  # nobody is answered before all of them are there
        outputs = await asyncio.gather(*(one.answer() for one in asked))

    assert all(output.text for output in outputs)
