"""Having a model loaded before somebody waits for it, at each platform, and what that costs."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import replace

import pytest
from pytest_django.fixtures import Settings

from platforms import http, registry
from platforms.adapters.replicate import Replicate
from platforms.base import Modality, Warmth
from platforms.errors import Cancelled, NotConfigured, Unavailable
from tests.fake_servers.process import FakeServer
from tests.platforms.conftest import PAINTER, Asked
from tests.platforms.hosted_platforms import HOSTED
from tests.platforms.hosted_platforms import Asked as AskedOfHosted

pytestmark = [pytest.mark.enable_socket, pytest.mark.asyncio]
COMMUNITY = replace(PAINTER, path="community/flux-test")


async def test_an_official_model_is_on_and_costs_nothing(provider: FakeServer) -> None:
    asked = Asked()

    warmed = await Replicate().warm(asked.call)

    assert (warmed.state, warmed.charged) == (Warmth.WARM, False)
    assert not any(line.get("key") == asked.key for line in provider.entries())


async def test_another_one_is_booted_and_the_request_is_cancelled_at_once(
    provider: FakeServer,
) -> None:
    asked = Asked({"statuses": ["starting", "processing"]}, model=COMMUNITY)

    warmed = await Replicate().warm(asked.call)

    assert (warmed.state, warmed.charged) == (Warmth.WARM, True)
    assert any(line["id"] == asked.remembered[0] for line in provider.entries("cancel"))


async def test_one_that_does_not_boot_is_not_said_to_be_warm(provider: FakeServer) -> None:
    asked = Asked({"statuses": ["aborted"]}, model=COMMUNITY)

    warmed = await Replicate().warm(asked.call)

    assert (warmed.state, warmed.charged) == (Warmth.UNKNOWN, False)


async def test_a_stop_reaches_a_model_that_boots(provider: FakeServer) -> None:
    asked = Asked({"statuses": ["starting"]}, model=COMMUNITY)
    work = asyncio.create_task(Replicate().warm(asked.call))
    while not asked.remembered:
        await asyncio.sleep(0.01)

    asked.call.cancelled.set()

    with pytest.raises(Cancelled):
        await asyncio.wait_for(work, 60)
    assert any(line["id"] == asked.remembered[0] for line in provider.entries("cancel"))


async def test_a_wrong_key_boots_nothing(provider: FakeServer) -> None:
    with pytest.raises(NotConfigured):
        await Replicate().warm(Asked(model=COMMUNITY, token="wrong").call)


@pytest.mark.parametrize("slug", ["openai", "anthropic", "gemini", "dummy"])
async def test_whoever_keeps_models_ready_is_not_asked(slug: str) -> None:
    platform = registry.get_platform(slug)

    warmed = await platform.warm(Asked(model=platform.models()[0]).call)

    assert warmed.state is Warmth.WARM
    assert not warmed.charged


@pytest.fixture
def ollama(vendor_process: Callable[[str], FakeServer], settings: Settings) -> FakeServer:
    process = vendor_process("compatible")
    HOSTED["compatible"].put(process.url, settings)
    return process


def call_to(server: FakeServer) -> AskedOfHosted:
    return AskedOfHosted(server, HOSTED["compatible"].model(Modality.TEXT, Modality.TEXT))


async def test_ollama_reads_a_model_into_memory(ollama: FakeServer) -> None:
    ollama.control(default={"loads": 200})
    asked = call_to(ollama)

    warmed = await registry.get_platform("compatible").warm(asked.call)

    load = ollama.entries("load")[-1]["asked"]
    assert warmed.state is Warmth.WARM
    assert load["model"] == asked.model.path
    assert "prompt" not in load
    assert not asked.entries("charge")
    await http.close()


async def test_of_other_servers_nobody_can_know(ollama: FakeServer) -> None:
    ollama.control(default={"loads": 404})

    warmed = await registry.get_platform("compatible").warm(call_to(ollama).call)

    assert warmed.state is Warmth.UNKNOWN
    await http.close()


async def test_an_ollama_that_fails_is_not_warm(ollama: FakeServer) -> None:
    ollama.control(default={"loads": 500})

    with pytest.raises(Unavailable):
        await registry.get_platform("compatible").warm(call_to(ollama).call)
    await http.close()
