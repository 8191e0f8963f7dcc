"""What is said of a prompt at ComfyUI while it waits and runs."""

from __future__ import annotations

import asyncio

import pytest

from platforms.comfy import prompt as comfy_prompt
from platforms.errors import Cancelled
from tests.fake_servers.process import FakeServer
from tests.platforms.flows import Asked

pytestmark = [pytest.mark.enable_socket, pytest.mark.asyncio]


async def test_the_socket_tells_how_far_it_is(
    comfy: FakeServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(comfy_prompt, "SHOW_EVERY", 0)
    asked = Asked(comfy, knobs={"seconds": 0.2, "steps": 2, "socket": "wait"})

    await asked.answer()

    assert any(words.startswith("The sampler: ") for words in asked.shown)


async def test_what_it_says_too_soon_after_something_else_is_shown_later(
    comfy: FakeServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(comfy_prompt, "SHOW_EVERY", 0.5)
    first, second = Asked(comfy, knobs={"seconds": 600}), Asked(comfy, knobs={"seconds": 600})
    works = [asyncio.create_task(first.answer())]
    await first.running()
    works.append(asyncio.create_task(second.answer()))
    while "next in the queue" not in second.shown:
        await asyncio.sleep(0.01)

    first.call.cancelled.set()  # the second one begins at once
    await second.running()

    comfy.control(finish=True)
    results = await asyncio.gather(*works, return_exceptions=True)
    assert isinstance(results[0], Cancelled)
    assert not isinstance(results[1], BaseException)


async def test_a_prompt_behind_others_says_where_it_waits(comfy: FakeServer) -> None:
    asked = [Asked(comfy, knobs={"seconds": 600}), Asked(comfy), Asked(comfy)]
    works = []
    for one in asked:
        works.append(asyncio.create_task(one.answer()))
        await one.charged()

    while not ("next in the queue" in asked[1].shown and "2. in the queue" in asked[2].shown):
        await asyncio.sleep(0.01)
    asked[0].call.cancelled.set()
    results = await asyncio.gather(*works, return_exceptions=True)

    assert isinstance(results[0], Cancelled)
    assert not any(isinstance(result, BaseException) for result in results[1:])


async def test_without_a_socket_the_answer_comes_all_the_same(comfy: FakeServer) -> None:
    comfy.control(default={"socket": "none"})
    asked = Asked(comfy, knobs={"seconds": 600})
    work = asyncio.create_task(asked.answer())
    while "running" not in asked.shown:
        await asyncio.sleep(0.01)

    comfy.control(finish=True)

    assert (await work).url
