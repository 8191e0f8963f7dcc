"""Replicate's webhooks: what the adapter asks for, and what one does to a call that waits."""

from __future__ import annotations

import asyncio

import pytest
from pytest_django.fixtures import Settings

from platforms.adapters import replicate
from platforms.adapters.replicate import Replicate
from platforms.errors import Cancelled, NotConfigured
from platforms.registry import get_model
from tests.fake_servers.process import FakeServer
from tests.fake_servers.webhooks import SECRET
from tests.platforms.conftest import Asked

pytestmark = [pytest.mark.enable_socket, pytest.mark.asyncio]
NOBODY = "http://127.0.0.1:9/webhooks/replicate/c/b/"


@pytest.fixture
def patient(monkeypatch: pytest.MonkeyPatch) -> None:
    """Looks once, and then not for an hour: only a webhook helps."""
    monkeypatch.setattr(replicate, "FIRST_POLL", 3_600.0)
    monkeypatch.setattr(replicate, "LONGEST_POLL", 3_600.0)
    monkeypatch.setattr(replicate, "WEBHOOK_POLL", 3_600.0)


def asked_of(provider: FakeServer, asked: Asked) -> dict[str, object]:
    (line,) = [line for line in provider.entries("create") if line["key"] == asked.key]
    return line


@pytest.mark.usefixtures("patient")
async def test_a_webhook_makes_the_waiting_call_look_at_once(provider: FakeServer) -> None:
    asked = Asked({"seconds": 60})
    work = asyncio.create_task(asked.answer())
    while not any(line["id"] in asked.remembered for line in provider.entries("followed")):
        await asyncio.sleep(0.01)
    provider.control(finish=True)
    await asyncio.sleep(0.3)
    assert not work.done()

    asked.call.webhook_received.set()

    assert (await asyncio.wait_for(work, 60)).url


@pytest.mark.usefixtures("patient")
async def test_a_webhook_that_says_nothing_new_is_harmless(provider: FakeServer) -> None:
    asked = Asked({"statuses": ["starting", "processing", "processing", "succeeded"]})
    work = asyncio.create_task(asked.answer())

    while not work.done():  # as often as somebody likes
        asked.call.webhook_received.set()
        await asyncio.sleep(0.01)

    assert (await work).url
    assert sum(line["key"] == asked.key for line in provider.entries("charge")) == 1


@pytest.mark.usefixtures("patient")
async def test_a_stop_does_not_wait_for_a_webhook(provider: FakeServer) -> None:
    asked = Asked({"seconds": 60})
    work = asyncio.create_task(asked.answer())
    while not asked.remembered:
        await asyncio.sleep(0.01)

    asked.call.cancelled.set()

    with pytest.raises(Cancelled):
        await asyncio.wait_for(work, 60)


async def test_without_a_webhook_the_outcome_is_found_by_looking(provider: FakeServer) -> None:
    asked = Asked({"seconds": 0.3, "webhooks": ""})
    asked.call.callback = NOBODY

    assert (await asked.answer()).url


async def test_the_provider_is_told_where_to_send_webhooks_and_when(provider: FakeServer) -> None:
    asked, fast = Asked(), Asked(model=get_model("replicate:flux-schnell"))
    asked.call.callback = fast.call.callback = NOBODY

    await asyncio.gather(asked.answer(), fast.answer())

    sent = asked_of(provider, asked)
    assert (sent["webhook"], sent["events"]) == (NOBODY, ["start", "logs", "completed"])
    assert asked_of(provider, fast)["events"] == ["completed"]  # it waits for that answer anyway


async def test_no_webhook_is_asked_for_without_an_address(provider: FakeServer) -> None:
    asked = Asked()

    await asked.answer()

    assert asked_of(provider, asked)["webhook"] is None


KEYS = {"REPLICATE_API_TOKEN": "r8_secret"}


@pytest.mark.parametrize("address", ["https://panic.example", "http://127.0.0.1:8000"])
async def test_a_provider_on_this_machine_sends_anywhere(
    provider: FakeServer, address: str
) -> None:
    assert await Replicate().callback_secret(address, KEYS) == SECRET


@pytest.mark.parametrize(
    "address", ["http://panic.example", "http://127.0.0.1:8000", "https://wall.local", ""]
)
async def test_the_real_one_is_not_asked_to_send_where_it_cannot(
    settings: Settings, address: str
) -> None:
    settings.PLATFORM_URLS = {}

    assert await Replicate().callback_secret(address, KEYS) == ""


async def test_a_wrong_key_has_no_secret(provider: FakeServer) -> None:
    with pytest.raises(NotConfigured):
        await Replicate().callback_secret("http://127.0.0.1:8000", {"REPLICATE_API_TOKEN": "wrong"})
