"""A stop, at every moment of a prompt, and what a killed worker leaves behind."""

from __future__ import annotations

import asyncio
from dataclasses import replace

import pytest

from platforms.errors import Cancelled, Refused, TimedOut, Unavailable
from tests.fake_servers.process import FakeServer
from tests.platforms.conftest import settled
from tests.platforms.flows import Asked, flow

pytestmark = [pytest.mark.enable_socket, pytest.mark.asyncio]


async def stopped(asked: Asked, work: asyncio.Task[object]) -> str:
    """The outcome of a stop."""
    asked.call.cancelled.set()
    with pytest.raises(Cancelled) as error:
        await work
    return error.value.outcome


async def test_a_call_stopped_before_it_began_asks_nobody(comfy: FakeServer) -> None:
    asked = Asked(comfy)
    asked.call.cancelled.set()

    with pytest.raises(Cancelled):
        await asked.answer()

    assert not asked.entries("create")


async def test_a_stop_that_comes_while_the_request_is_prepared_asks_nobody(
    comfy: FakeServer,
) -> None:
    asked = Asked(comfy)

    async def look() -> None:
        asked.call.cancelled.set()

    asked.call.on_begin = look
    with pytest.raises(Cancelled) as error:
        await asked.answer()

    assert error.value.outcome == "cancelled"
    assert not asked.entries("create")


@pytest.mark.parametrize("old", [False, True])
async def test_a_running_prompt_is_interrupted(comfy: FakeServer, old: bool) -> None:
    comfy.control(default={"old": old})
    asked = Asked(comfy, knobs={"seconds": 60})
    work = asyncio.create_task(asked.answer())
    await asked.running()

    outcome = await stopped(asked, work)

    assert outcome == "cancelled"
    assert comfy.entries("interrupt")[-1]["hit"] == asked.remembered[-1]


@pytest.mark.parametrize("old", [False, True])
async def test_a_waiting_prompt_is_taken_out_and_its_neighbour_goes_on(
    comfy: FakeServer, old: bool
) -> None:
    comfy.control(default={"old": old})
    before = len(comfy.entries("interrupt"))
    neighbour = Asked(comfy, knobs={"seconds": 600})
    theirs = asyncio.create_task(neighbour.answer())
    await neighbour.running()
    asked = Asked(comfy, knobs={"seconds": 60})
    work = asyncio.create_task(asked.answer())
    await asked.charged()
    while not asked.call.reference:
        await asyncio.sleep(0.01)

    outcome = await stopped(asked, work)

    assert outcome == "cancelled"
    assert comfy.entries("delete")[-1]["ids"] == [asked.call.reference]
    assert len(comfy.entries("interrupt")) == before
    comfy.control(finish=True)
    assert (await theirs).url


async def test_of_two_at_once_only_the_right_one_ends(comfy: FakeServer) -> None:
    comfy.control(default={"seconds": 0.3})
    asked = [Asked(comfy) for _ in range(6)]
    works = [asyncio.create_task(one.answer()) for one in asked]
    for one in asked:
        await one.charged()

    for one in asked[::2]:
        one.call.cancelled.set()
    results = await asyncio.gather(*works, return_exceptions=True)

    hit = {line["hit"] for line in comfy.entries("interrupt") if line["hit"]}
    assert not any(isinstance(result, BaseException) for result in results[1::2])
    assert not hit & {one.call.reference for one in asked[1::2]}


async def test_a_stop_during_the_request_cancels_what_it_made(comfy: FakeServer) -> None:
    asked = Asked(comfy, knobs={"seconds": 60, "held": True})
    work = asyncio.create_task(asked.answer())
    await asked.charged()

    asked.call.cancelled.set()
    await settled()
    comfy.control(release=True)
    outcome = await stopped(asked, work)

    assert outcome == "cancelled"
    assert comfy.entries("interrupt")[-1]["hit"] == asked.remembered[-1]


@pytest.mark.usefixtures("impatient_stops")
async def test_a_request_that_lands_long_after_the_stop_is_cancelled_then(
    comfy: FakeServer,
) -> None:
    asked = Asked(comfy, knobs={"seconds": 60, "held": True})
    work = asyncio.create_task(asked.answer())
    await asked.charged()

    outcome = await stopped(asked, work)

    assert outcome == "uncertain"
    comfy.control(release=True)
    async with asyncio.timeout(60):
        while not any(line["hit"] == asked.remembered[-1] for line in comfy.entries("interrupt")):
            await asyncio.sleep(0.05)


@pytest.mark.usefixtures("impatient_stops")
async def test_a_prompt_that_cannot_be_stopped_is_uncertain(
    comfy: FakeServer,
) -> None:
    asked = Asked(comfy, knobs={"seconds": 60, "cancel": "ignore"})
    work = asyncio.create_task(asked.answer())
    await asked.running()

    outcome = await stopped(asked, work)

    assert outcome == "uncertain"


@pytest.mark.parametrize("old", [False, True])
async def test_a_killed_workers_prompt_is_adopted_and_not_queued_again(
    comfy: FakeServer, old: bool
) -> None:
    comfy.control(default={"old": old})
    first = Asked(comfy, knobs={"seconds": 1})
    work = asyncio.create_task(first.answer())
    await first.running()
    work.cancel()
    await asyncio.wait({work})

    output = await first.again().answer()

    assert output.url
    assert len(first.entries("charge")) == 1


@pytest.mark.usefixtures("impatient_stops")
@pytest.mark.parametrize("old", [False, True])
async def test_a_prompt_whose_worker_died_before_the_answer_came_is_found(
    comfy: FakeServer, old: bool
) -> None:
    """With an old server all that is known is who asked: the id it chose was lost on its way."""
    comfy.control(default={"old": old})
    first = Asked(comfy, knobs={"seconds": 0.5, "held": True})
    work = asyncio.create_task(first.answer())
    await first.charged()
    ours = first.remembered[-1]
    work.cancel()
    await asyncio.wait({work})
    first.remembered.append(ours)

    output = await first.again().answer()

    assert output.url
    assert len(first.entries("charge")) == 1


@pytest.mark.usefixtures("impatient_stops")
async def test_a_prompt_that_arrives_after_its_deadline_is_found_by_the_next_try(
    comfy: FakeServer,
) -> None:
    hurried = Asked(comfy, flow(deadline_seconds=2), knobs={"seconds": 0.3, "held": True})
    with pytest.raises(TimedOut) as failed:
        await hurried.answer()
    await hurried.charged()

    output = await replace(hurried.again(), flow=flow()).answer()

    assert not failed.value.settled
    assert output.url
    assert len(hurried.entries("charge")) == 1


async def test_an_answer_lost_on_its_way_is_not_asked_for_again(comfy: FakeServer) -> None:
    first = Asked(comfy, knobs={"error": "drop", "lost": True})
    with pytest.raises(Unavailable) as failed:
        await first.answer()

    output = await first.again().answer()

    assert not failed.value.settled
    assert output.url
    assert len(first.entries("charge")) == 1


async def test_a_request_that_never_arrived_is_made_by_the_next_try(comfy: FakeServer) -> None:
    first = Asked(comfy, knobs={"error": "500"})
    with pytest.raises(Unavailable):
        await first.answer()

    output = await first.again().answer()

    assert output.url
    assert len(first.entries("charge")) == 1


async def test_an_adopted_prompt_of_a_stopped_call_is_cancelled(comfy: FakeServer) -> None:
    first = Asked(comfy, knobs={"seconds": 60})
    work = asyncio.create_task(first.answer())
    await first.running()
    work.cancel()
    await asyncio.wait({work})

    second = first.again()
    second.call.cancelled.set()
    with pytest.raises(Cancelled) as error:
        await second.answer()

    assert error.value.outcome == "cancelled"
    assert comfy.entries("interrupt")[-1]["hit"] == first.remembered[-1]


@pytest.mark.parametrize("old", [False, True])
async def test_what_is_queued_without_its_output_is_refused_and_does_not_go_on(
    comfy: FakeServer, old: bool
) -> None:
    comfy.control(default={"old": old})
    asked = Asked(comfy, knobs={"left_out": "images: nothing leads to it", "seconds": 60})

    with pytest.raises(Refused, match="nothing leads to it"):
        await asked.answer()

    ended = [line["hit"] for line in comfy.entries("interrupt")]
    ended += [gone for line in comfy.entries("delete") for gone in line["ids"]]
    assert asked.remembered[-1] in ended
