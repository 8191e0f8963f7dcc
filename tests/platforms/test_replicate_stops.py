"""A stop, at every moment of a call to Replicate."""

from __future__ import annotations

import asyncio
import time
from dataclasses import replace

import pytest

from platforms.errors import Cancelled, TimedOut
from tests.platforms.conftest import PAINTER, Asked
from tests.standins.process import StandIn

pytestmark = [pytest.mark.enable_socket, pytest.mark.asyncio]


async def test_a_call_stopped_before_it_began_asks_nobody(provider: StandIn) -> None:
    asked = Asked()
    asked.call.cancelled.set()

    with pytest.raises(Cancelled):
        await asked.answer()

    assert not any(line.get("key") == asked.key for line in provider.entries())


async def test_a_stop_that_comes_while_the_request_is_prepared_asks_nobody(
    provider: StandIn,
) -> None:
    asked = Asked()

    async def look() -> None:
        asked.call.cancelled.set()

    asked.call.on_begin = look

    with pytest.raises(Cancelled) as stopped:
        await asked.answer()

    assert stopped.value.outcome == "cancelled"
    assert not any(line.get("key") == asked.key for line in provider.entries())


async def test_a_stop_is_confirmed_by_the_provider_at_once(provider: StandIn) -> None:
    asked = Asked({"seconds": 60})
    work = asyncio.create_task(asked.answer())
    while not asked.remembered:
        await asyncio.sleep(0.01)

    pressed = time.monotonic()
    asked.call.cancelled.set()
    with pytest.raises(Cancelled) as stopped:
        await work

    assert stopped.value.outcome == "cancelled"
    assert time.monotonic() - pressed < 1
    assert any(line["id"] == asked.remembered[0] for line in provider.entries("cancel"))


async def test_a_stop_during_the_request_cancels_what_it_made(provider: StandIn) -> None:
    asked = Asked({"seconds": 60, "create_seconds": 0.5})
    work = asyncio.create_task(asked.answer())
    await asyncio.sleep(0.2)

    asked.call.cancelled.set()
    with pytest.raises(Cancelled) as stopped:
        await work

    assert stopped.value.outcome == "cancelled"
    assert any(line["id"] == asked.remembered[0] for line in provider.entries("cancel"))


async def test_a_request_that_lands_long_after_the_stop_is_cancelled_then(
    provider: StandIn,
) -> None:
    asked = Asked({"seconds": 60, "create_seconds": 2.6})
    work = asyncio.create_task(asked.answer())
    await asyncio.sleep(0.2)

    asked.call.cancelled.set()
    with pytest.raises(Cancelled) as stopped:
        await work
    assert stopped.value.outcome == "uncertain"

    while not asked.remembered:
        await asyncio.sleep(0.05)
    for _ in range(50):
        if any(line["id"] == asked.remembered[0] for line in provider.entries("cancel")):
            return
        await asyncio.sleep(0.05)
    pytest.fail("the late prediction was not cancelled")


@pytest.mark.parametrize("manner", ["ignore", "500", "404"])
async def test_a_stop_nobody_confirms_is_uncertain_within_five_seconds(
    provider: StandIn, manner: str
) -> None:
    asked = Asked({"seconds": 60, "cancel": manner})
    work = asyncio.create_task(asked.answer())
    while not asked.remembered:
        await asyncio.sleep(0.01)

    pressed = time.monotonic()
    asked.call.cancelled.set()
    with pytest.raises(Cancelled) as stopped:
        await work

    assert stopped.value.outcome == "uncertain"
    assert time.monotonic() - pressed < 5


async def test_a_prediction_that_was_faster_than_the_stop_may_have_been_paid(
    provider: StandIn,
) -> None:
    asked = Asked({"seconds": 0.4, "cancel": "ignore"})
    work = asyncio.create_task(asked.answer())
    while not asked.remembered:
        await asyncio.sleep(0.01)

    asked.call.cancelled.set()
    with pytest.raises(Cancelled) as stopped:
        await work

    assert stopped.value.outcome == "uncertain"


async def test_an_adopted_prediction_of_a_stopped_call_is_cancelled(provider: StandIn) -> None:
    first = Asked({"seconds": 60})
    work = asyncio.create_task(first.answer())
    while not first.remembered:
        await asyncio.sleep(0.01)
    work.cancel()
    await asyncio.wait({work})

    second = Asked(reference=first.remembered[0])
    second.call.cancelled.set()
    with pytest.raises(Cancelled) as stopped:
        await second.answer()

    assert stopped.value.outcome == "cancelled"


async def test_past_its_deadline_a_prediction_is_cancelled_and_given_up(provider: StandIn) -> None:
    asked = Asked({"seconds": 60}, model=replace(PAINTER, deadline_seconds=0.5))

    with pytest.raises(TimedOut) as failed:
        await asked.answer()

    assert failed.value.settled
    assert any(line["id"] == asked.remembered[0] for line in provider.entries("cancel"))
