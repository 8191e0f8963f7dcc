"""A stop, at every moment of a call to Replicate."""

from __future__ import annotations

import asyncio
from dataclasses import replace

import pytest

from platforms.adapters import replicate
from platforms.comfy import prompt as comfy_prompt
from platforms.errors import Cancelled, TimedOut
from tests.fake_servers.process import FakeServer
from tests.platforms.conftest import PAINTER, Asked, settled

PATIENCE = [
    (module.MAX_LANDING_SECONDS, module.MAX_CANCEL_SECONDS) for module in (replicate, comfy_prompt)
]
pytestmark = [pytest.mark.enable_socket, pytest.mark.asyncio]


async def test_a_call_stopped_before_it_began_asks_nobody(provider: FakeServer) -> None:
    asked = Asked()
    asked.call.cancelled.set()

    with pytest.raises(Cancelled):
        await asked.answer()

    assert not any(line.get("key") == asked.key for line in provider.entries())


async def test_a_stop_takes_less_than_five_seconds() -> None:
    for landing, cancel in PATIENCE:
        assert landing + cancel < 5


async def test_a_stop_that_comes_while_the_request_is_prepared_asks_nobody(
    provider: FakeServer,
) -> None:
    asked = Asked()

    async def look() -> None:
        asked.call.cancelled.set()

    asked.call.on_begin = look

    with pytest.raises(Cancelled) as stopped:
        await asked.answer()

    assert stopped.value.outcome == "cancelled"
    assert not any(line.get("key") == asked.key for line in provider.entries())


async def test_a_stop_is_confirmed_by_the_provider_at_once(provider: FakeServer) -> None:
    asked = Asked({"seconds": 60})
    work = asyncio.create_task(asked.answer())
    while not asked.remembered:
        await asyncio.sleep(0.01)

    asked.call.cancelled.set()
    with pytest.raises(Cancelled) as stopped:
        await work

    assert stopped.value.outcome == "cancelled"
    assert any(line["id"] == asked.remembered[0] for line in provider.entries("cancel"))


async def test_a_stop_during_the_request_cancels_what_it_made(provider: FakeServer) -> None:
    asked = Asked({"seconds": 60, "held": True})
    work = asyncio.create_task(asked.answer())
    await asked.charged(provider)

    asked.call.cancelled.set()
    await settled()
    provider.control(release=True)
    with pytest.raises(Cancelled) as stopped:
        await work

    assert stopped.value.outcome == "cancelled"
    assert any(line["id"] == asked.remembered[0] for line in provider.entries("cancel"))


@pytest.mark.usefixtures("impatient_stops")
async def test_a_request_that_lands_long_after_the_stop_is_cancelled_then(
    provider: FakeServer,
) -> None:
    asked = Asked({"seconds": 60, "held": True})
    work = asyncio.create_task(asked.answer())
    await asked.charged(provider)

    asked.call.cancelled.set()
    with pytest.raises(Cancelled) as stopped:
        await work
    assert stopped.value.outcome == "uncertain"
    provider.control(release=True)

    async with asyncio.timeout(60):
        while not asked.remembered:
            await asyncio.sleep(0.05)
        while not any(line["id"] == asked.remembered[0] for line in provider.entries("cancel")):
            await asyncio.sleep(0.05)


@pytest.mark.parametrize("manner", ["ignore", "500", "404"])
@pytest.mark.usefixtures("impatient_stops")
async def test_a_stop_nobody_confirms_is_uncertain(provider: FakeServer, manner: str) -> None:
    asked = Asked({"seconds": 60, "cancel": manner})
    work = asyncio.create_task(asked.answer())
    while not asked.remembered:
        await asyncio.sleep(0.01)

    asked.call.cancelled.set()
    with pytest.raises(Cancelled) as stopped:
        await work

    assert stopped.value.outcome == "uncertain"


async def test_a_prediction_that_was_faster_than_the_stop_may_have_been_paid(
    provider: FakeServer,
) -> None:
    asked = Asked({"statuses": ["starting", "succeeded"], "cancel": "ignore"})

    async def stop(reference: str) -> None:
        asked.call.cancelled.set()

    asked.call.on_reference = stop
    with pytest.raises(Cancelled) as stopped:
        await asked.answer()

    assert stopped.value.outcome == "uncertain"


async def test_an_adopted_prediction_of_a_stopped_call_is_cancelled(provider: FakeServer) -> None:
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


async def test_past_its_deadline_a_prediction_is_cancelled_and_given_up(
    provider: FakeServer,
) -> None:
    asked = Asked({"seconds": 60}, model=replace(PAINTER, deadline_seconds=2))

    with pytest.raises(TimedOut) as failed:
        await asked.answer()

    assert failed.value.settled
    assert any(line["id"] == asked.remembered[0] for line in provider.entries("cancel"))
